"""The only view of an apply: the content of the JSON and the source of the terminal text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from jobspec.reconcile.planning.plan import HELD
from jobspec.reconcile.protocol.outcome import (
    Outcome,
    Status,
)
from jobspec.report.plan.build import difference
from jobspec.report.plan.preflight_view import PreflightView, UsageView
from jobspec.report.plan.view import CAUSE, Cause, ChangeView, DifferenceView, PlanView, SinceView
from jobspec.report.view import PlatformView, View, written_time
from jobspec.report.wait.view import (
    FinishedView,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.reconcile.planning.plan import Change
    from jobspec.reconcile.runs import Run

Version = Literal["jobspec/apply.v1"]
OUTDATED = "outdated"


class OutcomeView(View, frozen=True, kw_only=True):
    """The outcome of one change of the plan."""

    task: Annotated[str, Meta(description="Name of the task.")]
    action: Annotated[
        str,
        Meta(description="Planned action: submit, replace, cancel, …; none for a submit that a twin blocks."),
    ]
    reason: Annotated[str, Meta(description="Reason for the action, as a stable word.")]
    status: Annotated[str, Meta(description="done, failed, unknown or skipped.")]
    detail: Annotated[str, Meta(description="What happened, as text.")] = ""
    run: Annotated[str | None, Meta(description="The run that was created or found; null when none was.")] = (
        None
    )
    code: Annotated[str, Meta(description="Diagnostic code; see `jobspec explain`.")] = ""
    help: Annotated[str, Meta(description="What to do.")] = ""
    altered: Annotated[
        tuple[DifferenceView, ...],
        Meta(description="Fields of a new run that the platform changed: as sent and as returned."),
    ] = ()
    steps_done: Annotated[int, Meta(description="How many steps of the change were done.")]
    steps: Annotated[int, Meta(description="How many steps the change has.")]
    round: Annotated[
        int,
        Meta(description="Number of the plan: 1 for the first, higher for plans that `--wait` made later."),
    ] = 1
    cause: Annotated[Cause | None, Meta(description=f"{CAUSE}.")] = None


class LeftView(View, frozen=True):
    """What `--wait` leaves to the next apply: a change found while it waited, or a task that cannot start."""

    task: Annotated[str, Meta(description="Name of the task.")]
    action: Annotated[
        str,
        Meta(
            description="What the next apply would do: submit, replace, cancel, …; none for a task that "
            "waits or is blocked."
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            description="Why, as a stable word; outdated if another command has changed or stopped the task, "
            "its set or its dependencies."
        ),
    ]
    detail: Annotated[
        str | UnsetType, Meta(description="Why, as text; absent for a change left to the next apply.")
    ] = UNSET
    set: Annotated[str | UnsetType, Meta(description="Name of the task's set; absent without one.")] = UNSET
    not_selected: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(description="What the task waits for and the command did not select; absent if there is none."),
    ] = UNSET


class TaskRunView(View, frozen=True, kw_only=True):
    """A task of the plan with its current run once the command was done."""

    task: Annotated[str, Meta(description="Name of the task.")]
    run: Annotated[str, Meta(description="Id of the run.")]
    state: Annotated[str, Meta(description="State as reported by the platform.")]
    phase: Annotated[str, Meta(description="Phase of the run.")]
    created: Annotated[str | None, Meta(description="When it was created, RFC 3339 in UTC.")] = None
    launched: Annotated[str | None, Meta(description="When it was launched, RFC 3339 in UTC.")] = None
    finished: Annotated[str | None, Meta(description="When it finished, RFC 3339 in UTC.")] = None
    exit_code: Annotated[int | None, Meta(description="Exit code of a finished run.")] = None


class ApplyView(View, frozen=True, kw_only=True):
    """An apply, as `jobspec apply --output json` prints it."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/apply.v1"
    scope: Annotated[str, Meta(description="The set of tasks: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    outcomes: Annotated[
        tuple[OutcomeView, ...], Meta(description="One for each change, in the order of the plans.")
    ]
    waited: Annotated[tuple[FinishedView, ...], Meta(description="The awaited runs.")] = ()
    waited_for: Annotated[
        str, Meta(description="Awaited state: running or finished; empty without `--wait`.")
    ] = ""
    timed_out: Annotated[bool, Meta(description="Whether the wait timed out.")] = False
    summary: Annotated[dict[str, int], Meta(description="Number of outcomes for each status.")]
    interrupted: Annotated[bool, Meta(description="Whether it was interrupted.")] = False
    left: Annotated[
        tuple[LeftView, ...],
        Meta(description="With `--wait`: changes left to the next apply, and tasks that could not start."),
    ] = ()
    since: Annotated[
        SinceView | None, Meta(description="The base revision of `--since`; null without `--since`.")
    ] = None
    preflight: Annotated[
        PreflightView | UnsetType,
        Meta(description="Facts about what the first plan needed; absent if there are none."),
    ] = UNSET
    usage: Annotated[
        UsageView | UnsetType,
        Meta(description="Use of the first plan in GPU-hours; absent if no GPU is known."),
    ] = UNSET
    tasks: Annotated[
        tuple[TaskRunView, ...] | None,
        Meta(
            description="Every task of the plan that has a run, changed or not, with its current run after "
            "`jobspec apply`; null if the runs could not be read any more, and after other commands."
        ),
    ] = None


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
        since=first.since,
        preflight=first.preflight,
        usage=first.usage,
    )


def _round(number: int, plan: PlanView, outcomes: Sequence[Outcome]) -> list[OutcomeView]:
    place = {_key(change): number for number, change in enumerate(plan.changes)}
    causes = {_key(change): change.cause for change in plan.changes}
    shown = (replace(view, round=number, cause=causes.get(_key(view))) for view in map(outcome, outcomes))
    return sorted(shown, key=lambda ended: place.get(_key(ended), 0))


def left(change: Change, not_selected: tuple[str, ...] = ()) -> LeftView:
    """Return a change that the command did not carry out, or a task that could not start."""
    return LeftView(
        task=change.task,
        action=change.action.value,
        reason=change.reason.value,
        detail=change.detail if change.reason in HELD else UNSET,
        set=change.set or UNSET,
        not_selected=not_selected or UNSET,
    )


def outdated(change: Change, why: str) -> LeftView:
    """Return what the command did not do any more, because another one has intervened."""
    return LeftView(task=change.task, action="none", reason=OUTDATED, detail=why, set=change.set or UNSET)


def task_run(task: str, run: Run) -> TaskRunView:
    """Return the view of a task's current run."""
    return TaskRunView(
        task=task,
        run=run.id,
        state=run.state,
        phase=run.phase.value,
        created=written_time(run.created),
        launched=written_time(run.launched),
        finished=written_time(run.finished),
        exit_code=None if run.is_active else run.exit_code,
    )


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
