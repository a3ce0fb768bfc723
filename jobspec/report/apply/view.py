"""The only view of an apply: the content of the JSON and the source of the terminal text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from jobspec.reconcile.protocol.outcome import (
    Outcome,
    Status,
)
from jobspec.report.plan.build import difference
from jobspec.report.plan.view import ChangeView, DifferenceView, PlanView
from jobspec.report.view import PlatformView, View
from jobspec.report.wait.view import (
    FinishedView,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.reconcile.planning.plan import Change

Version = Literal["jobspec/apply.v1"]


class OutcomeView(View):
    """The outcome of one change of the plan."""

    task: str = Field(description="Name of the task.")
    action: str = Field(
        description="Planned action: submit, replace, cancel, …; none for a submit that a twin blocks."
    )
    reason: str = Field(description="Reason for the action, as a stable word.")
    status: str = Field(description="done, failed, unknown or skipped.")
    detail: str = Field(default="", description="What happened, as text.")
    run: str | None = Field(
        default=None, description="The run that was created or found; null when none was."
    )
    code: str = Field(default="", description="Diagnostic code; see `jobspec explain`.")
    help: str = Field(default="", description="What to do.")
    altered: tuple[DifferenceView, ...] = Field(
        default=(), description="Fields of a new run that the platform changed: as sent and as returned."
    )
    steps_done: int = Field(description="How many steps of the change were done.")
    steps: int = Field(description="How many steps the change has.")
    round: int = Field(
        default=1,
        description="Number of the plan: 1 for the first, higher for plans that `--wait` made later.",
    )


class LeftView(View):
    """A change that was found while `--wait` waited, and that is left to the next apply."""

    task: str = Field(description="Name of the task.")
    action: str = Field(description="What the next apply would do: submit, replace, cancel, …")
    reason: str = Field(description="Why, as a stable word.")


class ApplyView(View):
    """An apply, as `jobspec apply --output json` prints it."""

    version: Version = Field(default="jobspec/apply.v1", description="Name of this format.")
    scope: str = Field(description="The set of tasks: project or project/environment.")
    platform: PlatformView = Field(description="Where the tasks run.")
    outcomes: tuple[OutcomeView, ...] = Field(description="One for each change, in the order of the plans.")
    waited: tuple[FinishedView, ...] = Field(default=(), description="The awaited runs.")
    waited_for: str = Field(
        default="", description="Awaited state: running or finished; empty without `--wait`."
    )
    timed_out: bool = Field(default=False, description="Whether the wait timed out.")
    summary: dict[str, int] = Field(description="Number of outcomes for each status.")
    interrupted: bool = Field(default=False, description="Whether it was interrupted.")
    left: tuple[LeftView, ...] = Field(
        default=(), description="Changes found while waiting that are left to the next apply."
    )


def view(
    rounds: Sequence[tuple[PlanView, Sequence[Outcome]]], waited: Waited, *, interrupted: bool
) -> ApplyView:
    """Return the view of an apply: the outcomes of each round in the order of its plan."""
    first, _ = rounds[0]
    counts = Counter(ended.status for _, outcomes in rounds for ended in outcomes)
    shown = (
        ended for number, (plan, outcomes) in enumerate(rounds, 1) for ended in _round(number, plan, outcomes)
    )
    return ApplyView(
        scope=first.scope,
        platform=first.platform,
        outcomes=tuple(shown),
        waited=waited.runs,
        waited_for=waited.goal,
        timed_out=waited.timed_out,
        summary={status.value: counts[status] for status in Status},
        interrupted=interrupted,
    )


def _round(number: int, plan: PlanView, outcomes: Sequence[Outcome]) -> list[OutcomeView]:
    place = {_key(change): number for number, change in enumerate(plan.changes)}
    shown = (outcome(ended).model_copy(update={"round": number}) for ended in outcomes)
    return sorted(shown, key=lambda ended: place.get(_key(ended), 0))


def left(change: Change) -> LeftView:
    """Return a change that the command did not carry out."""
    return LeftView(task=change.task, action=change.action.value, reason=change.reason.value)


def _key(change: ChangeView | OutcomeView) -> tuple[str, str, str]:
    """Return a key that is unique among the changes of a plan."""
    return change.task, change.action, change.reason


def outcome(ended: Outcome) -> OutcomeView:
    """Return the view of the outcome of one change."""
    change, result = ended.change, ended.result
    return OutcomeView(
        task=change.task,
        action=change.action.value,
        reason=change.reason.value,
        status=result.status.value,
        detail=result.detail,
        run=result.run or None,
        code=result.code,
        help=result.help,
        altered=tuple(map(difference, result.altered)),
        steps_done=ended.steps_done,
        steps=len(change.steps),
    )
