"""The later rounds of an apply that waits: which changes of a new plan they carry out. Pure.

They only submit, and only as a consequence of the end of a run that was waited for. The exception is
`onMaxFailed: Cancel`: the manifest that was approved requests these stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.values import SET_PREFIX
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import HELD, Action, Cancel, Change, Plan, Reason
from jobspec.reconcile.protocol.outcome import (
    Outcome,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from jobspec.manifest.task import Task


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


class Approved(Struct, frozen=True):
    """The tasks that had to wait in the first plan, and their submits by run id: approved with that plan.

    A run id is the same only while the task has the same spec and the same runs.
    """

    tasks: frozenset[str] = frozenset()
    run_ids: frozenset[str] = frozenset()

    def covers(self, plan: Plan) -> bool:
        """Return whether a plan makes only submits that were shown as waiting."""
        made = [[step.marks.run for step in change.submits] for change in plan.changes]
        return all(run_ids and self.run_ids.issuperset(run_ids) for run_ids in made)


NOTHING = Approved()


def approved(plan: Plan) -> Approved:
    """Return the submits that a plan showed as waiting."""
    waiting = [change for change in plan.changes if change.later]
    run_ids = (step.marks.run for change in waiting for step in change.later)
    return Approved(frozenset(change.task for change in waiting), frozenset(run_ids))


def held(plan: Plan) -> tuple[Change, ...]:
    """Return the changes of tasks that cannot start yet, or not without a person."""
    return tuple(change for change in plan.changes if change.reason in HELD)


def not_selected(change: Change, tasks: Mapping[str, Task], plan: Plan) -> tuple[str, ...]:
    """Return what a task waits for that the plan does not cover, as written in its `dependsOn`."""
    if change.reason is not Reason.WAITING or change.task not in tasks:
        return ()
    covered = {one.task for one in plan.changes} | {f"{SET_PREFIX}{one.set}" for one in plan.changes}
    needed = (one.task for one in tasks[change.task].lifecycle.depends_on)
    return tuple(one for one in needed if one not in covered and f" {one} (" in change.detail)


def next_round(
    plan: Plan,
    outcomes: Sequence[Outcome],
    tasks: Collection[str],
    awaited: frozenset[str] = frozenset(),
    *,
    waiting: Approved = NOTHING,
) -> Round:
    """Return what a later round carries out of its plan.

    `outcomes` are those of all earlier rounds, `tasks` the tasks being waited for, and `awaited` the runs
    that the first plan left running. `waiting` are the submits that had to wait then.
    """
    open_tasks = {*tasks, *waiting.tasks} - given_up(outcomes)
    sent = {step.marks.run for ended in outcomes for step in ended.change.submits}
    stopped = {
        step.run for ended in outcomes for step in ended.change.steps if isinstance(step, Cancel)
    }  # a stop is not tried twice
    held_back = {change.task for change in plan.pending if not _is_beside(change)}
    doing = tuple(
        change
        for change in plan.changes
        if _is_stop_of_set(change, stopped)
        or (
            change.task in open_tasks
            and (
                twins.is_held(change)
                or (_follows(change, sent, awaited, waiting) and change.task not in held_back)
            )
        )
    )
    reported = {_key(ended.change) for ended in outcomes if ended.status is not Status.DONE}
    left = tuple(change for change in plan.pending if change not in doing and _key(change) not in reported)
    return Round(replace(plan, changes=doing), left)


def given_up(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Return the tasks whose submit did not succeed: each is reported once and not retried.

    A set that was full is the exception: its members wait for the next free slot.
    """
    return frozenset(
        ended.change.task
        for ended in outcomes
        if ended.status is not Status.DONE
        and not ended.result.is_full
        and (ended.change.submits or twins.is_held(ended.change))
    )


def together(outcomes: Iterable[Outcome], plan: Plan) -> Plan:
    """Return the plan including what earlier rounds carried out, for limits that apply to the whole command.

    A refused or skipped change created no run and is left out.
    """
    created = (ended.change for ended in outcomes if ended.result.run or ended.status in _MAY_BE_CREATED)
    return replace(plan, changes=(*created, *plan.changes))


def _is_stop_of_set(change: Change, stopped: Collection[str]) -> bool:
    """Return whether the change stops members of a set with `onMaxFailed: Cancel`."""
    is_asked_for = change.reason is Reason.MAX_FAILED and change.blocked is None
    return is_asked_for and not any(run.id in stopped for run in change.stops)


def _is_beside(change: Change) -> bool:
    """Return whether a submit of the task may be carried out without this change."""
    return change.action is Action.SUBMIT or change.reason is Reason.HISTORY


def _follows(change: Change, sent: Collection[str], awaited: frozenset[str], waiting: Approved) -> bool:
    """Return whether the submit is a consequence of what the earlier rounds showed.

    A submit of another spec may only follow the end of the very run that was left running for it: a newer run
    of yet another spec is the work of another apply, perhaps of a newer commit. A task that had to wait is
    submitted only if nothing has happened to it since.
    """
    if change.action is not Action.SUBMIT or any(step.marks.run in sent for step in change.submits):
        return False
    if any(step.marks.run in waiting.run_ids for step in change.submits):
        return True
    is_after_awaited = change.reason is Reason.SPEC_CHANGED and {run.id for run in change.runs} <= awaited
    return change.reason in _FOLLOWING or is_after_awaited


def _key(change: Change) -> tuple[str, Action, Reason]:
    return change.task, change.action, change.reason
