"""`jobspec status`: the tasks of a scope with their current runs."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.applying.watching import watch as keep_showing
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT, OneOf
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
@click.option(
    "--by",
    type=OneOf("view", ["task", "set"]),
    help="Show every task, or each set as a table over two axes; by default, a set is one line.",
)
@click.option(
    "--axes",
    type=TEXT,
    metavar="AXIS,AXIS",
    help="One or two axes of the tables of `--by set`, down and across; sets without them are left out. By "
    "default, the first two with several values, or one if it tells all tasks apart.",
)
@click.option("-w", "--watch", is_flag=True, help="Refresh every second until Ctrl-C.")
def status(
    *,
    target: Target,
    selection: Selection,
    output: str,
    with_leftovers: bool,
    by: str | None,
    axes: str | None,
    watch: bool,
) -> int:
    """Show each task with its run and its next change.

    PATHS are files or folders of a project; the current folder by default. A path inside a project selects
    the tasks below it. Finished tasks that no manifest declares are only counted.

    \b
    Examples:
      jobspec status
      jobspec status --all
      jobspec status --watch
      jobspec status --only 'resnet-*'
      jobspec status --only set/sweep --by set --axes lr,seed
      jobspec status -o json
    """
    if watch and output == "json":
        raise UsageError("`--watch` supports text output only", help="remove --watch or --output json")
    if by is not None and output == "json":
        help_ = "remove --by: JSON has every task, and its set and cell"
        raise UsageError("`--by` supports text output only", help=help_)
    if axes is not None and by != "set":
        raise UsageError("`--axes` requires `--by set`", help="add --by set, or remove --axes")
    wanted = tuple(filter(None, map(str.strip, (axes or "").split(","))))
    workspace = open_to_compare(target, options.surroundings())
    read = partial(_read, workspace, selection, with_leftovers=with_leftovers)
    if watch:
        keep_showing(lambda: _text(read(), by, wanted), seconds=_WATCH_SECONDS)
    view = read()
    terminal.result(view.to_json() if output == "json" else _text(view, by, wanted))
    return Exit.DONE


def _read(workspace: Workspace, selection: Selection, *, with_leftovers: bool) -> StatusView:
    return read_status(workspace, selection, with_leftovers=with_leftovers)


def _text(view: StatusView, by: str | None, axes: tuple[str, ...]) -> str:
    columns, colour = terminal.columns_out(), terminal.colour_out()
    if by == "set":
        return status_text.render_sets(view, axes, colour=colour, columns=columns)
    render = status_text.render if by is None else status_text.render_tasks
    return render(view, now=datetime.now(UTC), colour=colour, columns=columns)
