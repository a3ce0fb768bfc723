"""The status of a scope as terminal text, rendered from its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.table import Column, Look, lasted, table
from jobspec.report.text import count

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.report.status_view import StatusView, TaskStatusView


def _next(task: TaskStatusView) -> str:
    return task.reason if task.action == "none" else f"{task.action} ({task.reason})"


_COLUMNS: tuple[Column[TaskStatusView], ...] = (
    Column("task", lambda task, _: task.task, is_whole=True),
    Column("phase", lambda task, _: task.phase, lambda task: task.phase),
    Column("run", lambda task, _: task.run or ""),
    Column("for", lambda task, now: lasted(task.launched or task.created, task.finished, now)),
    Column("next", lambda task, _: _next(task)),
    Column("note", lambda task, _: task.detail, empty=""),
)


def render(status: StatusView, *, now: datetime, colour: bool) -> str:
    """Return the status as a table for people."""
    if not status.tasks:
        return f"{_scope(status)}: no tasks\n"
    return "\n".join([*table(_COLUMNS, status.tasks, Look(now, colour)), _counts(status)]) + "\n"


def _scope(status: StatusView) -> str:
    return f"{status.scope} (by {status.environment_from})" if status.environment_from else status.scope


def _counts(status: StatusView) -> str:
    phases = [task.phase for task in status.tasks if task.run]
    told = ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))
    return f"{_scope(status)}: {count(len(status.tasks), 'task')}" + (f"; {told}" if told else "")
