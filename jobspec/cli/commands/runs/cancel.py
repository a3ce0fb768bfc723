"""`jobspec cancel`: stops the runs of tasks on request."""

from __future__ import annotations

import click

from jobspec.cli import options, terminal
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.exits import of_apply
from jobspec.cli.parameters import TEXT
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.reconcile.planning.plan import Action
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import Planned, make_cancel
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_scope_for


@click.command()
@click.argument("names", nargs=-1, required=True, type=TEXT, metavar="NAME...")
@options.of_project
@options.YES
@options.OUTPUT
def cancel(*, names: tuple[str, ...], target: Target, yes: bool, output: str) -> int:
    """Stop the active runs of tasks.

    Shows the runs and prompts for confirmation. Apply submits a cancelled task again only with
    `restartPolicy: Always`, or when its spec or `lifecycle.rerun` has changed. If one of the tasks is
    protected, no run is stopped: remove the protection in its manifest first. `set/NAME` is every task of a
    set.

    \b
    Examples:
      jobspec cancel train
      jobspec cancel train eval --yes
      jobspec cancel set/sweep
    """
    applier = _applier(names, target)
    with prepared(applier) as turn:
        planned = make_cancel(applier.workspace, dict.fromkeys(names))
        _print_finished(planned)
        _print_restarting(applier, planned)
        _print_unstarted(names)
        return of_apply(carry_out(applier, turn, planned, ApplyOptions("cancel", yes=yes, output=output)))


def _print_finished(planned: Planned) -> None:
    for change in planned.plan.changes:
        if change.action is Action.NONE:
            terminal.message(f"{quote(change.task)} has no active run to cancel")


def _print_unstarted(names: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(SET_PREFIX):
            terminal.message(
                f"note: the next apply submits the tasks of {quote(name)} that have no run yet; to prevent "
                "that, set `lifecycle.suspend: true` in its template"
            )


def _print_restarting(applier: Applier, planned: Planned) -> None:
    stopped = {change.task for change in planned.plan.pending}
    for task in applier.workspace.declared(stopped):
        if task.lifecycle.restart_policy == "Always" and not task.lifecycle.suspend:
            terminal.message(
                f"note: {quote(task.name)} has `restartPolicy: Always`: the next apply submits it again, "
                "up to its `backoffLimit`; to keep it stopped: `lifecycle.suspend: true`"
            )


def _applier(names: tuple[str, ...], target: Target) -> Applier:
    return Applier(open_scope_for(names, target, options.surroundings()))
