"""A machine in trouble, around real processes: no room on the disk, a clock that jumps, no permission."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.processes import Ended, processes_with
from tests.projects import Project
from tests.proof.chaos.world import SCOPE, kept_below

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


def new_project(root: Path, *, url: str = "", around: Mapping[str, str] | None = None) -> Project:
    """A project without tasks: on the platform at `url`, or on one of its own."""
    project = Project(root, root.parent, kept_below(root.parent), around or {})
    project.tasks.mkdir(parents=True)
    project.write("jobspec.yaml", _PROJECT % (SCOPE, f', endpoint: "{url}"' if url else ""))
    return project


def run(project: Project, *words: str, under: Callable[[], None] | None = None) -> Ended:
    """Run a command in a new interpreter, which takes over a clock of `around` and what `under` does."""
    return project.run_python("-m", "jobspec", *words, environ=UNCACHED, under=under)


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


def replicas_of(run: str) -> list[int]:
    """The living processes that a run has started."""
    return processes_with(f"MLP_TASK_ID={run}\0")
