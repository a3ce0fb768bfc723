"""A repository that a stranger wrote, and the command line run in it as in CI: with keys to lose.

Each run gets exactly the environment that is named here, so nothing of the machine leaks into a test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT = 60.0
CANARIES: Mapping[str, str] = {
    "VOLC_ACCESSKEY": "AKLTcanaryaccesskeycanaryaccesskey",
    "VOLC_SECRETKEY": "canary-volc-secret-key-canary-volc-secret",
    "AWS_SECRET_ACCESS_KEY": "canary-aws-secret-key-canary-aws-secret",
    "GITHUB_TOKEN": "ghs_canarycanarycanarycanarycanarycanary",
    "HF_TOKEN": "hf_canarycanarycanarycanarycanarycanary",
}
"""Keys of the machine that runs the command line. None may be printed, sent or given to a process."""

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: demo}
spec:
  manifests: [tasks/**/*.yaml]
  platform: {kind: local}
"""
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train}
spec:
  image: ml_platform/python:3.11
  entrypoint: "true"
  roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `printed` is all that it wrote, on both streams."""

    code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class Repository:
    """A checkout at `root`, and the home, the state folder and the keys of the user who works in it."""

    root: Path
    home: Path
    state: Path
    keys: Mapping[str, str] = field(default_factory=lambda: dict(CANARIES))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the checkout, and the folders above it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command: the keys, and what every process needs."""
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        return {**own, "JOBSPEC_STATE_DIR": str(self.state), **self.keys, **(more or {})}

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Ended:
        """Run one command in the checkout, to its end."""
        return self._run(["-m", "jobspec", *arguments], environ)

    def run_python(self, script: str, *, environ: Mapping[str, str] | None = None) -> Ended:
        """Run a Python program of the user in the checkout."""
        return self._run(["-c", script], environ)

    def _run(self, arguments: list[str], environ: Mapping[str, str] | None) -> Ended:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environ(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one command in the checkout."""
        return subprocess.Popen(
            [sys.executable, "-m", "jobspec", *arguments],
            cwd=self.root,
            env=self.environ(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def new_repository(folder: Path, *, project: str = PROJECT, task: str = TASK) -> Repository:
    """A checkout below `folder` with a project file and one task, and a home beside it."""
    made = Repository(folder / "checkout", folder / "home", folder / "state")
    made.home.mkdir()
    made.write("jobspec.yaml", project)
    made.write("tasks/train.yaml", task)
    return made


def leaked(text: str | bytes) -> list[str]:
    """The names of the keys whose value is in `text`."""
    data = text.encode() if isinstance(text, str) else text
    return [name for name, value in CANARIES.items() if value.encode() in data]


def running_with(text: str) -> list[int]:
    """The ids of the living processes whose command line or environment holds `text`."""
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal() and _holds(one, text)]


def _holds(process: Path, text: str) -> bool:
    if int(process.name) == os.getpid():
        return False
    for name in ("cmdline", "environ"):
        try:
            if text.encode() in (process / name).read_bytes():
                return True
        except OSError:  # it has ended, or is another user's
            continue
    return False
