"""The status of a scope: its plan, and for each task the run that counts now."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from jobspec.reconcile.plan import Action
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
    if workspace.loaded.is_gone:
        shown = _unplanned(shown)
    return shown.model_copy(update={"environment_from": workspace.loaded.environment_from})


def _unplanned(shown: StatusView) -> StatusView:
    """The status of a scope whose environment is gone: no apply can be made for it, so nothing happens."""
    tasks = tuple(task.model_copy(update={"action": Action.NONE.value}) for task in shown.tasks)
    destroy = f"no plan can be made for this scope; to stop and delete its runs: {_destroy(shown.scope)}"
    return shown.model_copy(update={"tasks": tasks, "next": destroy if tasks else ""})


def _destroy(scope: str) -> str:
    return f"jobspec destroy --scope {quote(scope)}"
