"""A declared task, how its runs are recognised, and the steps that can be planned for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.payload.echoed import with_echoed
from jobspec.manifest.payload.spec_hash import fingerprint, is_hash_of
from jobspec.reconcile import tags
from jobspec.reconcile.intentions import run_id
from jobspec.reconcile.planning.plan import Cancel, Submit, Update, Winner
from jobspec.reconcile.tags import (
    Keep,
    Marks,
    StopReason,
    TagKey,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.payload.spec_hash import Fingerprint
    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run


class Declared(Struct, frozen=True):
    """A declared task; `scope` and `name` are encoded as in the tags."""

    task: Task
    scope: str
    name: str

    @property
    def payload(self) -> Mapping[str, object]:
        """The create payload of a new run, without tags."""
        return self.task.payload

    @property
    def fingerprint(self) -> Fingerprint:
        """The hashes that recognise the runs of the task."""
        return self.task.fingerprint

    @property
    def spec(self) -> str:
        """The spec hash of a new run."""
        return self.fingerprint.spec

    @property
    def core(self) -> str:
        """The hash of a new run without the ignored fields; empty when no field is ignored."""
        return self.fingerprint.core

    def matches(self, run: Run) -> bool:
        """Return whether the run matches the current manifest."""
        if not isinstance(run.marks, Marks):
            return False
        if self.fingerprint.matches(run.marks):
            return True
        payloads = filter(None, (self.payload, self.task.earlier))
        return any(self._differs_only_in_ignored(run, run.marks, payload) for payload in payloads)

    def is_matched_earlier(self, run: Run) -> bool:
        """Return whether a run only matches the manifest as an earlier release composed it."""
        earlier = self.task.earlier
        if earlier is None or not isinstance(run.marks, Marks):
            return False
        return not self._matches_as(self.payload, run, run.marks) and self.matches(run)

    def _matches_as(self, payload: Mapping[str, object], run: Run, marks: Marks) -> bool:
        is_same = fingerprint(payload, self.task.lifecycle).matches(marks)
        return is_same or self._differs_only_in_ignored(run, marks, payload)

    def _differs_only_in_ignored(self, run: Run, marks: Marks, payload: Mapping[str, object]) -> bool:
        """Return whether a payload has the run's spec hash once it takes over the run's ignored fields."""
        lifecycle = self.task.lifecycle
        if not lifecycle.ignore_changes or not run.spec:
            return False
        mixed = with_echoed(payload, run.spec, lifecycle.ignore_changes)
        return any(is_hash_of(marks.spec, body, lifecycle.rerun) for body in mixed)


def declare(task: Task) -> Declared:
    """Return the task with the tag values that its runs are recognised by.

    Raises `ValueError` for a task whose names were not looked up: its spec hash is not final, so no run
    would match it.
    """
    if task.names:
        raise ValueError(f"{task.names[0]} of {task.address} was not looked up")
    return Declared(
        task=task,
        scope=tags.encoding(TagKey.SCOPE, str(task.scope)),
        name=tags.encoding(TagKey.TASK, task.name),
    )


def submit_step(declared: Declared, runs: tuple[Run, ...]) -> Submit:
    """Return the step that submits a new run, given the runs that the plan saw."""
    task = declared.task
    marks = new_marks(declared, (run.id for run in runs))
    seen = tuple((run.id, run.phase) for run in runs)
    ignored = task.lifecycle.ignore_changes
    return Submit(declared.payload, marks, task.tags, seen, declared.fingerprint, ignored)


def new_marks(declared: Declared, seen: Iterable[str]) -> Marks:
    """Return the marks of a new run; its run id is derived from the run ids in `seen`."""
    task = declared.task
    return Marks(
        scope=declared.scope,
        task=declared.name,
        spec=declared.spec,
        run=run_id(str(task.scope), task.name, declared.spec, seen),
        core=declared.core,
        keep=keep_of(task),
        rerun=tags.encoding(TagKey.RERUN, task.lifecycle.rerun) if task.lifecycle.rerun else "",
        set=set_of(task),
    )


def cancel_step(run: Run, why: StopReason, winner: Winner | None = None) -> Cancel:
    """Return the cancel of a run; a duplicate is only cancelled while its winner exists."""
    return Cancel(run.id, marks_of(run), why, winner)


def update_step(task: Task, run: Run, becomes: Marks) -> Update:
    """Return the step that updates the name, description and tags of a run to those of the task."""
    return Update(
        run=run.id,
        marks=marks_of(run),
        becomes=becomes,
        name=task.name,
        description=task.description,
        user_tags=task.tags,
    )


def keep_of(task: Task) -> Keep:
    """Return what happens to the task's runs after its manifest is removed."""
    if task.lifecycle.protect:
        return Keep.PROTECT
    return Keep(task.lifecycle.on_removal.lower())


def set_of(task: Task) -> str:
    """Return the set that the task's runs name in a tag; empty for a task without one."""
    return tags.encoding(TagKey.SET, task.set) if task.set else ""


def marks_of(run: Run) -> Marks:
    """Return the marks of a run whose tags are known to be consistent."""
    assert isinstance(run.marks, Marks)  # noqa: S101 - inconsistent runs are handled before any rule
    return run.marks
