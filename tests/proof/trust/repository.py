"""A repository that a stranger wrote, and the command line run in it as in CI: with keys to lose.

Each run gets exactly the environment that is named here, so nothing of the machine leaks into a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.config.state_folder import StateFolder
from tests.projects import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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


def new_repository(folder: Path, *, project: str = PROJECT, task: str = TASK) -> Project:
    """A checkout below `folder` with a project file and one task, and its user's home and keys."""
    made = Project(folder / "checkout", folder / "home", StateFolder(folder / "state"), dict(CANARIES))
    made.home.mkdir()
    made.write("jobspec.yaml", project)
    made.write("tasks/train.yaml", task)
    return made


def leaked(text: str | bytes) -> list[str]:
    """The names of the keys whose value is in `text`."""
    data = text.encode() if isinstance(text, str) else text
    return [name for name, value in CANARIES.items() if value.encode() in data]
