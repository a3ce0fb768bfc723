"""A simulated platform for protocols: virtual time, lagging lists, and faults at chosen calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from jobspec.errors import NotFound, Refused, Unavailable
from jobspec.reconcile import tags
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.calls import (
    Call,
    Create,
    Erase,
    Find,
    FindActive,
    Get,
    Intend,
    Now,
    Settle,
    Sleep,
    Stop,
    Write,
)
from jobspec.reconcile.runs import STOPPABLE, Run
from tests.reconcile.world import EPOCH


@dataclass(frozen=True)
class Fault:
    """The n-th call of a kind (from 1) fails, before or after it took effect."""

    kind: type
    number: int
    error: Exception
    executed: bool = False


def lost(action: str = "CreateCustomTask") -> Unavailable:
    """The answer was lost."""
    return Unavailable("the connection broke", action=action)


@dataclass
class World:
    """The platform, its clock, and every call it got."""

    runs: dict[str, Run] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    list_lag: float = 0.0
    stop_takes: float = 3.0
    time: float = 1000.0
    performed: list[Call] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    before: Callable[[Call], None] = lambda _: None
    """Called before each call takes effect, to simulate a person in the console."""
    _visible: dict[str, float] = field(default_factory=dict)
    _stops: dict[str, float] = field(default_factory=dict)

    def add(self, *runs: Run) -> World:
        self.runs |= {run.id: run for run in runs}
        return self

    def is_listed(self, run_id: str) -> bool:
        return self._visible.get(run_id, 0) <= self.time

    def count(self, kind: type) -> int:
        return sum(isinstance(call, kind) for call in self.performed)

    def active(self) -> list[Run]:
        self._advance(0)
        return [run for run in self.runs.values() if run.is_active]

    def drive(
        self,
        protocol: calls.Protocol[Any],
        *,
        interrupt_at: type | None = None,
        interrupt_if: Callable[[Call], bool] = lambda _: False,
    ) -> Any:
        """Run a protocol to its end; interrupt it from the first call of a kind, or that matches."""
        interrupted = False

        def perform(call: Call) -> object:
            nonlocal interrupted
            is_meant = interrupt_at is not None and isinstance(call, interrupt_at)
            interrupted = interrupted or is_meant or interrupt_if(call)
            if interrupted and not isinstance(call, (Settle, Now)):
                raise calls.Interrupted
            return self.answer(call)

        return calls.drive(protocol, perform)

    def answer(self, call: Call) -> object:
        """Perform one call, with the fault planned for it."""
        self.performed.append(call)
        self.before(call)
        self._advance(0.05)
        for fault in self.faults:
            if isinstance(call, fault.kind) and self.count(fault.kind) == fault.number:
                if fault.executed:
                    self._perform(call)
                raise fault.error
        return self._perform(call)

    def _perform(self, call: Call) -> object:
        match call:
            case Get():
                return self._get(call.run)
            case Find():
                return self._find(call)
            case FindActive():
                return tuple(one for one in self._find(Find(tag=call.tag)) if one.is_active)
            case Create():
                return self._create(call)
            case Now():
                return self.time
            case _:
                self._effect(call)
                return None

    def _effect(self, call: Call) -> None:
        match call:
            case Stop():
                self._stop(call.run)
            case Erase():
                del self.runs[self._get(call.run).id]
            case Write():
                self._write(call)
            case Sleep():
                self._advance(call.seconds)
            case Intend():
                self.journal.append(call.run_id)
            case Settle() if call.run_id in self.journal:
                self.journal.remove(call.run_id)

    def _advance(self, seconds: float) -> None:
        self.time += seconds
        for run_id, end in list(self._stops.items()):
            if self.time >= end:
                self.runs[run_id] = replace(self.runs[run_id], state="Cancelled")
                del self._stops[run_id]

    def _get(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise NotFound("no such task", action="GetCustomTask")
        return self.runs[run_id]

    def _find(self, call: Find) -> tuple[Run, ...]:
        return tuple(
            run
            for run in self.runs.values()
            if (call.tag in run.tags or not call.tag)
            and call.name in {"", run.name}
            and self.is_listed(run.id)
        )

    def _create(self, call: Create) -> str:
        number = len(self.runs) + 1
        run_id = f"t-2026010112000{number}-new00"
        self.runs[run_id] = Run(
            id=run_id,
            name=str(call.payload["Name"]),
            state="Queue",
            tags=call.tags,
            description="",
            created=EPOCH + timedelta(seconds=self.time),
            marks=tags.read(call.tags),
        )
        self._visible[run_id] = self.time + self.list_lag
        return run_id

    def _stop(self, run_id: str) -> None:
        run = self._get(run_id)
        if run.phase not in STOPPABLE:
            raise Refused("already ending", action="StopCustomTask", api_code="InvalidParameter")
        self.runs[run_id] = replace(run, state="Killing")
        self._stops[run_id] = self.time + self.stop_takes

    def _write(self, call: Write) -> None:
        run = self._get(call.run)
        self.runs[call.run] = replace(
            run,
            name=call.name,
            description=run.description if call.description is None else call.description,
            tags=call.tags,
            marks=tags.read(call.tags),
        )
