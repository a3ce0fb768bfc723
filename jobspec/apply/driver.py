"""The only place where protocols meet the platform: performs each call, or throws its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, assert_never

from msgspec import Struct, field

from jobspec.apply.observe import find, find_active, run_of
from jobspec.errors import UnknownAction
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.calls import (
    Answer,
    Call,
    Create,
    Erase,
    Find,
    FindActive,
    Get,
    Intend,
    Interrupted,
    NextTurn,
    Now,
    Settle,
    Sleep,
    Stop,
    Write,
)

if TYPE_CHECKING:
    from jobspec.apply.journal import Journal
    from jobspec.apply.pace import Pace
    from jobspec.apply.secrets import Secrets
    from jobspec.cloud.client import PlatformClient


class Clock(Protocol):
    """Time as the driver needs it; every wait ends early once `interrupt` was called."""

    def monotonic(self) -> float:
        """Return a monotonic time in seconds."""

    def sleep(self, seconds: float) -> None:
        """Sleep for this many seconds."""

    def interrupt(self) -> None:
        """Prevent new steps from starting; calls in flight complete."""

    @property
    def is_interrupted(self) -> bool:
        """Whether new steps are prevented from starting."""


class Driver(Struct, frozen=True):
    """Runs protocols against one platform; threads may share it."""

    client: PlatformClient
    clock: Clock
    journal: Journal
    secrets: Secrets
    pace: Pace
    refused_updates: list[UnknownAction] = field(default_factory=list)

    def run(self, protocol: calls.Protocol[Answer]) -> Answer:
        """Run a protocol to its end and return what it returned."""
        return calls.drive(protocol, self._perform)

    def _perform(self, call: Call) -> object:
        if self.clock.is_interrupted and not isinstance(call, (Settle, Now)):
            raise Interrupted
        match call:
            case Get():
                return run_of(self.client.get(call.run))
            case Find():
                return find(self.client, tag=call.tag, name=call.name)
            case FindActive():
                return find_active(self.client, call.tag)
            case Create():
                return self._create(call)
            case Now():
                return self.clock.monotonic()
            case _:
                self._effect(call)
                return None

    def _effect(self, call: Stop | Erase | Write | Sleep | NextTurn | Intend | Settle) -> None:
        match call:
            case Stop():
                self.client.stop(call.run)
            case Erase():
                self.client.delete(call.run)
            case Write():
                self._update(call)
            case Sleep():
                self.clock.sleep(call.seconds)
            case NextTurn():
                self.pace.wait()
            case Intend():
                self.journal.intend(call.run_id, call.address)
            case Settle():
                self.journal.settle(call.run_id)
            case _:
                assert_never(call)

    def _update(self, call: Write) -> None:
        """Update a run; once the platform turns out not to know the action, do not call it again."""
        if self.refused_updates:
            raise self.refused_updates[0]
        try:
            self.client.update(call.run, name=call.name, description=call.description, tags=call.tags)
        except UnknownAction as error:
            self.refused_updates.append(error)
            raise

    def _create(self, call: Create) -> str:
        body = self.secrets.fill({**call.payload, "Tags": list(call.tags)})
        return self.client.create(body).id
