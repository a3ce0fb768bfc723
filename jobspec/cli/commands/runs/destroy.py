"""`jobspec destroy`: stops all runs of a scope and deletes their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.cli.exits import Exit, of_apply
from jobspec.reconcile.planning.plan import Reason
from jobspec.report.text import count
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import Planned, make_teardown
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_scope

if TYPE_CHECKING:
    from jobspec.reconcile.planning.selection import Selection


@click.command()
@options.of_paths
@options.of_selection
@options.YES
@options.OUTPUT
def destroy(*, target: Target, selection: Selection, yes: bool, output: str) -> int:
    """Stop all runs of the scope and delete their records.

    PATHS are files or folders of a project; the current folder by default. A path inside a project, --only
    and --exclude limit the command to the selected tasks. Runs with `onRemoval: Retain` are kept. The next
    apply submits every task again, including those that had succeeded. While a protected task has an active
    run, nothing is destroyed: remove the protection in its manifest first. Protection does not keep the
    records of finished runs.

    \b
    Examples:
      jobspec destroy -e dev
      jobspec destroy --only 'trial-*'
      jobspec destroy --scope vision/gone
    """
    applier = _applier(target)
    with prepared(applier) as turn:
        planned = make_teardown(applier.workspace, selection)
        _print_kept(planned)
        if planned.plan.is_empty and not planned.guards and output == "text":
            terminal.result(f"{planned.plan.scope}: nothing to destroy")
            return Exit.DONE
        return of_apply(carry_out(applier, turn, planned, ApplyOptions("destroy", yes=yes, output=output)))


def _print_kept(planned: Planned) -> None:
    kept = sum(change.reason is Reason.RETAINED for change in planned.plan.changes)
    if kept:
        terminal.message(f"kept {count(kept, 'task')} with `onRemoval: Retain`")


def _applier(target: Target) -> Applier:
    return Applier(open_scope(target, options.surroundings()))
