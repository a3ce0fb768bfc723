"""The history of tasks, from the platform alone. Writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.apply.observe import observe
from jobspec.errors import UsageError
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning.removed import name_of
from jobspec.reconcile.planning.selection import (
    Selection,
    chosen,
    traits,
)
from jobspec.report.history.view import HistoriesView, HistoryView, past_runs
from jobspec.workflow.project.manifests import check_readable
from jobspec.workflow.project.workspace import Workspace
from jobspec.workflow.runs.runs import find_runs

if TYPE_CHECKING:
    from jobspec.reconcile.runs import Run


def read_history(workspace: Workspace, name: str, limit: int | None) -> HistoryView:
    """Return the newest runs of a task, at most `limit`. Raises `UsageError` if it has none."""
    return _history(workspace, name, find_runs(workspace, name), limit)


def read_histories(workspace: Workspace, selection: Selection, limit: int | None) -> HistoriesView:
    """Return the newest runs of each selected task that has one. Raises `UsageError` if none has."""
    loaded = workspace.loaded
    if selection.is_by_file:
        check_readable(loaded)
    runs = observe(workspace.connection.client, loaded.scope)
    names = chosen(traits(loaded.scope, loaded.tasks, runs), selection, workspace.option)
    groups = {name_of(name, group): group for name, group in by_task(loaded.scope, runs).items()}
    kept = sorted(groups.keys() & (names if loaded.selected is None else names & loaded.selected))
    if not kept:
        raise UsageError(
            "no runs for the selected tasks",
            help=f"to list the tasks, run: jobspec status{workspace.option}",
            code="JS409",
        )
    histories = tuple(_history(workspace, name, groups[name], limit) for name in kept)
    return HistoriesView(scope=str(loaded.scope), platform=workspace.platform, tasks=histories)


def _history(workspace: Workspace, name: str, runs: tuple[Run, ...], limit: int | None) -> HistoryView:
    return HistoryView(
        scope=str(workspace.loaded.scope),
        platform=workspace.platform,
        task=name,
        total=len(runs),
        runs=past_runs(runs, limit),
    )
