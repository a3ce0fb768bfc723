"""What an applier is to the scheduler: a place with a folder and a clock, and lanes that wait for a call."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobspec.apply.clock import InterruptibleClock
from tests.proof.simulation.appliers import Process
from tests.proof.simulation.history import Caller
from tests.proof.simulation.manifests import Commit
from tests.proof.simulation.service import Service


@dataclass(frozen=True, slots=True)
class Powers:
    """What may happen in a world, beside what its appliers do."""

    faults: bool = True
    crashes: int = 2
    deeds: bool = False
    signals: bool = False
    pauses: bool = False
    between: bool = False
    """Whether other appliers may come in between two requests of one call."""
    over_http: bool = False


class MachineClock(InterruptibleClock):
    """Time as one applier has it: all have the same, but each is interrupted for itself."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def monotonic(self) -> float:
        """Seconds of virtual time."""
        return self._service.time

    def sleep(self, seconds: float) -> None:
        """Let time pass for everybody: a client that pauses between two tries."""
        self._service.advance(0.0 if self.is_interrupted else seconds)


@dataclass(slots=True)
class Lane:
    """A generator, and what it waits for: its next call, or a time."""

    caller: Caller
    walk: Generator[Any, Any, Any]
    call: Any = None
    wake: float = 0.0
    joins: list[Lane] = field(default_factory=list)
    memory: int = 0
    """A fingerprint of all it was ever answered, by which two states of it are told apart."""

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.call is None


@dataclass(slots=True)
class Machine:
    """One place where applies are run one after another, with one folder and so one journal."""

    number: int
    root: Path
    commits: list[Commit]
    """What is still to be applied, the next one first."""
    apply: int = 0
    lanes: list[Lane] = field(default_factory=list)
    process: Process | None = None

    @property
    def state(self) -> Path:
        """The state folder of whoever works here."""
        return self.root / "state"

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do any more."""
        return not self.lanes and not self.commits
