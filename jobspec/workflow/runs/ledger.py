"""The runs of tasks after an apply, as a ledger keeps them. Writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.apply.observe import observe
from jobspec.report.apply.view import TaskRunView, task_run
from jobspec.workflow.runs.runs import current_runs

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace


def read_tasks(workspace: Workspace, names: AbstractSet[str]) -> tuple[TaskRunView, ...]:
    """Return those of the tasks that have a run, by name, each with its current run."""
    runs = observe(workspace.connection.client, workspace.loaded.scope)
    return tasks_of(workspace, runs, names)


def tasks_of(workspace: Workspace, runs: tuple[Run, ...], names: AbstractSet[str]) -> tuple[TaskRunView, ...]:
    """Return the same for runs that were read already."""
    found = current_runs(workspace.loaded.scope, runs)
    return tuple(task_run(current.task, current.run) for current in found if current.task in names)
