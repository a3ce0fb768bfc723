"""The status of a scope as terminal text, rendered from its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile.runs import FINISHED
from jobspec.report.table import Column, Look, lasted, table
from jobspec.report.text import count, cut, printable, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from jobspec.report.status.view import StatusView, TaskStatusView


_LEAST_NOTE = 24


def _next(task: TaskStatusView) -> str:
    return task.reason if task.action == "none" else f"{task.action} ({task.reason})"


def _begun(task: TaskStatusView) -> str | None:
    """Return when a run was launched, or since when it waits; None for one that ended in the queue."""
    return task.launched or (None if task.phase in FINISHED else task.created)


_COLUMNS: tuple[Column[TaskStatusView], ...] = (
    Column("task", lambda task, _: task.task, is_whole=True, is_name=True),
    Column("phase", lambda task, _: task.phase, lambda task: task.phase),
    Column("run", lambda task, _: task.run or ""),
    Column("for", lambda task, now: lasted(_begun(task), task.finished, now)),
    Column("next", lambda task, _: _next(task)),
    Column("note", lambda task, _: task.detail, empty=""),
)


def render(status: StatusView, *, now: datetime, colour: bool, columns: int | None = None) -> str:
    """Return the status as a table fitted into `columns`; None for lines of any length."""
    left_out = _left_out(status)
    if not status.tasks:
        return "\n".join([f"{_scope(status)}: no tasks", *left_out]) + "\n"
    look = Look(now, colour, columns=columns)
    foot = [f"next: {printable(status.next)}"] if status.next else []
    return "\n".join([*_lines(status, look), _counts(status), *left_out, *foot]) + "\n"


def _left_out(status: StatusView) -> list[str]:
    hidden = status.no_longer_declared
    if not hidden:
        return []
    are, them = ("is", "it") if hidden == 1 else ("are", "them")
    return [f"{count(hidden, 'finished task')} {are} no longer declared; use --all to show {them}"]


def _lines(status: StatusView, look: Look) -> Iterator[str]:
    """Yield the table; if its notes do not fit, those about more than a success follow below."""
    whole = replace(look, colour=False, columns=None)
    others = max(map(width_of, table(_COLUMNS[:-1], status.tasks, whole)))
    if look.columns is None or others + _LEAST_NOTE <= look.columns:
        yield from table(_COLUMNS, status.tasks, look)
        return
    header, *lines = table(_COLUMNS[:-1], status.tasks, look)
    yield header
    for task, line in zip(status.tasks, lines, strict=True):
        yield line
        if task.detail and task.phase != "succeeded":
            yield cut(f"  {printable(task.detail)}", look.columns)


def _scope(status: StatusView) -> str:
    return f"{status.scope} (by {status.environment_from})" if status.environment_from else status.scope


def _counts(status: StatusView) -> str:
    phases = [task.phase for task in status.tasks if task.run]
    counts = ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))
    return f"{_scope(status)}: {count(len(status.tasks), 'task')}" + (f"; {counts}" if counts else "")
