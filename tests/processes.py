"""Real `jobspec` processes for tests: run to the end, left running, or serving a folder.

Each one finds exactly the environment that its `Call` names, so nothing of this machine leaks into a test.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from jobspec.config.project_state import project_folder
from jobspec.config.state_folder import VARIABLE as STATE
from jobspec.local.settings import Settings
from tests import forked
from tests.forked import Call
from tests.local.calls import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobspec.config.state_folder import StateFolder

TIMEOUT = 60.0
"""Seconds after which any command is killed."""
PATIENCE = 30.0
"""Seconds in which a run comes to a state, also on a busy machine."""
QUICK = Settings(slots=8, grace=0.3, linger=0.5)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and what it printed on stdout and on stderr."""

    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def printed(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class Streams:
    """What a command reads from and writes to, as `Popen` takes it."""

    stdin: int = subprocess.DEVNULL
    stdout: int | IO[bytes] = subprocess.PIPE
    stderr: int | IO[bytes] = subprocess.PIPE


APART = Streams()


def environment(home: Path, kept: StateFolder, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What every process needs: a home and a state folder that are not the user's, and no key."""
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", STATE: str(kept.path)}
    return {**own, **QUICK.as_environment(), **(more or {})}


def run(command: Call) -> Ended:
    """Run a command line of jobspec to its end, in a process forked from one that has imported it."""
    code, out, err = forked.call(command, TIMEOUT)
    return Ended(code, out.decode(), err.decode())


def run_python(program: Call, under: Callable[[], None] | None = None) -> Ended:
    """Run a new interpreter to its end; `under` is called in its process before it starts."""
    process = subprocess.run(
        [sys.executable, *program.arguments],
        cwd=program.cwd,
        env=dict(program.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        preexec_fn=under,
    )
    return Ended(process.returncode, process.stdout.decode(), process.stderr.decode())


def start(command: Call, streams: Streams = APART) -> subprocess.Popen[str]:
    """Start a command line of jobspec in a new interpreter."""
    return subprocess.Popen(
        [sys.executable, "-m", "jobspec", *command.arguments],
        cwd=command.cwd,
        env=dict(command.environ),
        stdin=streams.stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
        text=True,
    )


@contextmanager
def running(command: Call, streams: Streams = APART) -> Iterator[subprocess.Popen[str]]:
    """A command under way, which does not outlive the test."""
    process = start(command, streams)
    end = threading.Timer(TIMEOUT, process.kill)
    end.start()
    try:
        yield process
    finally:
        end.cancel()
        process.kill()
        process.communicate(timeout=TIMEOUT)


@dataclass(frozen=True, slots=True)
class Server:
    """A process of `jobspec serve`, and where it answers."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def serving(folder: Path, *options: str, kept: StateFolder, environ: Mapping[str, str]) -> Iterator[Server]:
    """Serve the platform of a folder. Nothing that it starts outlives this."""
    command = Call(("serve", str(folder), "--port", "0", *options), folder, environ)
    with NamedTemporaryFile() as err:  # a pipe that nobody reads would fill
        server = start(command, Streams(stderr=err))
        try:
            yield Server(server, line_with("http://", server.stdout).split()[-1])
        finally:
            server.kill()
            server.communicate(timeout=PATIENCE)
            end_supervisor(project_folder(kept, folder.resolve()).path)


def end_supervisor(state: Path) -> None:
    """A supervisor whose lock is removed ends, and all its processes with it; return when it has."""
    path = state / "supervisor.lock"
    with suppress(FileNotFoundError), path.open("rb") as lock:
        path.unlink()
        until(lambda: _is_free(lock.fileno()), seconds=PATIENCE)


def _is_free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def line_with(text: str, stream: IO[str] | None) -> str:
    """Read a stream until a line holds a text, and return that line."""
    assert stream is not None
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"the stream ended before `{text}`")


def processes_with(*texts: str) -> list[int]:
    """The ids of the living processes whose command line and environment hold all the texts."""
    ids = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [one for one in ids if one != os.getpid() and _holds(one, texts)]


def _holds(process: int, texts: tuple[str, ...]) -> bool:
    folder = Path("/proc") / str(process)
    try:
        is_dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        data = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
    except OSError:  # it has ended, or is another user's
        return False
    return not is_dead and all(text.encode() in data for text in texts)
