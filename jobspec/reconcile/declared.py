"""A declared task with what its runs are recognised by, and the steps that can be planned for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobspec.manifest.payload.create import payload
from jobspec.manifest.payload.echoed import with_echoed
from jobspec.reconcile import tags
from jobspec.reconcile.planning.plan import Cancel, Submit, Update, Winner
from jobspec.reconcile.spec_hash import (
    Fingerprint,
    fingerprint,
    hashes,
    run_id,
)
from jobspec.reconcile.tags import (
    Keep,
    Marks,
    StopReason,
    TagKey,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared task; `scope` and `name` are in the encoding of the tags."""

    task: Task
    scope: str
    name: str
    payload: Mapping[str, object]
    """The create payload of a run of it, without tags."""
    fingerprint: Fingerprint

    @property
    def spec(self) -> str:
        """The spec hash that a new run gets."""
        return self.fingerprint.spec

    @property
    def core(self) -> str:
        """The hash without ignored fields that a new run gets; empty when none is ignored."""
        return self.fingerprint.core

    def matches(self, run: Run) -> bool:
        """Whether the run is one of what the manifest declares now."""
        if not isinstance(run.marks, Marks):
            return False
        return self.fingerprint.matches(run.marks) or self._differs_only_in_ignored(run, run.marks)

    def _differs_only_in_ignored(self, run: Run, marks: Marks) -> bool:
        """Whether the manifest, with the run's own values of the ignored fields, has the run's spec hash."""
        lifecycle = self.task.lifecycle
        if not lifecycle.ignore_changes or not run.spec:
            return False
        mixed = with_echoed(self.payload, run.spec, lifecycle.ignore_changes)
        return any(marks.spec in hashes(body, lifecycle.rerun) for body in mixed)


def declare(task: Task) -> Declared:
    """Compute once what the runs of a task are recognised by."""
    body = payload(task)
    return Declared(
        task=task,
        scope=tags.encoding(TagKey.SCOPE, str(task.scope)),
        name=tags.encoding(TagKey.TASK, task.name),
        payload=body,
        fingerprint=fingerprint(body, task.lifecycle),
    )


def submit_step(declared: Declared, runs: tuple[Run, ...]) -> Submit:
    """Return the submit of a new run beside the runs that the plan saw."""
    task = declared.task
    marks = new_marks(declared, (run.id for run in runs))
    seen = tuple((run.id, run.phase) for run in runs)
    ignored = tuple(task.lifecycle.ignore_changes)
    return Submit(declared.payload, marks, tuple(task.metadata.tags), seen, declared.fingerprint, ignored)


def new_marks(declared: Declared, seen: Iterable[str]) -> Marks:
    """Return the marks of a run of the task, for the intention that follows from the ids in `seen`."""
    task = declared.task
    return Marks(
        scope=declared.scope,
        task=declared.name,
        spec=declared.spec,
        run=run_id(str(task.scope), task.name, declared.spec, seen),
        core=declared.core,
        keep=keep_of(task),
        rerun=tags.encoding(TagKey.RERUN, task.lifecycle.rerun) if task.lifecycle.rerun else "",
    )


def cancel_step(run: Run, why: StopReason, winner: Winner | None = None) -> Cancel:
    """Return the cancel of a run; of a duplicate, only while its winner is there."""
    return Cancel(run.id, marks_of(run), why, winner)


def update_step(task: Task, run: Run, becomes: Marks) -> Update:
    """Return the update that gives a run the task's name, description and tags."""
    return Update(
        run=run.id,
        marks=marks_of(run),
        becomes=becomes,
        name=task.name,
        description=task.metadata.description,
        user_tags=tuple(task.metadata.tags),
    )


def keep_of(task: Task) -> Keep:
    """Return what shall survive the manifest's removal."""
    if task.lifecycle.protect:
        return Keep.PROTECT
    return Keep(task.lifecycle.on_removal.lower())


def marks_of(run: Run) -> Marks:
    """Return the marks of a run that the rules have found consistent."""
    assert isinstance(run.marks, Marks)  # noqa: S101 - inconsistent runs are sorted out before any rule
    return run.marks
