"""`jobspec cancel` and `jobspec destroy`: stopping runs because a person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit, of_apply

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.cli.carrying_out import Wishes
    from jobspec.workflow.planning import Planned
    from jobspec.workflow.workspace import Workspace


@click.command()
@click.argument("name")
@options.of_project
@options.YES
@options.OUTPUT
def cancel(
    *, name: str, project: Path | None, environment: str | None, scope: str | None, yes: bool, output: str
) -> int:
    """Stop the active runs of one task.

    Apply does not submit it again by itself: change `lifecycle.rerun` when it shall run once more.
    """
    from jobspec.cli.carrying_out import Wishes
    from jobspec.workflow.planning import make_cancel
    from jobspec.workflow.workspace import open_scope

    paths = (project,) if project else ()
    workspace = open_scope(options.target(paths, environment, scope), options.surroundings())
    return _carry_out(workspace, make_cancel(workspace, name), Wishes("cancel", yes=yes, output=output))


@click.command()
@options.of_project
@options.YES
@options.OUTPUT
def destroy(
    *, project: Path | None, environment: str | None, scope: str | None, yes: bool, output: str
) -> int:
    """Stop every run of the scope and delete its records.

    What has `onRemoval: Retain` is kept. Applied again afterwards, every task runs anew, also what had
    succeeded. A protected task refuses it: lift the protection in its manifest first.
    """
    from jobspec.cli.carrying_out import Wishes
    from jobspec.workflow.planning import make_teardown
    from jobspec.workflow.workspace import open_scope

    paths = (project,) if project else ()
    workspace = open_scope(options.target(paths, environment, scope), options.surroundings())
    planned = make_teardown(workspace)
    if planned.plan.is_empty and not planned.guards and output == "text":
        terminal.result(f"{planned.plan.scope}: nothing to destroy")
        return Exit.DONE
    return _carry_out(workspace, planned, Wishes("destroy", yes=yes, output=output))


def _carry_out(workspace: Workspace, planned: Planned, wishes: Wishes) -> int:
    from jobspec.apply.clock import InterruptibleClock
    from jobspec.cli.carrying_out import carry_out
    from jobspec.cli.interrupts import interruptible
    from jobspec.workflow.applying import Applier

    applier = Applier(workspace, InterruptibleClock())
    with interruptible(applier.clock):
        return of_apply(carry_out(applier, planned, wishes))
