"""`jobspec adopt` and `jobspec release`: which runs are ours. Nothing is stopped by either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import of_request
from jobspec.cli.parameters import TEXT

if TYPE_CHECKING:
    from jobspec.workflow.project.workspace import Target


@click.command()
@click.argument("run_id", type=TEXT, metavar="ID")
@click.argument("name", type=TEXT)
@options.of_project
@options.YES
@click.option(
    "--force",
    "forced",
    multiple=True,
    type=click.Choice(["differences"]),
    help="Adopt it although it differs from the manifest; it then counts as what the manifest says.",
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
    """Make the live task ID a run of the declared task NAME.

    Shows how it differs from the manifest and asks. Only its name, description and tags are written: it goes
    on running. What the platform does not echo, such as private variables, cannot be compared.

    \b
    Examples:
      jobspec adopt t-20260101000000-abcde resnet50
      jobspec adopt t-20260101000000-abcde resnet50 -e prod --force differences
    """
    from jobspec.cli.applying.carrying_out import Wishes, carry_out, prepared
    from jobspec.cli.commands.project.plan import tell_warnings
    from jobspec.workflow.planning.applying import Applier
    from jobspec.workflow.planning.ownership import make_adoption
    from jobspec.workflow.project.workspace import open_workspace

    workspace = open_workspace(target, options.surroundings())
    tell_warnings(workspace)
    wishes = Wishes("adopt", yes=yes, forced=forced, output=output)
    with prepared(Applier(workspace)) as turn:
        planned = make_adoption(workspace, run_id, name)
        return of_request(carry_out(Applier(workspace), turn, planned, wishes))


@click.command()
@click.argument("name", type=TEXT)
@options.of_project
@options.YES
@options.OUTPUT
def release(*, name: str, target: Target, yes: bool, output: str) -> int:
    """Stop managing the task NAME; its runs go on.

    Takes jobspec's tags from all of them and stops nothing. Remove its manifest as well: while one declares
    the task, apply takes it for a new one.

    \b
    Examples:
      jobspec release resnet50
    """
    from jobspec.cli.applying.carrying_out import Wishes, carry_out, prepared
    from jobspec.workflow.planning.applying import Applier
    from jobspec.workflow.planning.ownership import make_release
    from jobspec.workflow.project.workspace import open_scope

    workspace = open_scope(target, options.surroundings())
    wishes = Wishes("release", yes=yes, output=output)
    with prepared(Applier(workspace)) as turn:
        code = of_request(carry_out(Applier(workspace), turn, make_release(workspace, name), wishes))
    places = [task.place for task in workspace.loaded.tasks if task.name == name]
    for place in places:
        terminal.talk(
            f"next: remove `{name}` from {place.file}: while it is declared, apply takes it for new"
        )
    return code
