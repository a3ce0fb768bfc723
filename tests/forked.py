"""Commands in processes of their own, forked from one that has imported the command line already.

Starting Python and importing takes ten times as long as most commands do. What a fresh interpreter does
otherwise (encodings, buffers, pipes that nobody reads) is tested with `Project.running`.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class Call:
    """A command line, and where and with which environment it runs."""

    arguments: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]


def call(command: Call, timeout: float) -> tuple[int | None, bytes, bytes]:
    """Run a command to its end: its exit code (None when it took too long), its stdout and its stderr."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = _context().Process(target=_main, args=(command, out, err))
        process.start()
        process.join(timeout)
        code = process.exitcode
        process.kill()
        return code, out.read_bytes(), err.read_bytes()


def _context() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    return context


def _main(command: Call, out: Path, err: Path) -> None:
    from jobspec.__main__ import main  # noqa: PLC0415 - here it is the forked process

    os.chdir(command.cwd)
    os.environ.clear()
    os.environ.update(command.environ)
    for number, file in enumerate((Path(os.devnull), out, err)):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv = ["jobspec", *command.arguments]
    main()
