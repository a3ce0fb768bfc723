"""The logs of a run's replicas, read once or followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.apply.observe import run_of
from jobspec.errors import NotFound, UnknownAction, UsageError
from jobspec.quoting import quote
from jobspec.workflow.runs.log_window import (
    LogWindow,
    Recent,
    last_lines,
    lines_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jobspec.cloud.answers.wire import InstanceRecord
    from jobspec.cloud.client import PlatformClient
    from jobspec.reconcile.runs import LiveRole, Run
    from jobspec.workflow.account.connect import Connection

_PAUSE = 0.3


class Chunk(Struct, frozen=True):
    """A part of the log of one replica, named `role-index`."""

    replica: str
    data: bytes


class LogSelection(Struct, frozen=True):
    """The selected replicas of a run; None for all."""

    role: str | None = None
    index: int | None = None

    def of(self, instances: tuple[InstanceRecord, ...], run: str) -> tuple[InstanceRecord, ...]:
        """Return the selected replicas. Raises `UsageError` if the run only has others."""
        chosen = tuple(filter(self._includes, instances))
        if instances and not chosen:
            names = ", ".join(map(_replica, instances))
            raise UsageError(f"{run} has no {self._missing(instances)}", help=f"available replicas: {names}")
        return chosen

    def has_several(self, run: Run, seen: tuple[InstanceRecord, ...]) -> bool:
        """Return whether more than one replica may log: by the roles, as a queued run has no replicas.

        If the platform returns no roles, use the replicas seen so far; without those, assume several.
        """
        declared = sum(map(self._replicas_of, run.roles))
        if run.roles or seen:
            return max(declared, len(seen)) > 1
        return self.role is None or self.index is None

    def of_roles(self, run: Run) -> list[str]:
        """Return the names of the selected replicas of a run that has started none."""
        named = [(role.name, index) for role in run.roles for index in range(role.replicas)]
        return [
            f"{role}-{index}"
            for role, index in named
            if self.role in {None, role} and self.index in {None, index}
        ]

    def _missing(self, instances: tuple[InstanceRecord, ...]) -> str:
        """Return what a run with these replicas lacks, in words."""
        if self.role is None:
            return f"replica {self.index}"
        if self.role not in {one.role_name for one in instances}:
            return f"role {quote(self.role)}"
        return f"replica {self.index} of the role {quote(self.role)}"

    def _replicas_of(self, role: LiveRole) -> int:
        if self.role not in {None, role.name}:
            return 0
        return role.replicas if self.index is None else int(self.index < role.replicas)

    def _includes(self, instance: InstanceRecord) -> bool:
        has_index = self.index is None or instance.role_index == str(self.index)
        return has_index and self.role in {None, instance.role_name}


def log_files(connection: Connection, run: Run, selection: LogSelection) -> tuple[str, ...]:
    """Return the paths of the log files of the selected replicas; one that has not started has no file yet.

    Raises `UsageError` on a platform that stores them elsewhere.
    """
    if connection.local is None:
        raise UsageError(
            f"the logs are on the platform at {connection.address.endpoint}, not in local files",
            help="remove --path",
        )
    replicas = [_replica(one) for one in selection.of(connection.client.instances(run.id), run.id)]
    return tuple(str(connection.local.log(run.id, name)) for name in replicas or selection.of_roles(run))


def _replica(instance: InstanceRecord) -> str:
    return f"{instance.role_name}-{instance.role_index}"


class RunLogs:
    """The logs of the replicas of one run; each read continues where the last one ended.

    They are read from the address that a replica names, or else through the API where that is offered.
    """

    def __init__(self, client: PlatformClient, run: str) -> None:
        self._client = client
        self._run = run
        self._positions: dict[str, int] = {}
        self._unreadable: dict[str, None] = {}
        self._untimed: tuple[str, ...] = ()

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The replicas, as `role-index`, that have no log address and no log in the API."""
        return tuple(self._unreadable)

    @property
    def untimed(self) -> tuple[str, ...]:
        """The replicas, as `role-index`, whose lines have no timestamps, if `--since` was given."""
        return self._untimed

    def windowed(self, window: LogWindow, instances: tuple[InstanceRecord, ...]) -> Iterator[Chunk]:
        """Yield the part of the replicas' logs that is in the window."""
        lines = lines_of(self._kept(window, instances))
        recent = None
        if window.since is not None:
            recent = Recent(window.since, {_replica(one): one.launch_time for one in instances})
            lines = recent.of(lines)
        if window.tail is not None:
            lines = last_lines(lines, window.tail)
        yield from (Chunk(name, line) for name, line in lines)
        self._untimed = recent.untimed if recent else ()

    def _kept(self, window: LogWindow, instances: tuple[InstanceRecord, ...]) -> Iterator[Chunk]:
        """Yield the logs, except those of replicas that had finished before the window."""
        old = {_replica(one) for one in instances if window.skips(one)}
        yield from (chunk for chunk in self.read(instances) if chunk.replica not in old)

    def read(self, instances: Iterable[InstanceRecord]) -> Iterator[Chunk]:
        """Yield what the replicas have logged since the last read, one replica after the other."""
        for instance in instances:
            name = _replica(instance)
            try:
                yield from self._rest(name, instance)
            except (UnknownAction, NotFound):
                if instance.log_url:
                    raise
                self._unreadable[name] = None
            else:
                self._unreadable.pop(name, None)

    def follow(self, selection: LogSelection, pause: Callable[[float], None]) -> Iterator[Chunk]:
        """Yield what the replicas log until the run has finished and everything was read."""
        while True:
            # Checked before reading: the log of a finished run is complete.
            is_active = run_of(self._client.get(self._run)).is_active
            yield from self.read(selection.of(self._client.instances(self._run), self._run))
            if not is_active:
                return
            pause(_PAUSE)

    def _rest(self, name: str, instance: InstanceRecord) -> Iterator[Chunk]:
        while True:
            start = self._positions.get(name, 0)
            data, end = (
                self._at_address(instance, start) if instance.log_url else self._in_api(instance, start)
            )
            if not data:
                return
            self._positions[name] = end
            yield Chunk(name, data)

    def _at_address(self, instance: InstanceRecord, start: int) -> tuple[bytes, int]:
        chunk = self._client.fetch_log(instance.log_url, start=start)
        return chunk.data, chunk.end

    def _in_api(self, instance: InstanceRecord, start: int) -> tuple[bytes, int]:
        if not instance.pod_name:
            raise NotFound("no log: the replica has no name", action="GetContainerLogs")
        log = self._client.container_logs(self._run, instance.pod_name, offset=start)
        if log.next_offset <= start:  # the next answer would be the same
            return b"", start
        return log.content.encode("utf-8", "replace"), log.next_offset
