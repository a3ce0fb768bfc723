"""Shared by `jobspec task cancel`, `delete` and `update`: show the tasks, prompt, write, report."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import click
from msgspec import Struct

from jobspec.cli import terminal
from jobspec.cli.consent import confirm
from jobspec.cli.exits import of_broken_output, of_writes
from jobspec.cli.interrupts import raised
from jobspec.cli.parameters import TEXT, Format
from jobspec.cli.tasks import live_tasks
from jobspec.reconcile.protocol.outcome import (
    Result,
    Status,
)
from jobspec.report.tasks import writes_text as task_writes_text
from jobspec.report.tasks.writes_view import (
    TaskWritesView,
    TaskWriteView,
    written,
)
from jobspec.workflow.account.task_writes import (
    Changes,
    write_each,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.workflow.account.tasks import OpenAccount


IDS = click.argument("ids", nargs=-1, required=True, type=TEXT, metavar="ID...")


OUTPUT = click.option(
    "-o",
    "--output",
    type=Format(["text", "json", "yaml"]),
    default="text",
    show_default=True,
    help="Output format.",
)


class WriteRequest(Struct, frozen=True):
    """The write for each task, with the texts of the prompt and of an outcome."""

    verb: Literal["cancel", "delete", "update"]
    question: str
    done: str
    yes: bool
    output: str
    changes: Changes | None = None


def these_tasks(records: Sequence[TaskRecord]) -> str:
    """Return `this task`, or the number of tasks."""
    return "this task" if len(records) == 1 else f"these {len(records)} tasks"


def carry_out(
    opened: OpenAccount,
    records: Sequence[TaskRecord],
    wanted: WriteRequest,
    write: Callable[[TaskRecord], Result],
) -> int:
    """Show the tasks, prompt, write to each, and report the results."""
    if wanted.output == "text" or not wanted.yes:
        _show(records, wanted)
    if not wanted.yes:
        confirm(wanted.question)
    return _write(opened, records, wanted, write)


def _show(records: Sequence[TaskRecord], wanted: WriteRequest) -> None:
    write_text = terminal.result if wanted.output == "text" else terminal.message
    write_text(task_writes_text.tasks(records, live_tasks.look("table")))
    if wanted.changes is not None:
        for record in records:
            rows = wanted.changes.of(record).differences(record)
            write_text(task_writes_text.changes(rows, colour=terminal.colour_out()))
    for record in records:
        verb = "release" if wanted.changes and wanted.changes.tags.is_released else wanted.verb
        caution = task_writes_text.caution(record, verb, colour=terminal.colour_err())
        if caution:
            terminal.message(caution)


def _write(
    opened: OpenAccount,
    records: Sequence[TaskRecord],
    wanted: WriteRequest,
    write: Callable[[TaskRecord], Result],
) -> int:
    outcomes: list[TaskWriteView] = []

    def report(record: TaskRecord, result: Result) -> None:
        renamed = wanted.changes.name if wanted.changes and result.status is Status.DONE else None
        outcomes.append(written(record, result, renamed))
        if wanted.output == "text":
            terminal.result(task_writes_text.line(outcomes[-1], wanted.done, colour=terminal.colour_out()))

    def view(*, interrupted: bool) -> TaskWritesView:
        platform, tasks = opened.platform, tuple(outcomes)
        return TaskWritesView(platform=platform, verb=wanted.verb, interrupted=interrupted, tasks=tasks)

    try:
        with raised():
            is_complete = write_each(records, write, report)
        seen = view(interrupted=not is_complete)
        if wanted.output != "text":
            terminal.result(live_tasks.machine(seen, wanted.output))
    except terminal.OutputBroken as broken:
        left = Result(Status.SKIPPED, "not started, because output can no longer be written")
        outcomes += [written(record, left) for record in records[len(outcomes) :]]
        raise _report_on_stderr(view(interrupted=True), wanted, broken) from broken
    return of_writes(seen)


def _report_on_stderr(
    view: TaskWritesView, wanted: WriteRequest, broken: terminal.OutputBroken
) -> terminal.OutputBroken:
    """Print the completed work to stderr, as far as possible; return the error that ends the process."""
    with suppress(terminal.OutputBroken):
        terminal.message("Output can no longer be written. Completed so far:")
        for task in view.tasks:
            terminal.message(task_writes_text.line(task, wanted.done, colour=terminal.colour_err()))
    return terminal.OutputBroken(broken.cause, of_broken_output(of_writes(view)))
