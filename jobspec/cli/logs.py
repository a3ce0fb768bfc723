"""`jobspec logs`: what the replicas of a task's run have written."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jobspec.cloud.client import PlatformClient
    from jobspec.reconcile.runs import Run
    from jobspec.report.lines import Lines
    from jobspec.workflow.logs import Chunk, Selection


@click.command()
@click.argument("name")
@options.of_project
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has finished.")
@click.option("--role", metavar="ROLE", help="Only this role, such as worker.")
@click.option("--index", type=click.IntRange(min=0), metavar="N", help="Only the replica with this index.")
@click.option("--run", "run_id", metavar="ID", help="A run of the task; the newest by default.")
def logs(
    *,
    name: str,
    project: Path | None,
    environment: str | None,
    scope: str | None,
    follow: bool,
    role: str | None,
    index: int | None,
    run_id: str | None,
) -> int:
    """Show what a task's run has logged.

    Lines of several replicas start with the replica's name.

    \b
    Examples:
      jobspec logs train -f
      jobspec logs train --role worker --index 0
    """
    from jobspec.workflow import logs as reading
    from jobspec.workflow.runs import find_run
    from jobspec.workflow.workspace import open_scope

    paths = (project,) if project else ()
    workspace = open_scope(options.target(paths, environment, scope), options.surroundings())
    run = find_run(workspace, name, run_id)
    selection = reading.Selection(role, index)
    show_logs(workspace.connection.client, run, selection, follow=follow)
    return Exit.DONE


def show_logs(client: PlatformClient, run: Run, selection: Selection, *, follow: bool) -> None:
    """Write what the selected replicas of a run have logged; `follow` goes on until it has finished."""
    from jobspec.report.text import printable
    from jobspec.workflow.logs import RunLogs

    instances = selection.of(client.instances(run.id), run.id)
    logs = RunLogs(client, run.id)
    chunks = logs.follow(selection, time.sleep) if follow else logs.read(instances)
    has_written = _write(chunks, _lines(is_prefixed=selection.has_several(run, instances)))
    if logs.unreadable:
        names = printable(", ".join(logs.unreadable))
        terminal.talk(f"{run.id} ({run.phase}): the platform tells no address of the log of {names}")
    elif not has_written:
        terminal.talk(f"{run.id} ({run.phase}) has logged nothing")


def _lines(*, is_prefixed: bool) -> Lines:
    """Whole lines only, where lines of several replicas mix; nothing that acts on a terminal."""
    from jobspec.report.lines import Harmless, LinePrefixer, LiveLines, Unchanged

    if sys.stdout.isatty():
        return LiveLines(terminal.size) if is_prefixed else Unchanged(Harmless().show)
    return LinePrefixer() if is_prefixed else Unchanged()


def _write(chunks: Iterable[Chunk], lines: Lines) -> bool:
    """Write the chunks as they come; returns whether there were any."""
    wrote = False
    for chunk in chunks:
        wrote = True
        terminal.raw_result(lines.add(chunk.replica, chunk.data))
    terminal.raw_result(lines.rest())
    return wrote
