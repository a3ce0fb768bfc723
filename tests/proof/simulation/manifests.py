"""What is declared in a simulated project: real manifest files, read by the real loader, once each."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.task import SetRules

PROJECT = "vision"
SECRET_NAME = "SIMULATED_TOKEN"
SECRET_VALUE = "canary-6f1d2c9b7a"
# Far enough that no limit refuses a plan: limits have their own tests, and here every plan shall be walked.
_LIMITS = {"maxRemovals": "100%", "maxReplacements": 1000, "maxLostReplicaHours": 1_000_000}


@dataclass(frozen=True, slots=True)
class Group:
    """The set that a task belongs to, with its limits; the members are in the order of the commit."""

    name: str
    max_active: int | None = None
    max_failed: int | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One task of a manifest. `variant` stands for everything that defines its run."""

    name: str
    variant: int = 1
    description: str = ""
    lifecycle: tuple[tuple[str, object], ...] = ()
    is_broken: bool = False
    group: Group | None = None

    @property
    def args(self) -> str:
        """Where the variant shows on the wire; no two tasks run the same, but under a former name."""
        return f"--of {self.name.partition('-')[0]} --variant {self.variant}"

    @property
    def is_suspended(self) -> bool:
        """Whether no run of it is wanted."""
        return dict(self.lifecycle).get("suspend") is True

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The tasks that must have succeeded before."""
        found = dict(self.lifecycle).get("dependsOn", ())
        assert isinstance(found, tuple)
        return found

    @property
    def document(self) -> dict[str, object]:
        """The manifest."""
        spec = {
            "image": "ml_platform/pytorch:1.7",
            "entrypoint": "python train.py",
            "args": self.args,
            "roles": [{"name": "worker", "replicas": 1, "flavor": "ml.g1e.large"}],
            "env": {SECRET_NAME: {"secret": {"env": SECRET_NAME}}},
        }
        return {
            "apiVersion": "jobspec/v1",
            "kind": "Task",
            "metadata": {"name": self.name, "description": self.description, "tags": ["team"]},
            "spec": {**spec, "surprise": 1} if self.is_broken else spec,
            "lifecycle": dict(self.lifecycle),
        }


Commit = tuple[Declared, ...]
"""All manifests of the project at one moment."""


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="jobspec-simulated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def loaded(commit: Commit) -> Loaded:
    """What the real loader makes of a commit."""
    root = _folder() / f"commit-{len(list(_folder().iterdir()))}"
    root.mkdir()
    project = {"apiVersion": "jobspec/v1", "kind": "Project", "metadata": {"name": PROJECT}}
    _write(root / "jobspec.yaml", {**project, "spec": {"limits": _LIMITS}})
    for number, declared in enumerate(commit):
        _write(root / f"{number}.yaml", declared.document)
    return _grouped(load(LoadRequest(paths=(root,), cwd=root)), commit)


def _grouped(found: Loaded, commit: Commit) -> Loaded:
    """The same with the sets of the commit, as a `TaskSet` makes them."""
    groups = {one.name: one.group for one in commit if one.group}
    tasks = tuple(
        replace(task, set=groups[task.name].name) if task.name in groups else task for task in found.tasks
    )
    sets = tuple(
        SetRules(group.name, tuple(names), tasks[0].place, group.max_active, group.max_failed)
        for group in dict.fromkeys(groups.values())
        if (names := [name for name, own in groups.items() if own == group])
    )
    return replace(found, tasks=tasks, sets=sets)


def in_folder(commit: Commit, root: Path) -> Loaded:
    """The same, as if it had been read in another folder."""
    return replace(loaded(commit), root=root)


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")
