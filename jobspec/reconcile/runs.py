"""Runs as the core sees them: values only, read from the platform elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from jobspec.bounded_json import Unread
from jobspec.concealing import Concealing
from jobspec.redaction.answers import mask_text
from jobspec.redaction.values import secrets_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from jobspec.reconcile.tags import Inconsistent, Marks


class Phase(StrEnum):
    """The meaning of a platform state."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


# Source of the states: the platform's list filter (vendor SDK reference) and public clients.
_PHASES: dict[str, Phase] = {
    "Initialized": Phase.PENDING,
    "Queue": Phase.PENDING,
    "Staging": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Killing": Phase.STOPPING,
    "Stopping": Phase.STOPPING,
    "Success": Phase.SUCCEEDED,
    "SuccessHolding": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "FailedHolding": Phase.FAILED,
    "Exception": Phase.FAILED,
    "Cancelled": Phase.CANCELLED,
    "Killed": Phase.CANCELLED,
}
STATES = tuple(_PHASES)
"""The known platform states, in the order of a task's life."""
STOPPABLE = frozenset({Phase.PENDING, Phase.RUNNING})
FINISHED = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})
_HOLDING = frozenset({"SuccessHolding", "FailedHolding"})


def phase_of(state: str) -> Phase:
    """Return the phase of a platform state; an unknown state gives `unknown`, which is inert."""
    return _PHASES.get(state, Phase.UNKNOWN)


def state_text(state: str) -> str:
    """Return the phase of a platform state, with the state in brackets when it is another word."""
    phase = phase_of(state)
    return str(phase) if state.lower() == phase else f"{phase} ({state})"


class LiveRole(Struct, frozen=True):
    """The number of replicas and the flavor of one role of a run, or the GPUs of a replica without one."""

    name: str
    replicas: int
    flavor: str
    gpus: float | None = None
    gpu_rate: float | None = None


class Run(Concealing, frozen=True):
    """A live task on the platform. `spec` is what the platform echoes, which may be incomplete."""

    concealed: ClassVar[frozenset[str]] = frozenset({"spec", "unmasked_detail"})

    id: str
    name: str
    state: str
    tags: tuple[str, ...] = ()
    description: str | None = None
    created: datetime | None = None
    launched: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    unmasked_detail: str = ""
    """The platform's text about the run, as received; `detail` is what may be shown."""
    queue: str = ""
    roles: tuple[LiveRole, ...] = ()
    spec: Mapping[str, object] | None = None
    marks: Marks | Inconsistent | None = None
    server_time: datetime | None = None
    """The platform's time when it sent the record."""

    def echoed(self, keys: Collection[str]) -> Mapping[str, object]:
        """Return a few fields of the spec, without reading the others."""
        return self.spec.only(keys) if isinstance(self.spec, Unread) else self.spec or {}

    @property
    def detail(self) -> str:
        """The platform's text about the run, without the secrets of its record."""
        if not self.unmasked_detail:
            return ""
        return mask_text(self.unmasked_detail, secrets_in(self.spec or {}))

    @property
    def phase(self) -> Phase:
        """The meaning of its state."""
        return phase_of(self.state)

    @property
    def is_active(self) -> bool:
        """Whether it may still run: anything not certainly finished is active."""
        return self.phase not in FINISHED

    @property
    def is_deletable(self) -> bool:
        """Whether the platform allows its record to be deleted."""
        return self.phase in FINISHED and self.state not in _HOLDING

    @property
    def age_key(self) -> tuple[str, str]:
        """Sort key from the oldest to the newest: (CreateTime, Id), the platform's own order of ids."""
        return (self.created.isoformat() if self.created else "", self.id)
