"""Plans for what a person requests by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.declared import cancel_step, marks_of
from jobspec.reconcile.planning.plan import Action, BlockReason, Change, Plan, Reason, seen
from jobspec.reconcile.planning.removed import set_of
from jobspec.reconcile.runs import STOPPABLE, Run
from jobspec.reconcile.tags import Keep, Marks, StopReason

if TYPE_CHECKING:
    from jobspec.manifest.task import Scope


def cancel_plan(scope: Scope, name: str, runs: tuple[Run, ...]) -> Plan:
    """Return the plan that stops every active run of one task; it has no change if there is none."""
    live = tuple(run for run in runs if run.phase in STOPPABLE and isinstance(run.marks, Marks))
    change = Change(
        task=name,
        action=Action.CANCEL if live else Action.NONE,
        reason=Reason.REQUESTED,
        steps=tuple(cancel_step(run, StopReason.USER) for run in live),
        runs=seen(live),
        blocked=BlockReason.PROTECTED if any(marks_of(run).keep is Keep.PROTECT for run in live) else None,
        set=set_of(live),
    )
    return Plan(scope=str(scope), changes=(change,), managed=1)
