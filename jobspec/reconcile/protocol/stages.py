"""The stages in which a whole plan is carried out, with the protocols that go on at once in each. No I/O.

`apply/run.py` drives the protocols of a stage on threads; the simulation interleaves them at every call.
"""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import Action, Change, Reason, Submit
from jobspec.reconcile.protocol.calls import Protocol
from jobspec.reconcile.protocol.converge import confirm, converge
from jobspec.reconcile.protocol.outcome import Outcome, Result, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.reconcile.planning.plan import Plan
    from jobspec.reconcile.protocol.submit import Assumptions


@dataclass(frozen=True, slots=True)
class Started:
    """The first step of a change is about to be walked."""

    change: Change


@dataclass(frozen=True, slots=True)
class Submitted:
    """A run was created; the look for a duplicate is still to come."""

    change: Change
    run: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a change."""

    outcome: Outcome


Event = Started | Submitted | Ended
Report = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Walk:
    """What is left to do for one task, as a protocol that reports what happens."""

    task: str
    protocol: Protocol[None]


@dataclass(frozen=True, slots=True)
class Together:
    """Walks that may go on at once; the next stage begins when all have ended."""

    walks: tuple[Walk, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds to let pass; an interrupt ends it."""

    seconds: float


def stages(plan: Plan, assumptions: Assumptions, report: Report) -> Iterator[Together | Pause]:
    """Yield the stages of a plan, and report each change once: done, failed, unknown or skipped.

    A change that a twin holds is skipped. After the last submit, and once `listLag` has passed, each
    submitted task is looked at once more for a duplicate. `report` is called from wherever a walk goes on.
    """
    submitted: list[Outcome] = []

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
    yield Together(tuple(Walk(one.change.task, _confirmed(one, report)) for one in submitted))


def _confirmed(outcome: Outcome, report: Report) -> Protocol[None]:
    """Look for a duplicate; a bug of ours there does not lose that the run was submitted."""
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
    """The changes of each task in their order, but a rename first: the others assume it. Tidying is last."""
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in sorted(changes, key=_rank):
        groups[change.task].append(change)
    return list(groups.values())


def _rank(change: Change) -> int:
    return (change.reason is Reason.HISTORY) - (change.action is Action.RENAME)


def _walked(change: Change, scope: str, assumptions: Assumptions) -> Protocol[Outcome]:
    """The outcome of a change; a bug in jobspec gives an unknown outcome."""
    try:
        return (yield from converge(change, scope, assumptions))
    except Exception as error:  # the other changes go on, and are reported
        return Outcome(change, _bug(error), 0)


def _bug(error: Exception) -> Result:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = f"a bug in jobspec: {type(error).__name__} at {frame.filename}:{frame.lineno}"
    return Result(Status.UNKNOWN, message, code="JS900", help="run apply again, and report this bug")


def _after(failed: Outcome) -> Result:
    message = f"the {failed.change.action} before it was {failed.status}"
    return Result(Status.SKIPPED, message, help="run apply again")
