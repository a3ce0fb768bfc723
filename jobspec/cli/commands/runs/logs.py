"""`jobspec logs`: the output of the replicas of a task's run."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT, Duration, WholeNumber
from jobspec.errors import UsageError
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.reconcile.runs import Phase
from jobspec.report.lines import (
    Harmless,
    LinePrefixer,
    Lines,
    LiveLines,
    Unchanged,
)
from jobspec.report.text import printable
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_scope_for
from jobspec.workflow.runs import logs as reading
from jobspec.workflow.runs.log_window import (
    LogWindow,
)
from jobspec.workflow.runs.logs import (
    Chunk,
    LogSelection,
    RunLogs,
)
from jobspec.workflow.runs.runs import find_run, find_set, newest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.cloud.client import PlatformClient
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace


def _window(command: options.Command) -> options.Command:
    """Add the options that select a part of a log, and pass them as `window`, a `LogWindow`."""

    @wraps(command)
    def with_window(*, tail: int | None, since: int | None, **typed: Any) -> Any:
        moment = None if since is None else datetime.now(UTC) - timedelta(seconds=since)
        is_whole = tail is None and since is None
        return command(window=None if is_whole else LogWindow(tail, moment), **typed)

    return cast("options.Command", _TAIL(_SINCE(with_window)))


_TAIL = click.option(
    "--tail", type=WholeNumber(min=0), metavar="N", help="Show only the last N lines of each replica."
)
_SINCE = click.option(
    "--since",
    type=Duration(),
    metavar="TIME",
    help="Show only lines newer than this, for example 90s, 30m, 2h or 5d.",
)
WINDOW = _window


@click.command()
@click.argument("name", type=TEXT)
@options.of_project
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the run finishes.")
@click.option("--role", type=TEXT, metavar="ROLE", help="Show only this role, for example worker.")
@click.option("--index", type=WholeNumber(min=0), metavar="N", help="Show only the replica with this index.")
@WINDOW
@click.option(
    "--path", "only_path", is_flag=True, help="Print the paths of the log files; local platform only."
)
@click.option(
    "--run", "run_id", type=TEXT, metavar="ID", help="Show this run of the task; the newest by default."
)
@click.option("--failed", "only_failed", is_flag=True, help="Show only the failed runs of a set.")
def logs(
    *,
    name: str,
    target: Target,
    follow: bool,
    role: str | None,
    index: int | None,
    window: LogWindow | None,
    only_path: bool,
    run_id: str | None,
    only_failed: bool,
) -> int:
    """Show the log of a task's run, or those of a set.

    With `set/NAME`, shows the log of the newest run of each task of the set.

    With several replicas, each line starts with the replica's name. --tail counts lines per replica. --since
    uses the timestamp at the start of each line, such as 2026-01-31 12:00:00, because the platform does not
    record one. A line without a timestamp counts as old as the line before it. A log without timestamps is
    shown in full.

    \b
    Examples:
      jobspec logs train -f
      jobspec logs train --role worker --index 0
      jobspec logs train --tail 100 -f
      jobspec logs train --since 10m
      less $(jobspec logs train --path)
      jobspec logs set/sweep --failed --tail 20
    """
    workspace = open_scope_for([name], target, options.surroundings())
    selection = reading.LogSelection(role, index)
    if name.startswith(SET_PREFIX):
        _refuse_for_set(follow=follow, run_id=run_id)
        runs = _runs_of_set(workspace, name, only_failed=only_failed)
        return _show_set(workspace, runs, selection, window=window, only_path=only_path)
    if only_failed:
        raise UsageError("`--failed` requires a set", help="use `set/NAME`, or select a run with --run")
    run = find_run(workspace, name, run_id)
    if only_path:
        if follow or window is not None:
            raise UsageError(
                "`--path` cannot be combined with --follow, --tail or --since",
                help="remove --path, or remove the other options",
            )
        for path in reading.log_files(workspace.connection, run, selection):
            terminal.result(path)
        return Exit.DONE
    show_logs(workspace.connection.client, run, selection, follow=follow, window=window)
    return Exit.DONE


def _refuse_for_set(*, follow: bool, run_id: str | None) -> None:
    if follow or run_id is not None:
        raise UsageError("a set cannot be combined with --follow or --run", help="name one of its tasks")


def _runs_of_set(workspace: Workspace, name: str, *, only_failed: bool) -> dict[str, Run]:
    """Return the current run of each task of a set, or of those whose run failed."""
    found = find_set(workspace, name.removeprefix(SET_PREFIX))
    runs = {task: newest(group) for task, group in sorted(found.items())}
    if not only_failed:
        return runs
    failed = {task: run for task, run in runs.items() if run.phase is Phase.FAILED}
    if not failed:
        terminal.message(f"no run of {quote(name)} has failed")
    return failed


def _show_set(
    workspace: Workspace,
    runs: dict[str, Run],
    selection: LogSelection,
    *,
    window: LogWindow | None,
    only_path: bool,
) -> int:
    """Write the log of each run after a line that names it, or the paths of their files."""
    for task, run in runs.items():
        if only_path:
            for path in reading.log_files(workspace.connection, run, selection):
                terminal.result(path)
            continue
        terminal.result(f"==> {printable(task)}  {run.id}  {run.phase} <==")
        show_logs(workspace.connection.client, run, selection, follow=False, window=window)
    return Exit.DONE


def show_logs(
    client: PlatformClient,
    run: Run,
    selection: LogSelection,
    *,
    follow: bool,
    window: LogWindow | None = None,
) -> None:
    """Write the logs of the selected replicas of a run; with `follow`, until it has finished.

    `window` is the part of the existing log to write; by default all of it.
    """
    instances = selection.of(client.instances(run.id), run.id)
    logs = RunLogs(client, run.id)
    begun = logs.windowed(window, instances) if window else iter(())
    going = logs.follow(selection, time.sleep) if follow else logs.read(instances if not window else ())
    has_written = _write(chain(begun, going), _lines(is_prefixed=selection.has_several(run, instances)))
    if logs.untimed:
        names = printable(", ".join(logs.untimed))
        terminal.message(f"no line of {names} starts with a timestamp; --since has no effect on it")
    if logs.unreadable:
        names = printable(", ".join(logs.unreadable))
        terminal.message(f"{run.id} ({run.phase}): the platform returned no log address for {names}")
    elif not has_written and window is None:
        terminal.message(f"{run.id} ({run.phase}) has no log output")


def _lines(*, is_prefixed: bool) -> Lines:
    """Return complete lines if several replicas mix, without anything that acts on a terminal."""
    if sys.stdout.isatty():
        return LiveLines(terminal.size) if is_prefixed else Unchanged(Harmless().show)
    return LinePrefixer() if is_prefixed else Unchanged()


def _write(chunks: Iterable[Chunk], lines: Lines) -> bool:
    """Write the chunks as they arrive; return whether there were any."""
    wrote = False
    for chunk in chunks:
        wrote = True
        terminal.raw_result(lines.add(chunk.replica, chunk.data))
    terminal.raw_result(lines.rest())
    return wrote
