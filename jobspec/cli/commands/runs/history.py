"""`jobspec history`: the runs of a task, and what changed between them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT, WholeNumber
from jobspec.errors import UsageError
from jobspec.report.history import text as history_text
from jobspec.report.history.view import (
    HistoriesView,
    HistoryView,
)
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_scope, open_scope_only
from jobspec.workflow.runs.history import read_histories, read_history

if TYPE_CHECKING:
    from jobspec.reconcile.planning.selection import Selection


@click.command()
@click.argument("name", required=False, type=TEXT)
@options.of_project
@options.of_selection
@click.option("--limit", type=WholeNumber(min=1), metavar="N", help="Show only the N newest runs.")
@options.OUTPUT
def history(
    *,
    name: str | None,
    target: Target,
    selection: Selection,
    limit: int | None,
    output: str,
) -> int:
    """Show all runs of a task, the newest first.

    Use --only to show several tasks.

    Shows when each run started, how it ended, who stopped it, and which spec fields changed since the run
    before. The history comes from the platform, so it does not include runs whose records were deleted.

    \b
    Examples:
      jobspec history train
      jobspec history train --limit 3 -o json
      jobspec history --only 'resnet-*' --exclude resnet-old
    """
    _check_one_way(name, selection)
    if name is not None:
        workspace = open_scope_only(target, options.surroundings())
        view: HistoryView | HistoriesView = read_history(workspace, name, limit)
    else:
        view = read_histories(open_scope(target, options.surroundings()), selection, limit)
    if output == "json":
        terminal.result(view.to_json())
        return Exit.DONE
    histories = view.tasks if isinstance(view, HistoriesView) else (view,)
    now, colour = datetime.now(UTC), terminal.colour_out()
    terminal.result("\n".join(history_text.render(one, now=now, colour=colour) for one in histories))
    return Exit.DONE


def _check_one_way(name: str | None, selection: Selection) -> None:
    has_selection = bool(selection.only or selection.exclude)
    if (name is None) != has_selection:
        message = "no task given" if name is None else "NAME cannot be combined with --only or --exclude"
        raise UsageError(
            message, help="pass one task name, or select several tasks: jobspec history --only 'train-*'"
        )
