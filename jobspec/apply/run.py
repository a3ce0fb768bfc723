"""Applying a plan: the protocols of many tasks at once, each task's changes in order.

Yields what happens as it happens; each change ends once, as done, failed, unknown or skipped.
"""

from __future__ import annotations

import traceback
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import (
    Action,
    Change,
    Plan,
    Reason,
    Submit,
)
from jobspec.reconcile.protocol.converge import confirm, converge
from jobspec.reconcile.protocol.outcome import Outcome, Result, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jobspec.apply.driver import Driver
    from jobspec.reconcile.protocol.submit import Assumptions

PARALLEL = 8


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


def apply(plan: Plan, driver: Driver, assumptions: Assumptions) -> Iterator[Event]:
    """Carry out every change of a plan and yield what happens; what a twin holds is skipped.

    Nothing is raised for what the platform answers: that is an outcome. After the last submit, and once
    `listLag` has passed, each submitted task is looked at once more for a duplicate. Whoever stops reading
    before the end interrupts what is left.
    """
    pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="jobspec-apply")
    try:
        yield from _held(plan)
        yield from _carried_out(pool, plan, driver, assumptions)
    except BaseException:
        driver.clock.interrupt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _held(plan: Plan) -> Iterator[Event]:
    for change in plan.changes:
        if twins.is_held(change):
            yield Ended(Outcome(change, twins.held_result(change, plan.scope), 0))


def _carried_out(
    pool: ThreadPoolExecutor, plan: Plan, driver: Driver, assumptions: Assumptions
) -> Iterator[Event]:
    submitted: list[Outcome] = []
    for event in _each_task(pool, plan, driver, assumptions):
        if isinstance(event, Ended) and _has_new_run(event.outcome):
            submitted.append(event.outcome)
            yield Submitted(event.outcome.change, event.outcome.result.run)
        else:
            yield event
    if submitted:
        driver.clock.sleep(assumptions.list_lag)
    confirmed = [pool.submit(_confirmed, driver, outcome) for outcome in submitted]
    for future in as_completed(confirmed):
        yield Ended(future.result())


def _confirmed(driver: Driver, outcome: Outcome) -> Outcome:
    """The outcome after the look for a duplicate; a bug of ours there does not lose that it was submitted."""
    try:
        return driver.run(confirm(outcome))
    except Exception as error:  # the submit is done, and reported
        result = _bug(error)
        message = f"submitted, but the check for a duplicate failed: {result.detail}"
        return replace(outcome, result=replace(result, detail=message, run=outcome.result.run))


def _has_new_run(outcome: Outcome) -> bool:
    has_submit = any(isinstance(step, Submit) for step in outcome.change.steps)
    return has_submit and outcome.status is Status.DONE and outcome.result.run != ""


def _each_task(
    pool: ThreadPoolExecutor, plan: Plan, driver: Driver, assumptions: Assumptions
) -> Iterator[Event]:
    events: SimpleQueue[Event | None] = SimpleQueue()

    def walk(change: Change) -> Outcome:
        return driver.run(converge(change, plan.scope, assumptions))

    groups = _by_task(plan.pending)
    for group in groups:
        pool.submit(_one_task, group, walk, events)
    left = len(groups)
    while left:
        event = events.get()
        if event is None:
            left -= 1
        else:
            yield event


def _by_task(changes: Iterable[Change]) -> list[list[Change]]:
    """The changes of each task in their order, but a rename first: the others assume it. Tidying is last."""
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in sorted(changes, key=_rank):
        groups[change.task].append(change)
    return list(groups.values())


def _rank(change: Change) -> int:
    return (change.reason is Reason.HISTORY) - (change.action is Action.RENAME)


def _one_task(
    changes: list[Change], walk: Callable[[Change], Outcome], events: SimpleQueue[Event | None]
) -> None:
    """Walk the changes of one task in order; after one that is not done, the others are skipped."""
    failed: Outcome | None = None
    for change in changes:
        if failed is None:
            events.put(Started(change))
            outcome = _walked(change, walk)
            failed = None if outcome.status is Status.DONE else outcome
        else:
            outcome = Outcome(change, _after(failed), 0)
        events.put(Ended(outcome))
    events.put(None)


def _walked(change: Change, walk: Callable[[Change], Outcome]) -> Outcome:
    """The outcome of a change; a bug in jobspec gives an unknown outcome."""
    try:
        return walk(change)
    except Exception as error:  # the other changes go on, and are reported
        return Outcome(change, _bug(error), 0)


def _bug(error: Exception) -> Result:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = f"a bug in jobspec: {type(error).__name__} at {frame.filename}:{frame.lineno}"
    return Result(Status.UNKNOWN, message, code="JS900", help="run apply again, and report this bug")


def _after(failed: Outcome) -> Result:
    message = f"the {failed.change.action} before it was {failed.status}"
    return Result(Status.SKIPPED, message, help="run apply again")
