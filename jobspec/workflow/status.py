"""The status of a scope: its plan, and for each task the run that counts now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.plan import Reason
from jobspec.reconcile.selection import ALL_TASKS
from jobspec.report import status_view
from jobspec.workflow.planning import Wanted, make_plan
from jobspec.workflow.runs import current_runs

if TYPE_CHECKING:
    from jobspec.reconcile.runs import Run
    from jobspec.reconcile.selection import Selection
    from jobspec.report.status_view import StatusView
    from jobspec.workflow.planning import Planned
    from jobspec.workflow.workspace import Workspace


def read_status(
    workspace: Workspace, selection: Selection = ALL_TASKS, *, with_leftovers: bool = True
) -> StatusView:
    """Return the selected tasks, each with its run, and what apply would do next. Writes nothing.

    Leftovers are finished tasks that no manifest declares any more; left out, they are counted.
    """
    planned = make_plan(workspace, Wanted(selection))
    runs = {current.task: current.run for current in current_runs(workspace.loaded.scope, planned.runs)}
    runs |= _copies(planned)
    shown = status_view.view(planned.plan, runs, workspace.connection.platform)
    shown = shown.model_copy(update={"environment_from": workspace.loaded.environment_from})
    return shown if with_leftovers else status_view.without_leftovers(shown)


def _copies(planned: Planned) -> dict[str, Run]:
    """The untagged runs under which the platform goes on with tasks, by task."""
    unmanaged = {run.id: run for run in planned.unmanaged}
    return {
        change.task: unmanaged[seen.id]
        for change in planned.plan.changes
        if change.reason is Reason.PLATFORM_RETRY
        for seen in change.runs
        if seen.id in unmanaged
    }
