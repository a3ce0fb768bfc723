"""A process with all of jobspec imported, which runs each command in a copy of itself and measures it.

So a command costs no start of Python, and what it took is told apart from what a start takes.
`python -m tests.proof.fuzz.bombs.host` reads commands as lines of JSON and answers how each ended.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jobspec.config.state_folder import VARIABLE, StateFolder

ROOT = Path(__file__).parents[4]
MOST_SECONDS = 4.0
MOST_BYTES = 256 * 1024 * 1024
_CUT_SECONDS = 12
_CUT_BYTES = 3 * 1024**3
_PAGE = resource.getpagesize()
_KILLED = 200


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: `seconds` of the processor, `grown` in bytes above the host, and what it said."""

    code: int
    seconds: float
    grown: int
    said: str

    @property
    def excess(self) -> str:
        """Which limit it passed, or how it broke; empty when all is as it may be."""
        if self.code not in {0, 1, 2, 3, 4} or "JS900" in self.said or "Traceback" in self.said:
            return f"exit {self.code}: {self.said[-3000:]}"
        if self.seconds > MOST_SECONDS:
            return f"{self.seconds:.1f} s"
        return f"{self.grown >> 20} MiB" if self.grown > MOST_BYTES else ""


@dataclass(frozen=True, slots=True)
class Host:
    """The other end of the host."""

    process: subprocess.Popen[str]

    def run(self, arguments: Sequence[str], folder: Path) -> Ended:
        """Run a command of jobspec in a folder, whose `home` is the home, to its end."""
        request = json.dumps({"arguments": list(arguments), "folder": str(folder)})
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()
        ended = json.loads(self.process.stdout.readline())
        return Ended(**ended, said=(folder / "said").read_text("utf-8", "replace"))


@contextmanager
def started() -> Iterator[Host]:
    """A host for as long as the context lasts."""
    command = [sys.executable, "-m", "tests.proof.fuzz.bombs.host"]
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "JOBSPEC_LOCAL_LINGER": "0.1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdin=pipe, stdout=pipe) as process:
        try:
            yield Host(process)
        finally:
            process.communicate(timeout=30)


def _serve(requests: IO[str], answers: IO[str]) -> None:
    importlib.import_module("tests.preloaded")
    for line in requests:
        answers.write(json.dumps(_measured(json.loads(line))) + "\n")
        answers.flush()


def _measured(request: dict[str, Any]) -> dict[str, object]:
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    child = os.fork()
    if child == 0:
        _become(request["arguments"], Path(request["folder"]))
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return {
        "code": code if code >= 0 else _KILLED - code,
        "seconds": used.ru_utime + used.ru_stime,
        "grown": max(0, used.ru_maxrss * 1024 - resident),
    }


def state_of_bomb(folder: Path) -> StateFolder:
    """The state folder of a command that is run in `folder`."""
    return StateFolder(folder.with_name(f"{folder.name}-state"))


def _become(arguments: Sequence[str], folder: Path) -> None:
    """Be the command, in its folder and within limits that keep the machine alive."""
    code = _KILLED
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_CUT_SECONDS, _CUT_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_CUT_BYTES, _CUT_BYTES))
        os.chdir(folder)
        os.environ["HOME"] = str(folder / "home")
        os.environ[VARIABLE] = str(state_of_bomb(folder).path)
        out = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        from jobspec.cli.main import run  # noqa: PLC0415 - imported long ago, by another name

        code = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.stdin, sys.stdout)
