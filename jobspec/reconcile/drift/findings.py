"""The findings in a plan: which of its changes are drift, and which are pending. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from jobspec.reconcile.declared import keep_of
from jobspec.reconcile.drift.finding import DriftFinding, kind_named
from jobspec.reconcile.planning.plan import Action, BlockReason, Change, Difference, Reason, SeenRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobspec.manifest.task import Task
    from jobspec.manifest.values import DriftKind
    from jobspec.reconcile.planning.plan import Plan

_IN_ORDER = frozenset({Reason.IN_PROGRESS, Reason.DONE, Reason.RETAINED})
"""The reasons of tasks in their declared state; only their metadata can differ."""
_OF_THE_MANIFEST = "lifecycle.ignoreChanges"
"""A field whose tag is a hash that only jobspec writes: if it differs, the manifest was changed."""
_ONE_RUN = "one active run"
_DECLARED = {
    "cancelled-outside": "not cancelled",
    "failed": "succeeded",
    "duplicate": _ONE_RUN,
    "platform-retry": _ONE_RUN,
    "unmanaged-twin": _ONE_RUN,
    "other-scope": _ONE_RUN,
    "unknown-state": "a known state",
    "inconsistent-tags": "consistent tags",
}
"""What is declared in each case, in words."""


def of_plan(plan: Plan, tasks: Iterable[Task], last_labels: Mapping[str, str]) -> Iterator[DriftFinding]:
    """Yield the findings of each change of a plan.

    `last_labels` are the `labels` in the last report, by task. Without them, differing metadata counts as
    edited outside: nothing else records what a manifest declared before.
    """
    now = {task.name: labels(task) for task in tasks}
    for change in plan.changes:
        yield from _of_change(change)
        before = last_labels.get(change.task)
        yield from _of_metadata(change, is_changed=before is not None and before != now.get(change.task))


def labels(task: Task) -> str:
    """Return a text that identifies the metadata that a task declares."""
    declared = [task.name, task.description, sorted(set(task.tags)), keep_of(task).value]
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]


def at(change: Change) -> tuple[str, int]:
    """Return the file and the line of the task's manifest; empty and 0 without one."""
    place = change.place
    return (place.file, place.span.start.line) if place else ("", 0)


def _of_change(change: Change) -> Iterator[DriftFinding]:
    kind = _kind(change)
    if kind is None or (change.action is Action.NONE and not change.needs_attention):
        return
    for run in _concerned(change, kind):
        file, line = at(change)
        yield DriftFinding(
            kind=kind,
            task=change.task,
            run=run.id if run else "",
            observed=_observed(change, run),
            declared=_DECLARED.get(kind),
            detail=change.detail,
            file=file,
            line=line,
        )


def _kind(change: Change) -> DriftKind | None:
    """Return the kind of a change: mostly, its reason. None for a task in its declared state."""
    if change.blocked is not None:
        return kind_named(change.blocked)
    if change.reason is Reason.COOLDOWN:
        return "retry"
    if change.reason is Reason.PLATFORM_RETRY and change.due is not None:
        return "retry"  # the platform has not retried it yet
    return None if change.reason in _IN_ORDER else kind_named(change.reason)


def _concerned(change: Change, kind: str) -> Iterable[SeenRun | None]:
    """Return the runs that get a finding of their own: each duplicate; else the newest, if there is one."""
    if kind == Reason.DUPLICATE:
        return change.runs
    return change.runs[-1:] or (None,)


def _observed(change: Change, run: SeenRun | None) -> object:
    if change.blocked is BlockReason.INCONSISTENT_TAGS:
        return change.detail
    return run.state if run else None


def _of_metadata(change: Change, *, is_changed: bool) -> Iterator[DriftFinding]:
    if change.action is not Action.UPDATE:
        return
    file, line = at(change)
    for found in filter(_is_metadata, change.differences):
        yield DriftFinding(
            kind="metadata-changed" if is_changed or found.field == _OF_THE_MANIFEST else "metadata-edited",
            task=change.task,
            run=change.runs[-1].id if change.runs else "",
            field=found.field,
            observed=found.before,
            declared=found.after,
            file=file,
            line=line,
        )


def _is_metadata(found: Difference) -> bool:
    return not found.field.startswith("spec.") and found.field != "lifecycle.rerun"
