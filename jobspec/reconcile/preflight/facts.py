"""What the platform answered before a plan is applied, or why an answer is unknown. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from jobspec.cluster import Flavor, Mount, Queue

if TYPE_CHECKING:
    from datetime import datetime


class Unchecked(Struct, frozen=True):
    """A fact that could not be checked; `why` is one line."""

    why: str


class Missing(Struct, frozen=True):
    """The platform answered that it does not have the thing."""


KnownQueue: TypeAlias = Queue | Missing | Unchecked
KnownFlavor: TypeAlias = Flavor | Missing | Unchecked
NOT_READ = Unchecked("it was not read")


class Facts(Struct, frozen=True):
    """The answers for one plan, and when the first of them was read.

    `listed` are the flavors of all zones; `flavors` are those that were read one by one. `mounts` are the
    file systems of each queue.
    """

    read: datetime
    queues: Mapping[str, KnownQueue] = field(default_factory=dict)
    listed: tuple[Flavor, ...] | Unchecked = NOT_READ
    flavors: Mapping[str, KnownFlavor] = field(default_factory=dict)
    mounts: Mapping[str, tuple[Mount, ...] | Unchecked] = field(default_factory=dict)

    def queue(self, queue_id: str) -> KnownQueue:
        """Return what is known about a queue."""
        return self.queues.get(queue_id, NOT_READ)

    def sized(self) -> tuple[Flavor, ...]:
        """Return every flavor that the platform described."""
        listed = () if isinstance(self.listed, Unchecked) else self.listed
        return (*listed, *(one for one in self.flavors.values() if isinstance(one, Flavor)))
