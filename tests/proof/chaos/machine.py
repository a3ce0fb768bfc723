"""A machine in trouble, around real processes: no room on the disk, a clock that jumps, no permission."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.proof.chaos.world import PATIENCE, SCOPE, environment

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1
_CLOCK = '''
"""Let the wall clock of every Python below this folder be so many seconds off; it may jump at any moment."""
import datetime, time

_now = time.time

def _off():
    with open(%r) as file:
        return float(file.read())

class _Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

time.time = lambda: _now() + _off()
datetime.datetime = _Jumping
'''
UNCACHED = {"PYTHONDONTWRITEBYTECODE": "1"}  # without room, Python tears its own cache
_PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: %s}
spec:
  manifests: [tasks/*.yaml]
  platform: {kind: local%s, listLag: 0s, commitWindow: 6s}
  defaults:
    spec:
      image: ml_platform/python:3.11
      roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
"""
_TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: %s}
spec: {entrypoint: %s%s}
lifecycle: {restartPolicy: %s}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A project at `root` on a machine; what its commands find around them is `around`, besides the usual."""

    root: Path
    home: Path
    around: Mapping[str, str]

    def declare(
        self, name: str, command: str = "exec sleep 600", *, spec: str = "", restart: str = "Never"
    ) -> None:
        """Write the manifest of a task; `spec` is more of that map."""
        text = _TASK % (name, json.dumps(command), spec, restart)
        (self.root / "tasks" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def run(self, *words: str, under: Callable[[], None] | None = None) -> Said:
        """Run a command to its end; `under` is called in its process before it starts."""
        process = subprocess.run(
            [sys.executable, "-m", "jobspec", *words],
            cwd=self.root,
            env=environment(self.home) | dict(self.around) | UNCACHED,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
            preexec_fn=under,
        )
        return Said(process.returncode, process.stdout, process.stderr)


def new_project(root: Path, *, url: str = "", around: Mapping[str, str] | None = None) -> Machine:
    """A project without tasks: on the platform at `url`, or on one of its own."""
    (root / "tasks").mkdir(parents=True)
    endpoint = f', endpoint: "{url}"' if url else ""
    (root / "jobspec.yaml").write_text(_PROJECT % (SCOPE, endpoint), encoding="utf-8")
    return Machine(root, root.parent, around or {})


def with_room(size: int) -> Callable[[], None]:
    """No file of the process may grow beyond so many bytes, as if the disk were full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def fill_disk_of(pid: int, room: int) -> None:
    """Let no file of a running process grow beyond `room` bytes any more."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, hard))


def make_room_for(pid: int) -> None:
    """Let the files of a running process grow again."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


class JumpingClock:
    """A wall clock for every Python process that is started with `around`; what runs already jumps too."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._file = folder / "off"
        (folder / "sitecustomize.py").write_text(_CLOCK % str(self._file), encoding="utf-8")
        self.around = {"PYTHONPATH": str(folder)}
        self.jump_to(0)

    def jump_to(self, seconds: float) -> None:
        """Let the clock be so many seconds off from now on."""
        draft = self._file.with_suffix(".new")
        draft.write_text(str(seconds), encoding="utf-8")
        draft.replace(self._file)


def obey_permissions() -> None:
    """Let root be held back by permissions, as everybody is; for a process before its program starts."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


def are_obeyed(folder: Path) -> bool:
    """Whether a process that obeys permissions cannot write to a read-only folder here."""
    command = ["/bin/sh", "-c", 'exec 2>&-; : > "$1/probe"', "sh", str(folder)]
    return subprocess.run(command, preexec_fn=obey_permissions, check=False).returncode != 0


def processes_of(words: Sequence[str]) -> list[int]:
    """The living processes whose command line holds all these words."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _holds(entry, words)]


def replicas_of(run: str) -> list[int]:
    """The living processes that a run has started."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _is_replica(entry, run)]


def _is_replica(entry: Path, run: str) -> bool:
    try:
        is_dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return not is_dead and f"MLP_TASK_ID={run}\0" in (entry / "environ").read_bytes().decode()
    except OSError:
        return False


def _holds(entry: Path, words: Sequence[str]) -> bool:
    try:
        said = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return all(any(word in one for one in said) for word in words)
