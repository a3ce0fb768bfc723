"""`jobspec apply`: shows the plan, asks, carries it out, and says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.exits import of_apply

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@options.of_paths
@options.YES
@click.option(
    "--wait", is_flag=True, help="Wait until every run has finished; exit 1 when one did not succeed."
)
@click.option(
    "--force", "forced", multiple=True, type=click.Choice(["limits"]), help="Override one guard, by its name."
)
@click.option("--allow-twin", is_flag=True, help="Submit beside an unmanaged task of the same name.")
@options.OUTPUT
def apply(
    *,
    paths: tuple[Path, ...],
    environment: str | None,
    scope: str | None,
    yes: bool,
    wait: bool,
    forced: tuple[str, ...],
    allow_twin: bool,
    output: str,
) -> int:
    """Make the live tasks agree with the manifests.

    PATHS are in or below a project; the current folder by default. A part of a project selects its tasks.
    Shows the plan and asks first. Done again, it does nothing; interrupted, it continues when done again.

    \b
    Examples:
      jobspec apply
      jobspec apply --yes --wait
      jobspec apply -e prod --force limits
    """
    from jobspec.cli.carrying_out import Wishes, carry_out, prepared
    from jobspec.cli.planning import tell_warnings
    from jobspec.workflow.applying import Applier
    from jobspec.workflow.planning import make_plan
    from jobspec.workflow.workspace import open_workspace

    workspace = open_workspace(options.target(paths, environment, scope), options.surroundings())
    tell_warnings(workspace)
    applier = Applier(workspace, allow_twin=allow_twin)
    wishes = Wishes("apply", yes=yes, wait=wait, forced=forced, output=output)
    with prepared(applier) as turn:
        return of_apply(carry_out(applier, turn, make_plan(workspace), wishes))
