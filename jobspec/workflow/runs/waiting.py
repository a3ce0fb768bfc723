"""Waits for runs to start or to end. Writes nothing and stops nothing."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.apply.observe import observe, run_of
from jobspec.errors import NotFound, UsageError
from jobspec.manifest.files.patterns import glob
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.reconcile.planning.plan import (
    HELD,
    Action,
    BlockReason,
    Plan,
    Reason,
)
from jobspec.reconcile.runs import (
    FINISHED,
    Phase,
    Run,
)
from jobspec.workflow.runs.runs import current_runs, find_run, find_set, newest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobspec.cloud.client import PlatformClient
    from jobspec.reconcile.protocol.outcome import Outcome
    from jobspec.workflow.project.workspace import Workspace

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_LEFT_RUNNING = frozenset({Action.NONE, Action.UPDATE, Action.RENAME})
_OVER_AS_DECLARED = frozenset({Reason.DONE, Reason.SUSPENDED})
_GLOB_SIGNS = frozenset("*?[")  # no name contains one of them


class WaitClock(Protocol):
    """Time as a wait needs it; a sleep ends early once it was interrupted."""

    def monotonic(self) -> float:
        """Return a monotonic time in seconds."""

    def sleep(self, seconds: float) -> None:
        """Sleep for this many seconds."""

    @property
    def is_interrupted(self) -> bool:
        """Whether to end the wait."""


class Goal(StrEnum):
    """State to wait for."""

    RUNNING = "running"
    FINISHED = "finished"
    SUCCEEDED = "succeeded"

    def is_reached_by(self, run: Run) -> bool:
        """Return whether the run has reached the goal or has ended."""
        return not run.is_active or (self is Goal.RUNNING and run.phase is Phase.RUNNING)


class Waiting(Struct, frozen=True):
    """The runs to wait for, each with its task; the goal; and the timeout in seconds, None for no limit.

    `again` maps a run to the ends after which something may follow. `awaited` are ended runs that something
    may still follow; after `due` seconds it is time to check for that.
    """

    tasks: Mapping[str, str]
    goal: Goal = Goal.FINISHED
    timeout: float | None = None
    again: Mapping[str, frozenset[Phase]] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()
    due: float | None = None

    def is_over(self, found: Iterable[Run]) -> bool:
        """Return whether the wait is over; with the goal `succeeded`, also if a run can no longer succeed."""
        runs = tuple(found)
        if self._has_news(runs) or (self.goal is Goal.SUCCEEDED and self._has_failed(runs)):
            return True
        return not self.awaited and self.is_reached_by(runs)

    def is_reached_by(self, found: Iterable[Run]) -> bool:
        """Return whether every run has reached the goal or has ended."""
        return all(map(self.goal.is_reached_by, found))

    def is_to_be_followed(self, found: Iterable[Run]) -> bool:
        """Return whether something may follow a run that has ended."""
        return bool(self.awaited) or self._has_news(found)

    def is_settled(self, found: Iterable[Run]) -> bool:
        """Return whether the wait is over and nothing may follow."""
        runs = tuple(found)
        return self.is_over(runs) and not self.is_to_be_followed(runs)

    def is_as_before(self, other: Waiting) -> bool:
        """Return whether the other wait is for the same runs, and expects the same to follow them."""
        return (self.tasks, self.again, self.awaited) == (other.tasks, other.again, other.awaited)

    def without_more(self) -> Waiting:
        """Return the wait for the same runs, after which nothing follows."""
        return replace(self, again={}, awaited=frozenset(), due=None)

    def _has_news(self, found: Iterable[Run]) -> bool:
        return any(run.phase in self.again.get(run.id, ()) for run in found)

    def _has_failed(self, runs: tuple[Run, ...]) -> bool:
        is_one_gone = len(runs) < len(self.tasks)
        over = (run for run in runs if not run.is_active and run.id not in self.awaited)
        return is_one_gone or any(run.phase is not Phase.SUCCEEDED for run in over)


def to_wait_for(plan: Plan, outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return the runs that have to succeed, each with its task: new ones, those in progress, failed ones."""
    stopped = {run.id for change in plan.changes for run in change.stops}
    created = {ended.result.run: ended.change.task for ended in outcomes if ended.result.run}
    going = {
        run.id: change.task
        for change in plan.changes
        if change.place
        and change.action in _LEFT_RUNNING
        and change.reason not in _OVER_AS_DECLARED
        and change.blocked
        in {None, BlockReason.PROTECTED}  # else its runs belong to another user, or are in an unknown state
        for run in change.runs
        if not (change.reason in HELD and run.phase in FINISHED)  # the run to come is what matters
        and run.id not in stopped
        and not (change.action is Action.RENAME and run.phase in FINISHED)
    }
    return {**going, **created}


def runs_named(workspace: Workspace, names: Iterable[str]) -> dict[str, Run]:
    """Return the current run of each task, by the task's name; a name may be a glob, or `set/NAME`.

    Raises `UsageError` for a name without a run and for a glob or a set that has no task with a run.
    """
    found: dict[str, Run] = {}
    for name in names:
        if name.startswith(SET_PREFIX):
            of_set = find_set(workspace, name.removeprefix(SET_PREFIX))
            found |= {task: newest(runs) for task, runs in of_set.items()}
        elif _GLOB_SIGNS.isdisjoint(name):
            found[name] = find_run(workspace, name, None)
        else:
            found |= _runs_fitting(workspace, name)
    return found


def _runs_fitting(workspace: Workspace, name: str) -> dict[str, Run]:
    scope, pattern = workspace.loaded.scope, glob(name)
    runs = current_runs(scope, observe(workspace.connection.client, scope))
    selected = workspace.loaded.selected
    found = {
        current.task: current.run
        for current in runs
        if pattern.matches(current.task) and (selected is None or current.task in selected)
    }
    if not found:
        raise UsageError(
            f"{quote(name)} matches no task of {scope} with a run",
            help=f"to list the tasks, run: jobspec status{workspace.option}",
            code="JS409",
        )
    return found


def until(workspace: Workspace, waiting: Waiting, clock: WaitClock) -> Iterator[tuple[Run, ...]]:
    """Yield the runs, with growing pauses while nothing changes, until over, due, late or interrupted.

    A run whose record is gone is left out.
    """
    limits = (limit for limit in (waiting.timeout, waiting.due) if limit is not None)
    end = clock.monotonic() + min(limits, default=math.inf)
    last: Mapping[str, str] = {}
    seconds = _FIRST_PAUSE
    while True:
        found = _read(workspace, waiting.tasks)
        yield found
        left = end - clock.monotonic()
        if waiting.is_over(found) or left <= 0 or clock.is_interrupted:
            return
        states = {run.id: run.state for run in found}
        seconds = _FIRST_PAUSE if states != last else min(seconds * 1.5, _LONGEST_PAUSE)
        last = states
        clock.sleep(left if waiting.is_reached_by(found) else min(seconds, left))


def _read(workspace: Workspace, ids: Iterable[str]) -> tuple[Run, ...]:
    """Read the runs with one listing, and those that it does not show yet by id."""
    client = workspace.connection.client
    listed = {run.id: run for run in observe(client, workspace.loaded.scope)}
    found = [listed[run_id] if run_id in listed else _get(client, run_id) for run_id in sorted(ids)]
    return tuple(run for run in found if run is not None)


def _get(client: PlatformClient, run_id: str) -> Run | None:
    try:
        return run_of(client.get(run_id))
    except NotFound:
        return None
