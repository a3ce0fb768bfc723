"""`jobspec cancel` and `jobspec destroy`: stopping runs because a person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit, of_apply
from jobspec.reconcile.plan import Reason
from jobspec.report.text import count

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.workflow.applying import Applier
    from jobspec.workflow.planning import Planned


@click.command()
@click.argument("name")
@options.of_project
@options.YES
@options.OUTPUT
def cancel(
    *, name: str, project: Path | None, environment: str | None, scope: str | None, yes: bool, output: str
) -> int:
    """Stop the active runs of one task.

    Apply submits it again only with `restartPolicy: Always`, or with another `lifecycle.rerun`. A protected
    task is not stopped: lift the protection in its manifest first.
    """
    from jobspec.cli.carrying_out import Wishes, carry_out, prepared
    from jobspec.workflow.planning import make_cancel

    applier = _applier(project, environment, scope)
    with prepared(applier) as turn:
        planned = make_cancel(applier.workspace, name)
        return of_apply(carry_out(applier, turn, planned, Wishes("cancel", yes=yes, output=output)))


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
    from jobspec.cli.carrying_out import Wishes, carry_out, prepared
    from jobspec.workflow.planning import make_teardown

    applier = _applier(project, environment, scope)
    with prepared(applier) as turn:
        planned = make_teardown(applier.workspace)
        _tell_kept(planned)
        if planned.plan.is_empty and not planned.guards and output == "text":
            terminal.result(f"{planned.plan.scope}: nothing to destroy")
            return Exit.DONE
        return of_apply(carry_out(applier, turn, planned, Wishes("destroy", yes=yes, output=output)))


def _tell_kept(planned: Planned) -> None:
    kept = sum(change.reason is Reason.RETAINED for change in planned.plan.changes)
    if kept:
        terminal.talk(f"kept, because their runs carry `onRemoval: Retain`: {count(kept, 'task')}")


def _applier(project: Path | None, environment: str | None, scope: str | None) -> Applier:
    from jobspec.workflow.applying import Applier
    from jobspec.workflow.workspace import open_scope

    paths = (project,) if project else ()
    return Applier(open_scope(options.target(paths, environment, scope), options.surroundings()))
