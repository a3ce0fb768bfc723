"""Twins: runs of the same name that do not belong to a task. A submit beside one would run the work twice.

A twin is an active task of another user without our tags; or a run of the same spec, active or succeeded, in
a scope outside the project. A task leaves such a run behind when its project or environment is renamed. Other
environments of the project may run the same spec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.payload.create import is_retry_on
from jobspec.manifest.task import environment_option
from jobspec.quoting import quote
from jobspec.reconcile import elsewhere
from jobspec.reconcile.planning import continuation
from jobspec.reconcile.planning.plan import (
    Action,
    BlockReason,
    Change,
    Plan,
    Reason,
    Submit,
    ordered,
    seen,
)
from jobspec.reconcile.protocol.outcome import Result, Status
from jobspec.reconcile.runs import (
    Phase,
    Run,
)
from jobspec.reconcile.tags import Marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


CODE = "JS407"
HELP: dict[str, str] = {  # also for the reports, which have the reason as text
    BlockReason.UNMANAGED_TWIN: "adopt it: jobspec adopt {run} {task}; or let it finish; "
    "to run both: --allow-twin",
    BlockReason.PLATFORM_RETRY: "adopt it: jobspec adopt {run} {task}; to run the task as well: --allow-twin",
    BlockReason.OTHER_SCOPE: "runs cannot move between scopes: release it first, then "
    "jobspec adopt {run} {task}; to run it here as well: --allow-twin",
}


class Twin(Struct, frozen=True):
    """A run that blocks a submit, and why."""

    run: Run
    block: BlockReason

    @property
    def description(self) -> str:
        """What the twin is, in words."""
        if self.block is BlockReason.PLATFORM_RETRY:
            return f"the platform retried the task as {self.run.id}, which is {self.run.phase} and unmanaged"
        if self.block is BlockReason.UNMANAGED_TWIN:
            return f"{self.run.id} has the same name, is {self.run.phase} and is not managed by jobspec"
        scope = elsewhere.scope_name(self._scope)
        how = "has succeeded" if self.run.phase is Phase.SUCCEEDED else f"is {self.run.phase}"
        return f"{self.run.id} in the scope {quote(scope)} has the same name and spec, and {how}"

    def describe(self, task: str, own: str) -> str:
        """Return what the twin is, and how to release it from its scope; `own` is the plan's scope."""
        if self.block is not BlockReason.OTHER_SCOPE:
            return self.description
        return f"{self.description}; to release it: {elsewhere.release_advice(self._scope, task, own)}"

    @property
    def _scope(self) -> str:
        return self.run.marks.scope if isinstance(self.run.marks, Marks) else ""


def find(step: Submit, runs: Iterable[Run]) -> Twin | None:
    """Return the first unmanaged run that the step must not submit beside, or None."""
    known = tuple(runs)
    for run in known:
        if run.marks is None and run.is_active and run.name == step.payload["Name"]:
            return Twin(run, BlockReason.UNMANAGED_TWIN)
    copy = _copy(step, known)
    return Twin(copy, BlockReason.PLATFORM_RETRY) if copy else None


def _copy(step: Submit, runs: tuple[Run, ...]) -> Run | None:
    """Return the platform's own retry, without our tags, of the task's newest run."""
    own = [run for run in runs if isinstance(run.marks, Marks) and _is_same(step, run.marks)]
    newest = continuation.newest(sorted(own, key=lambda run: run.age_key))
    if newest is None or not is_retry_on(step.payload) or not continuation.is_retried(newest):
        return None
    return continuation.find(newest, runs)


def _is_same(step: Submit, marks: Marks) -> bool:
    is_of_task = (marks.scope, marks.task) == (step.marks.scope, step.marks.task)
    return is_of_task and step.fingerprint.matches(marks)


def find_left_behind(step: Submit, runs: Iterable[Run], siblings: Collection[str]) -> Twin | None:
    """Return the first run of the step's spec in a scope outside `siblings`, the project's scopes."""
    for run in runs:
        counts = run.is_active or run.phase is Phase.SUCCEEDED
        if counts and run.name == step.payload["Name"] and _is_moved(step, run, siblings):
            return Twin(run, BlockReason.OTHER_SCOPE)
    return None


def result(twin: Twin, task: str, scope: str) -> Result:
    """Return the outcome of a step that a twin blocks in a scope."""
    return Result(
        Status.SKIPPED, twin.description, code=CODE, help=_advice(twin.block, twin.run.id, task, scope)
    )


def _advice(block: str, run: str, task: str, scope: str) -> str:
    return HELP[block].format(run=run, task=f"{task}{environment_option(scope)}")


def names(plan: Plan) -> tuple[str, ...]:
    """Return the platform names under which the plan would submit."""
    return tuple(sorted({str(step.payload["Name"]) for change in plan.pending for step in _submits(change)}))


def hold(plan: Plan, runs: Iterable[Run], siblings: Collection[str]) -> Plan:
    """Return the plan with every submit that has a twin blocked, together with its cancels.

    The history of such a task stays: its limit was counted as if the change were done. `siblings` are the
    encoded scopes of the project.
    """
    known = tuple(runs)
    changes = [_held(change, known, siblings, plan.scope) for change in plan.changes]
    held = {change.task for change in changes if is_held(change)}
    changes = [one for one in changes if one.reason is not Reason.HISTORY or one.task not in held]
    return replace(plan, changes=ordered(changes))


def is_held(change: Change) -> bool:
    """Return whether a twin blocks the change."""
    return change.blocked in HELP


def held_result(change: Change, scope: str) -> Result:
    """Return the outcome of a change that a twin blocks; `scope` is its plan's."""
    help_ = _advice(change.blocked or "", change.runs[0].id, change.task, scope)
    return Result(Status.SKIPPED, change.detail, code=CODE, help=help_)


def _held(change: Change, runs: tuple[Run, ...], siblings: Collection[str], own: str) -> Change:
    for step in _submits(change):
        twin = find(step, runs) or find_left_behind(step, runs, siblings)
        if twin:
            return _blocked(change, twin, own)
    return change


def _blocked(change: Change, twin: Twin, own: str) -> Change:
    return replace(
        change,
        action=Action.NONE,
        reason=Reason(twin.block),
        detail=twin.describe(change.task, own),
        steps=(),
        runs=seen((twin.run,)),
        differences=(),
        blocked=twin.block,
    )


def _submits(change: Change) -> tuple[Submit, ...]:
    return tuple(step for step in change.steps if isinstance(step, Submit))


def _is_moved(step: Submit, run: Run, siblings: Collection[str]) -> bool:
    marks = run.marks
    if not isinstance(marks, Marks) or marks.scope in {step.marks.scope, *siblings}:
        return False
    return step.fingerprint.matches(marks)
