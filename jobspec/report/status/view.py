"""The tasks of a scope, declared or live, each with its current run: the source of text and JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from jobspec.reconcile.planning.plan import (
    Action,
    Change,
    Plan,
    Reason,
)
from jobspec.reconcile.runs import (
    FINISHED,
    Run,
)
from jobspec.report.view import PlatformView, View, written_time

Version = Literal["jobspec/status.v1"]


class TaskStatusView(View, frozen=True, kw_only=True):
    """One task with its current run."""

    task: Annotated[str, Meta(description="Name of the task.")]
    declared: Annotated[bool, Meta(description="Whether a manifest declares it.")]
    phase: Annotated[str, Meta(description="Phase of the run; `-` when there is none.")]
    run: Annotated[str | None, Meta(description="Id of the run; null when there is none.")] = None
    state: Annotated[str, Meta(description="State as reported by the platform.")] = ""
    created: Annotated[str | None, Meta(description="When it was created, RFC 3339 in UTC.")] = None
    launched: Annotated[str | None, Meta(description="When it was launched, RFC 3339 in UTC.")] = None
    finished: Annotated[str | None, Meta(description="When it finished, RFC 3339 in UTC.")] = None
    exit_code: Annotated[int | None, Meta(description="Exit code of a finished run.")] = None
    detail: Annotated[str, Meta(description="Detail from the platform.")] = ""
    action: Annotated[str, Meta(description="What apply would do: none when it is as declared.")]
    reason: Annotated[str, Meta(description="Why, as a stable word.")]
    blocked: Annotated[
        str | UnsetType, Meta(description="Why the next change is blocked; absent if it is not.")
    ] = UNSET
    set: Annotated[
        str | UnsetType, Meta(description="Name of the set that the task belongs to; absent without one.")
    ] = UNSET
    cell: Annotated[
        dict[str, str] | UnsetType,
        Meta(description="The values of the task's cell in its set, as text; absent without a set."),
    ] = UNSET


class SetStatusView(View, frozen=True, kw_only=True):
    """A declared set."""

    name: Annotated[str, Meta(description="Name of the set.")]
    status: Annotated[
        str | UnsetType,
        Meta(
            description="failed, blocked-by-failure, running, waiting, suspended or succeeded; absent if "
            "only a part of its tasks is selected."
        ),
    ] = UNSET
    axes: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="The values of each axis as text, in the order of the manifest."),
    ]


class StatusView(View, frozen=True, kw_only=True):
    """A status, as `jobspec status --output json` prints it."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/status.v1"
    scope: Annotated[str, Meta(description="The set of tasks: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    tasks: Annotated[tuple[TaskStatusView, ...], Meta(description="Every selected task, by name.")]
    no_longer_declared: Annotated[
        int, Meta(description="Finished tasks that no manifest declares any more, left out without `--all`.")
    ] = 0
    environment_from: Annotated[
        str,
        Meta(
            description="Source of the environment: JOBSPEC_ENVIRONMENT or defaultEnvironment; "
            "empty for `-e`."
        ),
    ] = ""
    next: Annotated[str, Meta(description="Next step when no plan can be made; otherwise empty.")] = ""
    sets: Annotated[
        tuple[SetStatusView, ...] | UnsetType,
        Meta(description="The declared sets of the tasks, by name; absent without any."),
    ] = UNSET


def view(plan: Plan, runs: dict[str, Run], platform: PlatformView) -> StatusView:
    """Return the status of every task of a plan; `runs` has the current run by task."""
    changes: dict[str, list[Change]] = {}
    for change in plan.changes:
        changes.setdefault(change.task, []).append(change)
    tasks = tuple(_task(_next(changes[name]), runs.get(name)) for name in sorted(changes))
    return StatusView(scope=plan.scope, platform=platform, tasks=tasks)


def without_leftovers(status: StatusView) -> StatusView:
    """Return the status without the finished tasks that no manifest declares any more; they are counted."""
    kept = tuple(task for task in status.tasks if not _is_leftover(task))
    hidden = len(status.tasks) - len(kept)
    return replace(status, tasks=kept, no_longer_declared=hidden)


def _is_leftover(task: TaskStatusView) -> bool:
    is_removed = task.action == Action.NONE and task.reason == Reason.REMOVED
    return is_removed and not task.declared and task.phase in FINISHED


def _next(changes: list[Change]) -> Change:
    """Return the most important change of a task: the first that does something besides history deletion."""
    doing = (change for change in changes if change.action is not Action.NONE)
    return next((change for change in doing if change.reason is not Reason.HISTORY), changes[-1])


def _task(change: Change, run: Run | None) -> TaskStatusView:
    is_declared, action, reason = change.origin is not None, change.action.value, change.reason.value
    blocked = change.blocked.value if change.blocked else UNSET
    if run is None:
        return TaskStatusView(
            task=change.task,
            declared=is_declared,
            phase="-",
            detail=change.detail,
            action=action,
            reason=reason,
            blocked=blocked,
            set=change.set or UNSET,
            cell=dict(change.cell) or UNSET,
        )
    return TaskStatusView(
        task=change.task,
        declared=is_declared,
        phase=run.phase.value,
        run=run.id,
        state=run.state,
        created=written_time(run.created),
        launched=written_time(run.launched),
        finished=written_time(run.finished),
        exit_code=None if run.is_active else run.exit_code,
        detail=run.detail,
        action=action,
        reason=reason,
        blocked=blocked,
        set=change.set or UNSET,
        cell=dict(change.cell) or UNSET,
    )
