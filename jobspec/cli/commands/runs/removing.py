"""`jobspec cancel` and `jobspec destroy`: stopping runs because a person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit, of_apply
from jobspec.cli.parameters import TEXT
from jobspec.reconcile.planning.plan import Action, Reason
from jobspec.report.text import count

if TYPE_CHECKING:
    from jobspec.reconcile.planning.selection import Selection
    from jobspec.workflow.planning.applying import Applier
    from jobspec.workflow.planning.planning import Planned
    from jobspec.workflow.project.workspace import Target


@click.command()
@click.argument("names", nargs=-1, required=True, type=TEXT, metavar="NAME...")
@options.of_project
@options.YES
@options.OUTPUT
def cancel(*, names: tuple[str, ...], target: Target, yes: bool, output: str) -> int:
    """Stop the active runs of tasks.

    Shows what is stopped and asks once. Apply submits a task again only with `restartPolicy: Always`, or with
    another `lifecycle.rerun`. While one of the tasks is protected none is stopped: lift the protection in its
    manifest first.

    \b
    Examples:
      jobspec cancel train
      jobspec cancel train eval --yes
    """
    from jobspec.cli.applying.carrying_out import Wishes, carry_out, prepared
    from jobspec.workflow.planning.planning import make_cancel

    applier = _applier(target)
    with prepared(applier) as turn:
        planned = make_cancel(applier.workspace, dict.fromkeys(names))
        _tell_finished(planned)
        _tell_restarting(applier, planned)
        return of_apply(carry_out(applier, turn, planned, Wishes("cancel", yes=yes, output=output)))


@click.command()
@options.of_paths
@options.of_selection
@options.YES
@options.OUTPUT
def destroy(*, target: Target, selection: Selection, yes: bool, output: str) -> int:
    """Stop every run of the scope and delete its records.

    PATHS are in or below a project; the current folder by default. Of a part of a project, and with --only
    and --exclude, only the runs of the selected tasks. What has `onRemoval: Retain` is kept. Applied again
    afterwards, every task runs anew, also what had succeeded. While a protected task has an active
    run, nothing is destroyed: lift the protection in its manifest first. Once it has finished, protection
    does not keep its records.

    \b
    Examples:
      jobspec destroy -e dev
      jobspec destroy --only 'trial-*'
      jobspec destroy --scope vision/gone
    """
    from jobspec.cli.applying.carrying_out import Wishes, carry_out, prepared
    from jobspec.workflow.planning.planning import make_teardown

    applier = _applier(target)
    with prepared(applier) as turn:
        planned = make_teardown(applier.workspace, selection)
        _tell_kept(planned)
        if planned.plan.is_empty and not planned.guards and output == "text":
            terminal.result(f"{planned.plan.scope}: nothing to destroy")
            return Exit.DONE
        return of_apply(carry_out(applier, turn, planned, Wishes("destroy", yes=yes, output=output)))


def _tell_kept(planned: Planned) -> None:
    kept = sum(change.reason is Reason.RETAINED for change in planned.plan.changes)
    if kept:
        terminal.talk(f"kept, because their runs carry `onRemoval: Retain`: {count(kept, 'task')}")


def _tell_finished(planned: Planned) -> None:
    for change in planned.plan.changes:
        if change.action is Action.NONE:
            terminal.talk(f"`{change.task}` has no active run, so there is nothing to cancel")


def _tell_restarting(applier: Applier, planned: Planned) -> None:
    stopped = {change.task for change in planned.plan.pending}
    for task in applier.workspace.loaded.tasks:
        if task.name in stopped and task.lifecycle.restart_policy == "Always" and not task.lifecycle.suspend:
            terminal.talk(
                f"note: `{task.name}` has `restartPolicy: Always`: the next apply submits it again, "
                "up to its `backoffLimit`; to keep it stopped: `lifecycle.suspend: true`"
            )


def _applier(target: Target) -> Applier:
    from jobspec.workflow.planning.applying import Applier
    from jobspec.workflow.project.workspace import open_scope

    return Applier(open_scope(target, options.surroundings()))
