"""The tasks of a scope, declared or live, each with its current run: the source of text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

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

if TYPE_CHECKING:
    pass


Version = Literal["jobspec/status.v1"]


class TaskStatusView(View):
    """One task with its current run."""

    task: str = Field(description="Name of the task.")
    declared: bool = Field(description="Whether a manifest declares it.")
    phase: str = Field(description="Phase of the run; `-` when there is none.")
    run: str | None = Field(default=None, description="Id of the run; null when there is none.")
    state: str = Field(default="", description="State as reported by the platform.")
    created: str | None = Field(default=None, description="When it was created, RFC 3339 in UTC.")
    launched: str | None = Field(default=None, description="When it was launched, RFC 3339 in UTC.")
    finished: str | None = Field(default=None, description="When it finished, RFC 3339 in UTC.")
    exit_code: int | None = Field(default=None, description="Exit code of a finished run.")
    detail: str = Field(default="", description="Detail from the platform.")
    action: str = Field(description="What apply would do: none when it is as declared.")
    reason: str = Field(description="Why, as a stable word.")


class StatusView(View):
    """A status, as `jobspec status --output json` prints it."""

    version: Version = Field(default="jobspec/status.v1", description="Name of this format.")
    scope: str = Field(description="The set of tasks: project or project/environment.")
    platform: PlatformView = Field(description="Where the tasks run.")
    tasks: tuple[TaskStatusView, ...] = Field(description="Every selected task, by name.")
    no_longer_declared: int = Field(
        default=0,
        description="Finished tasks that no manifest declares any more, left out without `--all`.",
    )
    environment_from: str = Field(
        default="",
        description="Source of the environment: JOBSPEC_ENVIRONMENT or defaultEnvironment; empty for `-e`.",
    )
    next: str = Field(default="", description="Next step when no plan can be made; otherwise empty.")


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
    return status.model_copy(update={"tasks": kept, "no_longer_declared": hidden})


def _is_leftover(task: TaskStatusView) -> bool:
    is_removed = task.action == Action.NONE and task.reason == Reason.REMOVED
    return is_removed and not task.declared and task.phase in FINISHED


def _next(changes: list[Change]) -> Change:
    """Return the most important change of a task: the first that does something besides history deletion."""
    doing = (change for change in changes if change.action is not Action.NONE)
    return next((change for change in doing if change.reason is not Reason.HISTORY), changes[-1])


def _task(change: Change, run: Run | None) -> TaskStatusView:
    head = {"task": change.task, "action": change.action.value, "reason": change.reason.value}
    if run is None:
        return TaskStatusView(**head, declared=change.origin is not None, phase="-", detail=change.detail)
    return TaskStatusView(
        **head,
        declared=change.origin is not None,
        phase=run.phase.value,
        run=run.id,
        state=run.state,
        created=written_time(run.created),
        launched=written_time(run.launched),
        finished=written_time(run.finished),
        exit_code=None if run.is_active else run.exit_code,
        detail=run.diag_info,
    )
