"""The logs of a run's replicas, as they are or as they grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobspec.apply.observe import run_of
from jobspec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.cloud.client import PlatformClient
    from jobspec.cloud.wire import InstanceRecord

_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the log of one replica, named `role-index`."""

    replica: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Selection:
    """Which replicas of a run; None for all."""

    role: str | None = None
    index: int | None = None

    def of(self, instances: tuple[InstanceRecord, ...], run: str) -> tuple[InstanceRecord, ...]:
        """Return the selected ones. Raises `UsageError` when the run has others only."""
        chosen = tuple(filter(self._includes, instances))
        if instances and not chosen:
            names = ", ".join(map(_replica, instances))
            raise UsageError(f"{run} has no such replica", help=f"it has {names}")
        return chosen

    def _includes(self, instance: InstanceRecord) -> bool:
        has_index = self.index is None or instance.role_index == str(self.index)
        return has_index and self.role in {None, instance.role_name}


def _replica(instance: InstanceRecord) -> str:
    return f"{instance.role_name}-{instance.role_index}"


def replica_names(client: PlatformClient, run: str, selection: Selection) -> tuple[str, ...]:
    """Return the selected replicas of a run as `role-index`."""
    return tuple(map(_replica, selection.of(client.instances(run), run)))


def read(client: PlatformClient, run: str, selection: Selection) -> Iterator[Chunk]:
    """Yield what the replicas have logged so far, one replica after the other."""
    for instance in selection.of(client.instances(run), run):
        yield from _rest(client, instance, {})


def follow(
    client: PlatformClient, run: str, selection: Selection, pause: Callable[[float], None]
) -> Iterator[Chunk]:
    """Yield what the replicas log until the run has finished and everything was read."""
    positions: dict[str, int] = {}
    while True:
        # Asked before reading: what a finished run has logged is complete.
        is_active = run_of(client.get(run)).is_active
        for instance in selection.of(client.instances(run), run):
            yield from _rest(client, instance, positions)
        if not is_active:
            return
        pause(_PAUSE)


def _rest(client: PlatformClient, instance: InstanceRecord, positions: dict[str, int]) -> Iterator[Chunk]:
    if not instance.log_url:
        return
    name = _replica(instance)
    while True:
        chunk = client.fetch_log(instance.log_url, start=positions.get(name, 0))
        if not chunk.data:
            return
        positions[name] = chunk.end
        yield Chunk(name, chunk.data)
