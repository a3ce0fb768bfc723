"""The status of a scope as terminal text, rendered from its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile.runs import FINISHED
from jobspec.report.status.sets import sets_of, tables
from jobspec.report.table import Column, Look, lasted, table
from jobspec.report.text import count, cut, printable, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
    """Return the status as a table fitted into `columns`; None for lines of any length.

    A set has one line, and its tasks only where their run did not succeed.
    """
    sets = sets_of(status)
    folded = {task.task for one in sets for task in one.tasks}
    kept = {task.task for one in sets for task in one.needing_attention}
    tasks = tuple(task for task in status.tasks if task.task not in folded or task.task in kept)
    look = Look(now, colour, columns=columns)
    return _with_foot(status, [*_lines(tasks, look), *(line for one in sets for line in one.lines)])


def render_tasks(status: StatusView, *, now: datetime, colour: bool, columns: int | None = None) -> str:
    """Return every task as a row of a table."""
    return _with_foot(status, list(_lines(status.tasks, Look(now, colour, columns=columns))))


def render_sets(status: StatusView, axes: Sequence[str], *, colour: bool, columns: int | None = None) -> str:
    """Return each set as a table over its axes. Raises `UsageError` for axes that no set has."""
    lines = list(tables(sets_of(status), axes, colour=colour, columns=columns))
    return _with_foot(status, lines or [f"{_scope(status)}: no sets"])


def _with_foot(status: StatusView, lines: list[str]) -> str:
    left_out = _left_out(status)
    if not status.tasks:
        return "\n".join([f"{_scope(status)}: no tasks", *left_out]) + "\n"
    foot = [f"next: {printable(status.next)}"] if status.next else []
    return "\n".join([*lines, _counts(status), *left_out, *foot]) + "\n"


def _left_out(status: StatusView) -> list[str]:
    hidden = status.no_longer_declared
    if not hidden:
        return []
    are, them = ("is", "it") if hidden == 1 else ("are", "them")
    return [f"{count(hidden, 'finished task')} {are} no longer declared; use --all to show {them}"]


def _lines(tasks: Sequence[TaskStatusView], look: Look) -> Iterator[str]:
    """Yield the table; if its notes do not fit, those about more than a success follow below."""
    if not tasks:
        return
    whole = replace(look, colour=False, columns=None)
    others = max(map(width_of, table(_COLUMNS[:-1], tasks, whole)))
    if look.columns is None or others + _LEAST_NOTE <= look.columns:
        yield from table(_COLUMNS, tasks, look)
        return
    header, *lines = table(_COLUMNS[:-1], tasks, look)
    yield header
    for task, line in zip(tasks, lines, strict=True):
        yield line
        if task.detail and task.phase != "succeeded":
            yield cut(f"  {printable(task.detail)}", look.columns)


def _scope(status: StatusView) -> str:
    return f"{status.scope} (by {status.environment_from})" if status.environment_from else status.scope


def _counts(status: StatusView) -> str:
    phases = [task.phase for task in status.tasks if task.run]
    counts = ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))
    return f"{_scope(status)}: {count(len(status.tasks), 'task')}" + (f"; {counts}" if counts else "")
