"""The stages of a plan, each with the protocols that run concurrently in it. No I/O.

`apply/run.py` drives the protocols of a stage on threads; the simulation interleaves them at every call.
"""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason, Submit
from jobspec.reconcile.protocol.calls import Protocol
from jobspec.reconcile.protocol.converge import confirm, contested, converge, settled
from jobspec.reconcile.protocol.outcome import Outcome, Result, Status

if TYPE_CHECKING:
    from jobspec.reconcile.protocol.submit import Assumptions


class Started(Struct, frozen=True):
    """The first step of a change is about to start."""

    change: Change


class Submitted(Struct, frozen=True):
    """A run was created; the check for a duplicate follows."""

    change: Change
    run: str


class Ended(Struct, frozen=True):
    """The outcome of a change."""

    outcome: Outcome


_TASKS_A_PAGE = 99
"""New tasks on each page of a listing: pages of 100 overlap by one."""

Event = Started | Submitted | Ended
Report = Callable[[Event], None]


class Walk(Struct, frozen=True):
    """Work on one task, or on several if `task` is empty, as a protocol that reports its progress."""

    task: str
    protocol: Protocol[None]


class Together(Struct, frozen=True):
    """Walks that may run concurrently; the next stage begins when all have ended."""

    walks: tuple[Walk, ...]


class Pause(Struct, frozen=True):
    """Seconds to wait; an interrupt ends the wait."""

    seconds: float


def stages(plan: Plan, assumptions: Assumptions, report: Report) -> Iterator[Together | Pause]:
    """Yield the stages of a plan, and report each change once: done, failed, unknown or skipped.

    A change that a twin blocks is skipped. After the last submit, and once `listLag` has passed, each
    submitted task is checked for a duplicate: by itself, or, where that takes fewer requests, by one listing
    of the scope, after which only the doubtful ones are checked by themselves. `report` is called from the
    thread that drives the walk.
    """
    submitted: list[Outcome] = []
    doubtful: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        if _has_new_run(outcome):
            submitted.append(outcome)
            report(Submitted(outcome.change, outcome.result.run))
        else:
            report(Ended(outcome))

    def one_task(changes: list[Change]) -> Protocol[None]:
        failed: Outcome | None = None
        for change in changes:
            if failed is None:
                report(Started(change))
                outcome = yield from _walked(change, plan.scope, assumptions)
                failed = None if outcome.status is Status.DONE else outcome
            else:
                outcome = Outcome(change, _after(failed), 0)
            note(outcome)

    for change in filter(twins.is_held, plan.changes):
        report(Ended(Outcome(change, twins.held_result(change, plan.scope), 0)))
    groups = _by_task(plan.pending)
    yield Together(tuple(Walk(changes[0].task, one_task(changes)) for changes in groups))
    if submitted:
        yield Pause(assumptions.list_lag)
    if _is_worth_a_listing(submitted, plan):
        yield Together((Walk("", _settle_undoubted(submitted, report, doubtful)),))
    else:
        doubtful = submitted
    yield Together(tuple(Walk(one.change.task, _confirmed(one, report)) for one in doubtful))


def _is_worth_a_listing(submitted: list[Outcome], plan: Plan) -> bool:
    """Return whether one listing of the scope takes fewer requests than one look per submit."""
    return len(submitted) > 1 and plan.managed < _TASKS_A_PAGE * len(submitted)


def _settle_undoubted(submitted: list[Outcome], report: Report, doubtful: list[Outcome]) -> Protocol[None]:
    """Settle each submit beside which the scope holds no other active run; collect the doubtful ones."""
    try:
        found = yield from contested(submitted)
    except Exception:  # not listed, interrupted, or a bug of ours: each is checked by itself, and reported
        found = submitted
    doubtful.extend(found)
    tasks = {one.change.task for one in doubtful}
    for outcome in submitted:
        if outcome.change.task not in tasks:
            yield from settled(outcome)
            report(Ended(outcome))


def _confirmed(outcome: Outcome, report: Report) -> Protocol[None]:
    """Check for a duplicate; if a bug of ours fails there, the submit is still reported."""
    try:
        outcome = yield from confirm(outcome)
    except Exception as error:  # the submit is done, and reported
        result = _bug(error)
        message = f"submitted, but the check for a duplicate failed: {result.detail}"
        outcome = replace(outcome, result=replace(result, detail=message, run=outcome.result.run))
    report(Ended(outcome))


def _has_new_run(outcome: Outcome) -> bool:
    has_submit = any(isinstance(step, Submit) for step in outcome.change.steps)
    return has_submit and outcome.status is Status.DONE and outcome.result.run != ""


def _by_task(changes: Iterable[Change]) -> list[list[Change]]:
    """Group the changes by task, in order, except that a rename comes first and history deletion last.

    The other changes of a task assume that its rename is done.
    """
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in sorted(changes, key=_rank):
        groups[change.task].append(change)
    return list(groups.values())


def _rank(change: Change) -> int:
    return (change.reason is Reason.HISTORY) - (change.action is Action.RENAME)


def _walked(change: Change, scope: str, assumptions: Assumptions) -> Protocol[Outcome]:
    """Return the outcome of a change; a bug in jobspec gives an unknown outcome."""
    try:
        return (yield from converge(change, scope, assumptions))
    except Exception as error:  # the other changes continue and are reported
        return Outcome(change, _bug(error), 0)


def _bug(error: Exception) -> Result:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = f"a bug in jobspec: {type(error).__name__} at {frame.filename}:{frame.lineno}"
    return Result(Status.UNKNOWN, message, code="JS900", help="run apply again, and report this bug")


def _after(failed: Outcome) -> Result:
    message = f"the {failed.change.action} before it was {failed.status}"
    return Result(Status.SKIPPED, message, help="run apply again")
