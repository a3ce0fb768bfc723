"""`jobspec drift`: whether the live tasks are as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.commands.project.plan import FORMATS, exit_code, write
from jobspec.cli.exits import Exit
from jobspec.cli.messages import tell_unnamed_environment, tell_warnings
from jobspec.cli.parameters import Format
from jobspec.workflow.planning.planning import make_plan
from jobspec.workflow.project.workspace import open_workspace

if TYPE_CHECKING:
    from jobspec.workflow.planning.planning import PlanOptions
    from jobspec.workflow.project.workspace import Target


@click.command()
@options.of_paths
@options.of_plan
@click.option(
    "-o",
    "--output",
    type=Format(FORMATS),
    default="text",
    show_default=True,
    help="Format of the result on stdout.",
)
def drift(
    *,
    target: Target,
    wanted: PlanOptions,
    output: str,
) -> int:
    """Exit 2 when the live tasks are not as declared.

    Shows the plan, and writes nothing. Besides what apply would change, it finds what only a person can mend:
    a run that somebody stopped, one that failed for good, a task that is blocked. Exits 0 when there is none.

    \b
    Examples:
      jobspec drift
      jobspec drift -e prod -o markdown > drift.md
    """
    workspace = open_workspace(target, options.surroundings())
    tell_warnings(workspace)
    planned = make_plan(workspace, wanted)
    tell_unnamed_environment(workspace, planned)
    write(planned.view, output)
    has_drifted = any(change.needs_attention for change in planned.plan.changes)
    return exit_code(planned, detailed=True) or (Exit.CHANGES if has_drifted else Exit.DONE)
