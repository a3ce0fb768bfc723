"""`jobspec drift`: whether the live tasks match the manifests."""

from __future__ import annotations

import click

from jobspec.cli import options
from jobspec.cli.commands.project.plan import FORMATS, exit_code, for_output, write
from jobspec.cli.exits import Exit
from jobspec.cli.messages import print_warnings, warn_unnamed_environment
from jobspec.cli.parameters import Format
from jobspec.workflow.planning.planning import PlanOptions, make_plan
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_workspace


@click.command()
@options.of_paths
@options.of_plan
@click.option(
    "-o",
    "--output",
    type=Format(FORMATS),
    default="text",
    show_default=True,
    help="Output format.",
)
def drift(
    *,
    target: Target,
    wanted: PlanOptions,
    output: str,
) -> int:
    """Exit 2 when the live tasks differ from the manifests.

    Shows the plan and changes nothing. Besides the changes that apply would make, drift reports problems
    that need manual action: runs that were stopped by hand, failures without retries left, and blocked
    tasks. Exits 0 when there is no drift.

    \b
    Examples:
      jobspec drift
      jobspec drift -e prod -o markdown > drift.md
    """
    workspace = open_workspace(target, options.surroundings())
    print_warnings(workspace)
    planned = make_plan(workspace, for_output(wanted, output))
    warn_unnamed_environment(workspace, planned)
    write(planned.view, output)
    has_drifted = any(change.needs_attention for change in planned.plan.changes)
    return exit_code(planned, detailed=True) or (Exit.CHANGES if has_drifted else Exit.DONE)
