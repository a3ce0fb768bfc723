"""`jobspec history`: the runs of a task, and what changed between them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("name")
@options.of_project
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the N newest runs.")
@options.OUTPUT
def history(
    *,
    name: str,
    project: Path | None,
    environment: str | None,
    scope: str | None,
    limit: int | None,
    output: str,
) -> int:
    """Show all runs of a task, the newest first.

    For each: when it ran, how it ended, who stopped it, and in which fields its spec differs from that of
    the run before. It is read from the platform alone, so a run whose record was deleted is not in it.

    \b
    Examples:
      jobspec history train
      jobspec history train --limit 3 -o json
    """
    from jobspec.report import history_text
    from jobspec.workflow.history import read_history
    from jobspec.workflow.workspace import open_scope

    paths = (project,) if project else ()
    workspace = open_scope(options.target(paths, environment, scope), options.surroundings())
    view = read_history(workspace, name, limit)
    if output == "json":
        terminal.result(view.model_dump_json(by_alias=True, indent=2))
    else:
        terminal.result(history_text.render(view, now=datetime.now(UTC), colour=terminal.colour_out()))
    return Exit.DONE
