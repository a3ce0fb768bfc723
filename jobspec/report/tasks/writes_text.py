"""Writes to single live tasks as terminal text: the tasks before the write, and the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.runs import FINISHED, phase_of
from jobspec.report.tasks import text as tasks_text
from jobspec.report.tasks.text import managed_name
from jobspec.report.tasks.view import live_task, managed
from jobspec.report.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.report.table import Look
    from jobspec.report.tasks.writes_view import TaskWriteView

_COLUMNS = ("id", "name", "state", "replicas", "creator", "for", "managed")
_SIGNS = {"done": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("!", "yellow"), "unknown": ("?", "red")}
_CAUTIONS = {
    "cancel": "`apply` submits it again if its manifest sets `restartPolicy: Always` or has another spec",
    "delete": "without this record, `apply` may submit the task again",
    "update": "`apply` resets name, description and tags to the manifest",
    "release": "jobspec will no longer manage it, and `apply` submits the task again while it is declared",
}


def tasks(records: Sequence[TaskRecord], look: Look) -> str:
    """Return the tasks that would be written to, as a table."""
    return tasks_text.tasks(tuple(map(live_task, records)), look, _COLUMNS)


def changes(rows: Iterable[tuple[str, str, str]], *, colour: bool) -> str:
    """Return each changed field with its old and new value."""
    lines = [
        f"    {field}: {paint(_value(before), 'red', colour=colour)} → "
        f"{paint(_value(after), 'green', colour=colour)}"
        for field, before, after in rows
    ]
    return "\n".join(lines or ["    no changes"])


def caution(record: TaskRecord, verb: str, *, colour: bool) -> str:
    """Return a warning before a write to a run of jobspec bypasses its manifest; empty for other tasks."""
    found = managed(record)
    is_over = verb == "cancel" and phase_of(record.state) in FINISHED
    if found is None or is_over:
        return ""
    message = f"{record.id} is managed by jobspec as {managed_name(found)}"
    if found.problem:
        message = f"{record.id} has jobspec tags that contradict each other: {found.problem}"
    return paint("warning:", "yellow", colour=colour) + printable(f" {message}; {_CAUTIONS[verb]}")


def line(write: TaskWriteView, done: str, *, colour: bool) -> str:
    """Return one outcome; `done` names the completed action, such as `requested stop of`."""
    sign, style = _SIGNS[write.status]
    message = done if write.status == "done" and not write.detail else write.status
    message += f"[{write.code}]" if write.code and write.status != "done" else ""
    more = f": {printable(write.detail)}" if write.detail else ""
    help_ = f"\n    help: {printable(write.help)}" if write.help else ""
    head = paint(f"{sign} {message}", style, colour=colour)
    return f"{head} {printable(write.id)}  {printable(write.name)}{more}{help_}"


def _value(text: str) -> str:
    return printable(text) or "none"
