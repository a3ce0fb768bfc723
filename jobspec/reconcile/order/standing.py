"""The state of each task with its present spec, and of each set: the basis of dependencies and limits. Pure.

A set's status, by its declared members; the first line that applies:

| its members | the set |
|---|---|
| one has failed for good, or was cancelled and stays so | failed |
| one is blocked by a failure | blocked-by-failure |
| one is active | running |
| one is yet to be submitted | waiting |
| one is suspended and has not succeeded | suspended |
| all have succeeded | succeeded |
"""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning.plan import Action, BlockReason, Change, Reason, SeenRun
from jobspec.reconcile.runs import Phase, Run
from jobspec.reconcile.tags import Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.task import Scope, SetRules, Task
    from jobspec.reconcile.planning.plan import Plan


class TaskState(StrEnum):
    """The state of a task, or of a set as a whole."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RUNNING = "running"
    WAITING = "waiting"
    SUSPENDED = "suspended"
    BLOCKED = "blocked-by-failure"


ENDED = frozenset({TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED})
FAILURES = frozenset({TaskState.FAILED, TaskState.CANCELLED})
_UNCLEAR = frozenset({BlockReason.INCONSISTENT_TAGS, BlockReason.UNKNOWN_STATE, BlockReason.UNCLEAR_RENAME})
_BESIDE = frozenset({Reason.HISTORY, Reason.DUPLICATE, Reason.RENAMED})
_PRECEDENCE = (TaskState.BLOCKED, TaskState.RUNNING, TaskState.WAITING, TaskState.SUSPENDED)


class Standing(Struct, frozen=True):
    """The state of a task; `word` is for a person. `cause` is the first failure that blocks it, if any."""

    state: TaskState
    word: str
    cause: str = ""


class Observed(Struct, frozen=True):
    """A whole scope as the order between its tasks needs it: declared tasks and sets, runs, and changes."""

    tasks: Mapping[str, Task]
    sets: Mapping[str, SetRules]
    runs: Mapping[str, tuple[Run, ...]]
    """The runs of each task, by its encoded name."""
    changes: Mapping[str, tuple[Change, ...]]
    by_id: Mapping[str, Run]
    marked: Mapping[str, frozenset[str]]
    """The active runs with the tag of each set, by the tag's value."""

    def of_task(self, name: str) -> tuple[Run, ...]:
        """Return the runs of a declared task, with those that the plan renames to it."""
        own = self.runs.get(tags.encoding(TagKey.TASK, name), ())
        renamed = {run.id for one in self.changes.get(name, ()) for run in _renamed(one)}
        if not renamed:
            return own
        return (*own, *(self.by_id[one] for one in sorted(renamed & self.by_id.keys())))


def _renamed(change: Change) -> Iterable[SeenRun]:
    return change.runs if change.action is Action.RENAME else ()


def observed(
    scope: Scope, declared: tuple[Iterable[Task], Iterable[SetRules]], runs: Iterable[Run], whole: Plan
) -> Observed:
    """Return a scope from its declared tasks and sets, all of its runs, and the plan for all of its tasks."""
    tasks, sets = declared
    changes: dict[str, tuple[Change, ...]] = {}
    for change in whole.changes:
        changes[change.task] = (*changes.get(change.task, ()), change)
    own = by_task(scope, runs)
    marked: dict[str, set[str]] = defaultdict(set)
    by_id = {run.id: run for group in own.values() for run in group}
    for run in by_id.values():
        if run.is_active and isinstance(run.marks, Marks) and run.marks.set:
            marked[run.marks.set].add(run.id)
    return Observed(
        {task.name: task for task in tasks},
        {one.name: one for one in sets},
        own,
        changes,
        by_id,
        {name: frozenset(ids) for name, ids in marked.items()},
    )


def main_change(changes: Iterable[Change]) -> Change | None:
    """Return the change that decides about the task, without those beside it."""
    return next((one for one in changes if one.blocked in _UNCLEAR or one.reason not in _BESIDE), None)


def of_task(task: Task, scope: Observed) -> Standing:
    """Return the state of a task, before dependencies and limits are considered."""
    change = main_change(scope.changes.get(task.name, ()))
    if change is not None and change.blocked in _UNCLEAR:
        return Standing(TaskState.WAITING, str(change.blocked))
    if change is not None and change.reason is Reason.DONE:
        return Standing(TaskState.SUCCEEDED, "succeeded")
    if change is not None and change.reason is Reason.NEW:
        return Standing(TaskState.WAITING, "not submitted")
    return _by_runs(task, scope.of_task(task.name), change)


def _by_runs(task: Task, runs: tuple[Run, ...], change: Change | None) -> Standing:
    item = declare(task)
    if any(run.phase is Phase.SUCCEEDED and item.matches(run) for run in runs):
        return Standing(TaskState.SUCCEEDED, "succeeded")
    if task.lifecycle.suspend:
        return Standing(TaskState.SUSPENDED, "suspended")
    active = [run for run in runs if run.is_active]
    if active:
        is_present = any(map(item.matches, active))
        phase = active[-1].phase
        return Standing(TaskState.RUNNING, f"{phase}" if is_present else f"{phase} with an earlier spec")
    return _ended(change)


def _ended(change: Change | None) -> Standing:
    """Return the state of a task whose runs have ended without a success, by what is planned for it."""
    reason = change.reason if change is not None else None
    if change is None or change.action is not Action.NONE:
        return Standing(TaskState.WAITING, "not submitted")
    if reason is Reason.FAILED:
        return Standing(TaskState.FAILED, "failed")
    if reason is Reason.CANCELLED_OUTSIDE:
        return Standing(TaskState.CANCELLED, "was cancelled")
    if reason is Reason.PLATFORM_RETRY:
        is_active = change.due is None and any(run.phase is not Phase.SUCCEEDED for run in change.runs)
        return Standing(TaskState.RUNNING if is_active else TaskState.WAITING, "retried by the platform")
    return Standing(TaskState.WAITING, str(reason))


def set_status(members: Iterable[TaskState]) -> TaskState:
    """Return the status of a set from those of all its declared members; see the table above."""
    counts = Counter(members)
    if counts[TaskState.FAILED] or counts[TaskState.CANCELLED]:
        return TaskState.FAILED
    found = next((state for state in _PRECEDENCE if counts[state]), None)
    return found or (TaskState.SUCCEEDED if counts else TaskState.WAITING)
