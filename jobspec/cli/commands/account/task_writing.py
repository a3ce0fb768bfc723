"""`jobspec task cancel`, `delete` and `update`: writes to single live tasks, past any manifest."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.commands.account import task_output
from jobspec.cli.consent import ask
from jobspec.cli.exits import of_broken_output, of_writes
from jobspec.cli.interrupts import raised
from jobspec.cli.parameters import TEXT, Format
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
from jobspec.workflow.account import task_writes
from jobspec.workflow.account.task_writes import (
    Changes,
    TagChange,
    write_each,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from jobspec.cli.options import Account
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


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be done, in the words for a question and for an outcome, and how it was asked for."""

    verb: Literal["cancel", "delete", "update"]
    question: str
    done: str
    yes: bool
    output: str
    changes: Changes | None = None


@click.command()
@IDS
@options.platform_options
@options.YES
@OUTPUT
def cancel(*, ids: tuple[str, ...], account: Account, yes: bool, output: str) -> int:
    """Stop tasks.

    Requests the stop and returns; `jobspec task get` shows when a task has stopped. Tasks that are protected
    by their manifest are not stopped.

    \b
    Examples:
      jobspec task cancel t-20261123140229-00000
      jobspec task cancel t-20261123140229-00000 t-20261123140229-00001 --yes
    """
    opened = task_output.opened(account)
    records = task_writes.find_tasks(opened, ids)
    task_writes.check_cancel(records)
    wish = _Wish("cancel", f"Stop {_these(records)}?", "requested stop of", yes, output)
    return _carry_out(opened, records, wish, lambda record: task_writes.cancel(opened, record))


@click.command()
@IDS
@options.platform_options
@options.YES
@OUTPUT
def delete(*, ids: tuple[str, ...], account: Account, yes: bool, output: str) -> int:
    """Delete the records of finished tasks.

    Deletes their logs as well.

    \b
    Examples:
      jobspec task delete t-20261123140229-00000
    """
    opened = task_output.opened(account)
    records = task_writes.find_tasks(opened, ids)
    task_writes.check_delete(records)
    wish = _Wish("delete", f"Permanently delete {_these(records)}?", "deleted", yes, output)
    return _carry_out(opened, records, wish, lambda record: task_writes.delete(opened, record))


@click.command()
@click.argument("task_id", type=TEXT, metavar="ID")
@options.platform_options
@click.option("--name", type=TEXT, metavar="NAME", help="Set the name.")
@click.option("--description", metavar="TEXT", help="Set the description; an empty value removes it.")
@click.option("--add-tag", "added", type=TEXT, multiple=True, metavar="TAG", help="Add a tag; repeatable.")
@click.option(
    "--remove-tag", "removed", type=TEXT, multiple=True, metavar="TAG", help="Remove a tag; repeatable."
)
@click.option(
    "--set-tags",
    "anew",
    metavar="TAG,…",
    help="Replace all tags with these; an empty value removes all.",
)
@click.option(
    "--remove-jobspec-tags",
    "is_let_go",
    is_flag=True,
    help="Remove all tags of jobspec, so that jobspec no longer manages the task.",
)
@options.YES
@OUTPUT
def update(
    *,
    task_id: str,
    account: Account,
    name: str | None,
    description: str | None,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    anew: str | None,
    is_let_go: bool,
    yes: bool,
    output: str,
) -> int:
    """Change the name, description or tags of a task.

    Other fields cannot be changed in place. The tags that jobspec sets on its runs are kept unless you pass
    --remove-jobspec-tags. Use that option for a copy of a run, or for tags that contradict each other.

    \b
    Examples:
      jobspec task update t-20261123140229-00000 --add-tag keep --remove-tag scratch
      jobspec task update t-20261123140229-00000 --description "baseline, do not delete"
      jobspec task update t-20261123140229-00000 --remove-jobspec-tags
    """
    tags = TagChange(_listed(anew), added, removed, is_let_go)
    changes = Changes(name, description, tags)
    changes.check()
    opened = task_output.opened(account)
    records = task_writes.find_tasks(opened, (task_id,))
    wish = _Wish("update", f"Update {_these(records)}?", "changed", yes, output, changes)
    return _carry_out(opened, records, wish, lambda record: task_writes.update(opened, record, changes))


def _listed(tags: str | None) -> tuple[str, ...] | None:
    if tags is None:
        return None
    return tuple(tag.strip() for tag in tags.split(",")) if tags else ()


def _these(records: Sequence[TaskRecord]) -> str:
    return "this task" if len(records) == 1 else f"these {len(records)} tasks"


def _carry_out(
    opened: OpenAccount,
    records: Sequence[TaskRecord],
    wish: _Wish,
    write: Callable[[TaskRecord], Result],
) -> int:
    """Show the tasks, prompt, write to each, and report the results."""
    if wish.output == "text" or not wish.yes:
        _show(records, wish)
    if not wish.yes:
        ask(wish.question)
    return _write(opened, records, wish, write)


def _show(records: Sequence[TaskRecord], wish: _Wish) -> None:
    write_text = terminal.result if wish.output == "text" else terminal.message
    write_text(task_writes_text.tasks(records, task_output.look("table")))
    if wish.changes is not None:
        for record in records:
            rows = wish.changes.of(record).differences(record)
            write_text(task_writes_text.changes(rows, colour=terminal.colour_out()))
    for record in records:
        caution = task_writes_text.caution(record, wish.verb, colour=terminal.colour_err())
        if caution:
            terminal.message(caution)


def _write(
    opened: OpenAccount,
    records: Sequence[TaskRecord],
    wish: _Wish,
    write: Callable[[TaskRecord], Result],
) -> int:
    outcomes: list[TaskWriteView] = []

    def report(record: TaskRecord, result: Result) -> None:
        outcomes.append(written(record, result))
        if wish.output == "text":
            terminal.result(task_writes_text.line(outcomes[-1], wish.done, colour=terminal.colour_out()))

    def view(*, interrupted: bool) -> TaskWritesView:
        platform, tasks = opened.platform, tuple(outcomes)
        return TaskWritesView(platform=platform, verb=wish.verb, interrupted=interrupted, tasks=tasks)

    try:
        with raised():
            is_through = write_each(records, write, report)
        seen = view(interrupted=not is_through)
        if wish.output != "text":
            terminal.result(task_output.machine(seen, wish.output))
    except terminal.OutputBroken as broken:
        left = Result(Status.SKIPPED, "not started, because output can no longer be written")
        outcomes += [written(record, left) for record in records[len(outcomes) :]]
        raise _report_on_stderr(view(interrupted=True), wish, broken) from broken
    return of_writes(seen)


def _report_on_stderr(
    view: TaskWritesView, wish: _Wish, broken: terminal.OutputBroken
) -> terminal.OutputBroken:
    """Print the completed work to stderr, as far as possible; return the error that ends the process."""
    with suppress(terminal.OutputBroken):
        terminal.message("Output can no longer be written. Completed so far:")
        for task in view.tasks:
            terminal.message(task_writes_text.line(task, wish.done, colour=terminal.colour_err()))
    return terminal.OutputBroken(broken.cause, of_broken_output(of_writes(view)))
