"""The later rounds of an apply that waits: what of a new plan they carry out, and what they leave. Pure.

They only submit, and only what follows from the end of a run that was waited for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobspec.reconcile import twins
from jobspec.reconcile.outcome import Status
from jobspec.reconcile.plan import Action, Change, Plan, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from jobspec.reconcile.outcome import Outcome

# A run that jobspec itself has stopped since, or whose record is gone, was stopped or deleted on purpose, by
# another apply or `jobspec destroy`. Only the next apply may decide otherwise.
_FOLLOWING = frozenset({Reason.RETRY, Reason.CANCELLED_OUTSIDE, Reason.SPEC_CHANGED})

_MAY_HAVE_COME = frozenset({Status.DONE, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Round:
    """What of a plan is carried out now, and the changes that are left to the next apply."""

    plan: Plan
    left: tuple[Change, ...] = ()


def next_round(plan: Plan, outcomes: Sequence[Outcome], tasks: Collection[str]) -> Round:
    """Return what a later round does of its plan.

    `outcomes` are those of all rounds before, `tasks` those that are waited for.
    """
    open_tasks = set(tasks) - given_up(outcomes)
    sent = {step.marks.run for ended in outcomes for step in ended.change.submits}
    held_back = {change.task for change in plan.pending if not _is_beside(change)}
    doing = tuple(
        change
        for change in plan.changes
        if change.task in open_tasks
        and (twins.is_held(change) or (_follows(change, sent) and change.task not in held_back))
    )
    told = {_key(ended.change) for ended in outcomes if ended.status is not Status.DONE}
    left = tuple(change for change in plan.pending if change not in doing and _key(change) not in told)
    return Round(replace(plan, changes=doing), left)


def given_up(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Return the tasks of which a submit did not come about: each is reported once, and not tried again."""
    return frozenset(
        ended.change.task
        for ended in outcomes
        if ended.status is not Status.DONE and (ended.change.submits or twins.is_held(ended.change))
    )


def together(outcomes: Iterable[Outcome], plan: Plan) -> Plan:
    """Return the plan with what earlier rounds carried out: what limits of the whole command are judged by.

    Of a change that was refused or skipped, no run came.
    """
    came = (ended.change for ended in outcomes if ended.result.run or ended.status in _MAY_HAVE_COME)
    return replace(plan, changes=(*came, *plan.changes))


def _is_beside(change: Change) -> bool:
    """Whether a submit of the task may be carried out without this change."""
    return change.action is Action.SUBMIT or change.reason is Reason.HISTORY


def _follows(change: Change, sent: Collection[str]) -> bool:
    is_new = all(step.marks.run not in sent for step in change.submits)
    return change.action is Action.SUBMIT and change.reason in _FOLLOWING and is_new


def _key(change: Change) -> tuple[str, Action, Reason]:
    return change.task, change.action, change.reason
