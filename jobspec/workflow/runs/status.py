"""The status of a scope: its plan, and the current run of each task."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile.planning.plan import Action, Reason
from jobspec.reconcile.planning.selection import (
    ALL_TASKS,
    Selection,
)
from jobspec.report.status import view as status_view
from jobspec.workflow.planning.planning import (
    Planned,
    PlanOptions,
    make_plan,
)
from jobspec.workflow.runs.runs import current_runs, newest

if TYPE_CHECKING:
    from jobspec.reconcile.runs import Run
    from jobspec.report.status.view import StatusView
    from jobspec.workflow.project.workspace import Workspace


def read_status(
    workspace: Workspace, selection: Selection = ALL_TASKS, *, with_leftovers: bool = True
) -> StatusView:
    """Return the selected tasks, each with its run, and what apply would do next. Writes nothing.

    Leftovers are finished tasks that no manifest declares any more; if left out, they are counted.
    """
    planned = make_plan(workspace, PlanOptions(selection, is_brief=True))
    runs = _before_rename(planned)
    runs |= {current.task: current.run for current in current_runs(workspace.loaded.scope, planned.runs)}
    runs |= _copies(planned)
    shown = status_view.view(planned.plan, runs, workspace.platform)
    if workspace.loaded.sets:
        shown = _with_sets(shown, planned, workspace)
    if workspace.loaded.is_gone:
        shown = _unplanned(shown)
    shown = replace(shown, environment_from=workspace.loaded.environment_from)
    return shown if with_leftovers else status_view.without_leftovers(shown)


def _with_sets(shown: StatusView, planned: Planned, workspace: Workspace) -> StatusView:
    from jobspec.report.status import set_view  # noqa: PLC0415 - only with sets

    loaded = workspace.loaded
    sets = set_view.views(planned.plan, loaded.scope, (loaded.tasks, loaded.sets), planned.runs)
    return replace(shown, sets=sets)


def _before_rename(planned: Planned) -> dict[str, Run]:
    """Return, for each task with a pending rename, the current run under its old name."""
    live = {run.id: run for run in planned.runs}
    renames = (change for change in planned.plan.changes if change.action is Action.RENAME)
    return {change.task: newest([live[seen.id] for seen in change.runs]) for change in renames}


def _copies(planned: Planned) -> dict[str, Run]:
    """Return the untagged runs in which the platform continues tasks, by task."""
    unmanaged = {run.id: run for run in planned.unmanaged}
    return {
        change.task: unmanaged[seen.id]
        for change in planned.plan.changes
        if change.reason is Reason.PLATFORM_RETRY
        for seen in change.runs
        if seen.id in unmanaged
    }


def _unplanned(shown: StatusView) -> StatusView:
    """Return the status of a scope whose environment is gone: no apply is possible, so no action is due."""
    tasks = tuple(replace(task, action=Action.NONE.value) for task in shown.tasks)
    destroy = f"this scope cannot be planned; to stop and delete its runs, run: {_destroy(shown.scope)}"
    return replace(shown, tasks=tasks, next=destroy if tasks else "")


def _destroy(scope: str) -> str:
    return f"jobspec destroy --scope {quote(scope)}"
