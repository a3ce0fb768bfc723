"""The later rounds of an apply that waits: which changes of a new plan they carry out. Pure.

They only submit, and only as a consequence of the end of a run that was waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason
from jobspec.reconcile.protocol.outcome import (
    Outcome,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


# A run that jobspec has stopped since, or whose record is gone, was stopped or deleted on purpose, by another
# apply or `jobspec destroy`. Only the next apply may decide otherwise.
_FOLLOWING = frozenset({Reason.RETRY, Reason.CANCELLED_OUTSIDE})
_LEFT_RUNNING = frozenset({Reason.WAITS_FOR_COMPLETION, Reason.MANUAL})

_MAY_BE_CREATED = frozenset({Status.DONE, Status.UNKNOWN})


class Round(Struct, frozen=True):
    """The part of a plan that is carried out now, and the changes left to the next apply."""

    plan: Plan
    left: tuple[Change, ...] = ()


def left_running(plan: Plan) -> frozenset[str]:
    """Return the runs of another spec that a plan leaves running; their tasks are submitted once they end."""
    return frozenset(
        run.id for change in plan.changes if change.reason in _LEFT_RUNNING for run in change.runs
    )


def next_round(
    plan: Plan, outcomes: Sequence[Outcome], tasks: Collection[str], awaited: frozenset[str] = frozenset()
) -> Round:
    """Return what a later round carries out of its plan.

    `outcomes` are those of all earlier rounds, `tasks` the tasks being waited for, and `awaited` the runs
    that the first plan left running.
    """
    open_tasks = set(tasks) - given_up(outcomes)
    sent = {step.marks.run for ended in outcomes for step in ended.change.submits}
    held_back = {change.task for change in plan.pending if not _is_beside(change)}
    doing = tuple(
        change
        for change in plan.changes
        if change.task in open_tasks
        and (twins.is_held(change) or (_follows(change, sent, awaited) and change.task not in held_back))
    )
    reported = {_key(ended.change) for ended in outcomes if ended.status is not Status.DONE}
    left = tuple(change for change in plan.pending if change not in doing and _key(change) not in reported)
    return Round(replace(plan, changes=doing), left)


def given_up(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Return the tasks whose submit did not succeed: each is reported once and not retried."""
    return frozenset(
        ended.change.task
        for ended in outcomes
        if ended.status is not Status.DONE and (ended.change.submits or twins.is_held(ended.change))
    )


def together(outcomes: Iterable[Outcome], plan: Plan) -> Plan:
    """Return the plan including what earlier rounds carried out, for limits that apply to the whole command.

    A refused or skipped change created no run and is left out.
    """
    created = (ended.change for ended in outcomes if ended.result.run or ended.status in _MAY_BE_CREATED)
    return replace(plan, changes=(*created, *plan.changes))


def _is_beside(change: Change) -> bool:
    """Return whether a submit of the task may be carried out without this change."""
    return change.action is Action.SUBMIT or change.reason is Reason.HISTORY


def _follows(change: Change, sent: Collection[str], awaited: frozenset[str]) -> bool:
    """Return whether the submit is a consequence of what the earlier rounds showed.

    A submit of another spec may only follow the end of the very run that was left running for it: a newer run
    of yet another spec is the work of another apply, perhaps of a newer commit.
    """
    if change.action is not Action.SUBMIT or any(step.marks.run in sent for step in change.submits):
        return False
    is_after_awaited = change.reason is Reason.SPEC_CHANGED and {run.id for run in change.runs} <= awaited
    return change.reason in _FOLLOWING or is_after_awaited


def _key(change: Change) -> tuple[str, Action, Reason]:
    return change.task, change.action, change.reason
