"""The end of the logs of a failed run. Read-only; a log that cannot be read is reported, not raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import JobspecError
from jobspec.reconcile.runs import Phase, phase_of
from jobspec.report.tail_text import Tail, Tails

if TYPE_CHECKING:
    from jobspec.cloud.answers.wire import InstanceRecord
    from jobspec.cloud.client import PlatformClient

_MOST_REPLICAS = 3
_MOST_READS = 1000
"""A log of a server that does not report its size is read from its beginning; this bounds a growing one."""
_ROOM = 64 * 1024
"""Bytes at the end of a log that are searched for its last lines."""


def read_tails(client: PlatformClient, run: str) -> Tails:
    """Return the end of the log of the replicas that failed; of all replicas if none reports a failure."""
    try:
        replicas = client.instances(run)
    except JobspecError as error:
        return Tails(problem=error.message)
    chosen = tuple(filter(_has_failed, replicas)) or replicas
    shown = tuple(_tail(client, replica) for replica in chosen[:_MOST_REPLICAS])
    return Tails(shown, more=len(chosen) - len(shown))


def _has_failed(replica: InstanceRecord) -> bool:
    return phase_of(replica.state) is Phase.FAILED


def _tail(client: PlatformClient, replica: InstanceRecord) -> Tail:
    name = f"{replica.role_name}-{replica.role_index}"
    if not replica.log_url:
        return Tail(name, problem="the platform returned no log address")
    try:
        return Tail(name, _last_bytes(client, replica.log_url))
    except JobspecError as error:
        return Tail(name, problem=error.message)


def _last_bytes(client: PlatformClient, url: str) -> bytes:
    """Return the last `_ROOM` bytes of a log. Its length is in the first answer, if the server reports it."""
    first = client.fetch_log(url)
    position = max(first.end, first.size - _ROOM)
    data = first.data if position == first.end else b""
    for _ in range(_MOST_READS):
        chunk = client.fetch_log(url, start=position)
        if not chunk.data:
            break
        data = (data + chunk.data)[-_ROOM:]
        position = chunk.end
    return (data or first.data)[-_ROOM:]
