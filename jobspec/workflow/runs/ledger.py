"""The runs of tasks after an apply, as a ledger keeps them. Writes nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jobspec.apply.observe import observe
from jobspec.errors import JobspecError
from jobspec.report.apply.view import TaskRunView, task_run
from jobspec.workflow.runs.runs import current_runs

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace


def tasks_after(
    workspace: Workspace, names: AbstractSet[str], known: tuple[Run, ...] | None
) -> tuple[TaskRunView, ...] | None:
    """Return those of the tasks that have a run, by name, each with its current run.

    `known` are all runs if nothing has changed them since they were read. Otherwise the runs are read; None
    if they cannot be: everything is done, so the result must be printed in any case.
    """
    if known is not None:
        return _tasks_of(workspace, known, names)
    with suppress(JobspecError):
        return _tasks_of(workspace, observe(workspace.connection.client, workspace.loaded.scope), names)
    return None


def _tasks_of(
    workspace: Workspace, runs: tuple[Run, ...], names: AbstractSet[str]
) -> tuple[TaskRunView, ...]:
    found = current_runs(workspace.loaded.scope, runs)
    return tuple(task_run(current.task, current.run) for current in found if current.task in names)
