"""The end of the logs of a failed run. Only reads; a log that cannot be read is reported, not raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import JobspecError
from jobspec.reconcile.runs import Phase, phase_of
from jobspec.report.tail_text import Tail, Tails

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.cloud.answers.wire import InstanceRecord
    from jobspec.cloud.client import PlatformClient

_MOST_REPLICAS = 3
_ROOM = 64 * 1024
"""Bytes at the end of a log in which its last lines are looked for."""


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
        return Tail(
            name, last_bytes(lambda start: client.fetch_log(replica.log_url, start=start).data, _ROOM)
        )
    except JobspecError as error:
        return Tail(name, problem=error.message)


def last_bytes(read: Callable[[int], bytes], room: int) -> bytes:
    """Return the last `room` bytes of a log of unknown length, with few reads.

    `read` returns some bytes from a position on; none past the end.
    """
    first = read(0)
    if not first or not read(len(first)):
        return first[-room:]
    inside, outside = len(first), 2 * len(first)
    while read(outside):
        inside, outside = outside, 2 * outside
    while outside - inside > room:
        middle = (inside + outside) // 2
        inside, outside = (middle, outside) if read(middle) else (inside, middle)
    return _from(read, max(0, inside - room))[-room:]


def _from(read: Callable[[int], bytes], start: int) -> bytes:
    data = b""
    while piece := read(start + len(data)):
        data += piece
    return data
