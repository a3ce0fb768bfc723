"""What is kept of an outcome while a command waits, perhaps for days and for thousands of runs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile.guards.limits import counted
from jobspec.reconcile.planning.plan import Submit

if TYPE_CHECKING:
    from jobspec.reconcile.planning.plan import Step
    from jobspec.reconcile.protocol.outcome import Outcome


def recorded(outcome: Outcome) -> Outcome:
    """Return the outcome with what later plans, their limits and the report need of its change."""
    steps = tuple(map(_recorded, outcome.change.steps))
    return replace(outcome, change=replace(outcome.change, steps=steps, differences=()))


def _recorded(step: Step) -> Step:
    return replace(step, payload=counted(step.payload), seen=()) if isinstance(step, Submit) else step
