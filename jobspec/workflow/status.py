"""The status of a scope: its plan, and for each task the run that counts now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report import status_view
from jobspec.workflow.planning import make_plan
from jobspec.workflow.runs import current_runs

if TYPE_CHECKING:
    from jobspec.report.status_view import StatusView
    from jobspec.workflow.workspace import Workspace


def read_status(workspace: Workspace) -> StatusView:
    """Return every task with its run, and what apply would do next. Writes nothing."""
    planned = make_plan(workspace)
    runs = {current.task: current.run for current in current_runs(workspace.loaded.scope, planned.runs)}
    return status_view.view(planned.plan, runs, workspace.connection.platform)
