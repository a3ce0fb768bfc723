"""The history of a task, from the platform alone. Writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.history_view import HistoryView, past_runs
from jobspec.workflow.runs import find_runs

if TYPE_CHECKING:
    from jobspec.workflow.workspace import Workspace


def read_history(workspace: Workspace, name: str, limit: int | None) -> HistoryView:
    """Return the newest runs of a task, at most so many. Raises `UsageError` when there is none."""
    runs = find_runs(workspace, name)
    return HistoryView(
        scope=str(workspace.loaded.scope),
        platform=workspace.connection.platform,
        task=name,
        total=len(runs),
        runs=past_runs(runs, limit),
    )
