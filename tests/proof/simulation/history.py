"""What happened in a run: who wrote what, when, to which record, and what was shown to whom.

Recorded by the simulated platform and the scheduler, not by the code under test; the checkers read it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of thing happened."""

    SENT = "sent"
    SHOWN = "shown"
    WRITTEN = "written"
    DEED = "deed"
    BEGUN = "begun"
    PLANNED = "planned"
    TOLD = "told"
    ENDED = "ended"
    CRASHED = "crashed"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who does something: which applier, the how manieth apply of it, and which of its tasks."""

    machine: int
    apply: int = 0
    lane: str = ""

    def __str__(self) -> str:
        if self.machine < 0:
            return self.lane
        task = f", {self.lane}" if self.lane else ""
        return f"applier {self.machine + 1} (apply {self.apply}{task})"


PLATFORM = Caller(-1, lane="the platform")
PERSON = Caller(-1, lane="a person")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `run` is the id of the record it is about, empty when it is about none."""

    number: int
    time: float
    caller: Caller
    kind: Kind
    action: str = ""
    run: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class History:
    """All events of a run in their order, and by who is behind them."""

    clock: Callable[[], float]
    watch: Callable[[Event], None] = lambda _: None
    """Called after each event: the checkers."""
    caller: Caller = PLATFORM
    events: list[Event] = field(default_factory=list)
    by_caller: dict[Caller, list[Event]] = field(default_factory=lambda: defaultdict(list))
    by_run: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def note(
        self,
        kind: Kind,
        action: str = "",
        run: str = "",
        *,
        by: Caller | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an event of the present moment, and let it be watched."""
        event = Event(len(self.events), self.clock(), by or self.caller, kind, action, run, data or {})
        self.events.append(event)
        self.by_caller[event.caller].append(event)
        if run:
            self.by_run[run].append(event)
        self.watch(event)
