"""`jobspec status`: the tasks of a scope with their current runs."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.applying.watching import watch as keep_showing
from jobspec.cli.exits import Exit
from jobspec.errors import UsageError
from jobspec.report.status import text as status_text
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import Workspace, open_to_compare
from jobspec.workflow.runs.status import read_status

if TYPE_CHECKING:
    from jobspec.reconcile.planning.selection import Selection
    from jobspec.report.status.view import StatusView

_WATCH_SECONDS = 1.0


@click.command()
@options.of_paths
@options.of_selection
@options.OUTPUT
@click.option("--all", "with_leftovers", is_flag=True, help="Also show finished tasks that have no manifest.")
@click.option("-w", "--watch", is_flag=True, help="Refresh every second until Ctrl-C.")
def status(*, target: Target, selection: Selection, output: str, with_leftovers: bool, watch: bool) -> int:
    """Show each task with its run and its next change.

    PATHS are files or folders of a project; the current folder by default. A path inside a project selects
    the tasks below it. Finished tasks that no manifest declares are only counted.

    \b
    Examples:
      jobspec status
      jobspec status --all
      jobspec status --watch
      jobspec status --only 'resnet-*'
      jobspec status -o json
    """
    if watch and output == "json":
        raise UsageError("`--watch` supports text output only", help="remove --watch or --output json")
    workspace = open_to_compare(target, options.surroundings())
    read = partial(_read, workspace, selection, with_leftovers=with_leftovers)
    if watch:
        keep_showing(lambda: _text(read()), seconds=_WATCH_SECONDS)
    _show(read(), output)
    return Exit.DONE


def _read(workspace: Workspace, selection: Selection, *, with_leftovers: bool) -> StatusView:
    return read_status(workspace, selection, with_leftovers=with_leftovers)


def _show(view: StatusView, output: str) -> None:
    if output == "json":
        terminal.result(view.to_json())
        return
    terminal.result(_text(view))


def _text(view: StatusView) -> str:
    columns, colour = terminal.columns_out(), terminal.colour_out()
    return status_text.render(view, now=datetime.now(UTC), colour=colour, columns=columns)
