"""`jobspec release`: stops managing the runs of a task."""

from __future__ import annotations

import click

from jobspec.cli import options, terminal
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.exits import of_request
from jobspec.cli.parameters import TEXT
from jobspec.quoting import quote
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.ownership import make_release
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_scope_only


@click.command()
@click.argument("name", type=TEXT)
@options.of_project
@options.YES
@options.OUTPUT
def release(*, name: str, target: Target, yes: bool, output: str) -> int:
    """Stop managing the task NAME; its runs keep running.

    Removes jobspec's tags from all runs of the task and stops none of them. Remove its manifest as well;
    otherwise the next apply submits the task as a new one.

    \b
    Examples:
      jobspec release resnet50
    """
    workspace = open_scope_only(target, options.surroundings())
    wishes = ApplyOptions("release", yes=yes, output=output)
    with prepared(Applier(workspace)) as turn:
        code = of_request(carry_out(Applier(workspace), turn, make_release(workspace, name), wishes))
    for place in [task.place for task in workspace.declared([name])]:
        terminal.message(
            f"next: remove {quote(name)} from {place.file}; otherwise the next apply submits it as a new task"
        )
    return code
