"""The status of a scope: its plan, and for each task the run that counts now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.selection import ALL_TASKS
from jobspec.report import status_view
from jobspec.workflow.planning import Wanted, make_plan
from jobspec.workflow.runs import current_runs

if TYPE_CHECKING:
    from jobspec.reconcile.selection import Selection
    from jobspec.report.status_view import StatusView
    from jobspec.workflow.workspace import Workspace


def read_status(workspace: Workspace, selection: Selection = ALL_TASKS) -> StatusView:
    """Return the selected tasks, each with its run, and what apply would do next. Writes nothing."""
    planned = make_plan(workspace, Wanted(selection))
    runs = {current.task: current.run for current in current_runs(workspace.loaded.scope, planned.runs)}
    shown = status_view.view(planned.plan, runs, workspace.connection.platform)
    return shown.model_copy(update={"environment_from": workspace.loaded.environment_from})
