"""`jobspec adopt`: makes a live task a run of a declared one."""

from __future__ import annotations

import click

from jobspec.cli import options
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.exits import of_request
from jobspec.cli.messages import print_warnings
from jobspec.cli.parameters import TEXT, OneOf
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.ownership import make_adoption
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_workspace


@click.command()
@click.argument("run_id", type=TEXT, metavar="ID")
@click.argument("name", type=TEXT)
@options.of_project
@options.YES
@click.option(
    "--force",
    "forced",
    multiple=True,
    type=OneOf("guard", ["differences"]),
    help="Adopt the task although its spec differs from the manifest; jobspec then treats it as up to date.",
)
@options.OUTPUT
def adopt(
    *,
    run_id: str,
    name: str,
    target: Target,
    yes: bool,
    forced: tuple[str, ...],
    output: str,
) -> int:
    """Adopt the live task ID as a run of the declared task NAME.

    Shows the differences from the manifest and prompts for confirmation. Changes only the name, description
    and tags, so the task keeps running. Values that the platform does not return, such as private variables,
    cannot be compared.

    \b
    Examples:
      jobspec adopt t-20260101000000-abcde resnet50
      jobspec adopt t-20260101000000-abcde resnet50 -e prod --force differences
    """
    workspace = open_workspace(target, options.surroundings())
    print_warnings(workspace)
    wishes = ApplyOptions("adopt", yes=yes, forced=forced, output=output)
    with prepared(Applier(workspace)) as turn:
        planned = make_adoption(workspace, run_id, name)
        return of_request(carry_out(Applier(workspace), turn, planned, wishes))
