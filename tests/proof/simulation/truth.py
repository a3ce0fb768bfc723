"""What the checkers may know, read from the wire and from what happened, with none of the code under test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jobspec.reconcile.planning.plan import Change, Submit
from jobspec.workflow.planning.planning import Planned
from tests.proof.simulation.faults import WRITES
from tests.proof.simulation.history import Caller, Event, History, Kind
from tests.proof.simulation.manifests import PROJECT, Commit, Declared
from tests.proof.simulation.service import Json, Service, Stored, tags_in

_NEEDED = frozenset({"scope", "task", "spec", "run"})


class Broken(AssertionError):
    """An invariant does not hold. `invariant` is its number and name."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(f"{invariant}: {what}")
        self.invariant = invariant
        self.what = what


@dataclass(frozen=True, slots=True)
class Truth:
    """What the checkers may know: the platform, all that happened, and how many appliers there are."""

    service: Service
    appliers: int
    restarts: list[Event] = field(default_factory=list)

    @property
    def history(self) -> History:
        """All that happened."""
        return self.service.history

    def commit(self, caller: Caller) -> Commit:
        """What an apply was to make true."""
        [begun] = [e for e in self.history.by_caller[main_of(caller)] if e.kind is Kind.BEGUN]
        commit: Commit = begun.data["commit"]
        return commit

    def declared(self, caller: Caller, task: str) -> Declared | None:
        """How an apply declares a task; None when it does not."""
        return next((one for one in self.commit(caller) if one.name == task), None)

    def planned(self, caller: Caller) -> Planned | None:
        """What an apply planned, once it has."""
        events = self.history.by_caller[main_of(caller)]
        return next((e.data["planned"] for e in reversed(events) if e.kind is Kind.PLANNED), None)

    def runs_of(self, task: str) -> Iterator[Stored]:
        """The records that bear a task's tags."""
        return (one for one in self.service.records.values() if task_of(one.wire) == task)

    def shown_before(self, event: Event, action: str) -> list[Event]:
        """What the caller of a write was shown before it first sent it, the last first."""
        return [e for e in self._before(event) if e.kind is Kind.SHOWN and e.action == action]

    def sent(self, event: Event) -> Event:
        """The first of the tries that a write came from."""
        events = self._tries(event)
        return events[-1]

    def _tries(self, event: Event) -> list[Event]:
        tries: list[Event] = []
        for one in reversed(self.history.by_caller[event.caller]):
            is_try = one.kind is Kind.SENT and one.action == event.action
            if is_try and one.number < event.number and one.run in {"", event.run}:
                tries.append(one)
            elif tries and one.kind is Kind.SENT:
                break
        return tries

    def _before(self, event: Event) -> list[Event]:
        first = self.sent(event).number
        return [e for e in reversed(self.history.by_caller[event.caller]) if e.number < first]


def task_of(record: Json) -> str:
    """Which task of this scope a record is a run of; empty when it is none, or contradicts itself."""
    found: dict[str, str] = {}
    for tag in tags_in(record):
        key, _, value = tag.removeprefix("jobspec-").partition("_")
        if not tag.startswith("jobspec-") or key not in {*_NEEDED, "core", "keep", "stop", "set"}:
            continue
        if found.setdefault(key, value) != value:
            return ""
    is_whole = found.keys() >= _NEEDED and found["scope"] == PROJECT
    return found["task"] if is_whole else ""


def run_tag(record: Json) -> str:
    """The intention that a record came from."""
    return next((tag for tag in tags_in(record) if tag.startswith("jobspec-run_")), "")


def main_of(caller: Caller) -> Caller:
    """The apply itself, of which the caller is a lane."""
    return Caller(caller.machine, caller.apply)


def is_write(event: Event) -> bool:
    """Whether an applier's write took effect."""
    return event.kind is Kind.WRITTEN and event.action in WRITES and event.caller.machine >= 0


def is_own(truth: Truth, event: Event) -> bool:
    """Whether this very apply submitted the run."""
    one = truth.service.records.get(event.run)
    return one is not None and main_of(one.maker) == main_of(event.caller)


def intended(truth: Truth, event: Event) -> set[str]:
    """The run tags that an apply planned to submit under."""
    planned = truth.planned(event.caller)
    steps = steps_of(planned.plan.changes if planned else ())
    return {f"jobspec-run_{step.marks.run}" for step in steps if isinstance(step, Submit)}


def steps_of(changes: tuple[Change, ...]) -> list[object]:
    """Every step of the changes."""
    return [step for change in changes for step in change.steps]
