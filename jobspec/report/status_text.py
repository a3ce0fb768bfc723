"""The status of a scope as terminal text, rendered from its view."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from jobspec.report.text import columns, count, duration, paint, printable

if TYPE_CHECKING:
    from jobspec.report.status_view import StatusView, TaskStatusView

_STYLES = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "yellow", "unknown": "red"}
_LONGEST_NOTE = 60


def render(status: StatusView, *, now: datetime, colour: bool) -> str:
    """Return the status as a table for people."""
    if not status.tasks:
        return f"{status.scope}: no tasks\n"
    header = ("TASK", "PHASE", "RUN", "FOR", "NEXT", "NOTE")
    lines = columns([header, *(_row(task, now) for task in status.tasks)])
    painted = [paint(lines[0], "bold", colour=colour)]
    painted += [
        _painted(line, task, colour=colour) for line, task in zip(lines[1:], status.tasks, strict=True)
    ]
    return "\n".join([*painted, _counts(status)]) + "\n"


def _painted(line: str, task: TaskStatusView, *, colour: bool) -> str:
    style = _STYLES.get(task.phase)
    cell = f"  {task.phase}"  # a name holds no space, so this is the column and not a part of the name
    return line.replace(cell, paint(cell, style, colour=colour), 1) if style else line


def _row(task: TaskStatusView, now: datetime) -> tuple[str, ...]:
    then = task.reason if task.action == "none" else f"{task.action} ({task.reason})"
    note = printable(task.detail)
    short = note if len(note) <= _LONGEST_NOTE else f"{note[: _LONGEST_NOTE - 1]}…"
    return (printable(task.task), task.phase, task.run or "-", _lasted(task, now), then, short)


def _lasted(task: TaskStatusView, now: datetime) -> str:
    begun = task.launched or task.created
    if begun is None:
        return "-"
    end = datetime.fromisoformat(task.finished) if task.finished else now
    return duration((end - datetime.fromisoformat(begun)).total_seconds())


def _counts(status: StatusView) -> str:
    phases = [task.phase for task in status.tasks if task.run]
    told = ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))
    return f"{status.scope}: {count(len(status.tasks), 'task')}" + (f"; {told}" if told else "")
