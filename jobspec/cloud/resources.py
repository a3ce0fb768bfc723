"""The optional actions about queues, flavors and mounts. They only read; an account may lack each of them.

Each function may raise a `PlatformError`: `UnknownAction` and `Forbidden` mean that the platform does not
offer the action to this key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.cloud.answers.resources import (
    read_flavor,
    read_flavors,
    read_mounts,
    read_queue,
    read_queue_page,
)
from jobspec.errors import BadAnswer, ListingIncomplete
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.cloud.client import PlatformClient
    from jobspec.cluster import Flavor, Mount, Queue

_PER_PAGE = 100
_MOST_PAGES = 200
_TRIES = 3


def list_queues(client: PlatformClient) -> tuple[Queue, ...]:
    """Return every queue that the key sees. Raises `ListingIncomplete` if the list does not hold still.

    No filter is sent, because it is unconfirmed whether the platform's own is exact. A list that is shorter
    than its total is read again: two equal readings show that the total counts what the key does not see.
    """
    before: dict[str, Queue] | None = None
    for _ in range(_TRIES):
        found, is_whole = _one_reading(client)
        if is_whole or found.keys() == (before or {}).keys():
            return tuple(found.values())
        before = found
    raise ListingIncomplete(
        "the list of resource queues changed while it was read", help="run the command again"
    )


def _one_reading(client: PlatformClient) -> tuple[dict[str, Queue], bool]:
    """Return the queues of all pages by id, and whether they are as many as the platform counts."""
    found: dict[str, Queue] = {}
    offset, unread = 0, 0
    for _ in range(_MOST_PAGES):
        page = read_queue_page(client.call("ListResourceQueues", {"Offset": offset, "Limit": _PER_PAGE}))
        is_new = any(queue.id not in found for queue in page.queues)
        found |= {queue.id: queue for queue in page.queues}
        offset += page.length
        unread += page.length - len(page.queues)
        is_whole = page.total is not None and len(found) + unread >= page.total
        if is_whole or not is_new:
            return found, is_whole or page.total is None
    return found, False


def get_queue(client: PlatformClient, queue_id: str) -> Queue:
    """Return a queue. Raises `BadAnswer` if the platform returns another one."""
    queue = read_queue(client.call("GetResourceQueue", {"Id": queue_id}))
    if queue.id not in {"", queue_id}:
        raise _another("GetResourceQueue", queue_id)
    return queue


def list_flavors(client: PlatformClient) -> tuple[Flavor, ...]:
    """Return every flavor, once for each zone that has it."""
    return read_flavors(client.call("ListFlavorsV2", {"DisplayType": "Scheduling"}))


def get_flavor(client: PlatformClient, flavor_id: str) -> Flavor:
    """Return a flavor. Raises `BadAnswer` if the platform returns another one."""
    flavor = read_flavor(client.call("GetFlavor", {"Id": flavor_id}))
    if flavor.id not in {"", flavor_id}:
        raise _another("GetFlavor", flavor_id)
    return flavor


def list_mounts(client: PlatformClient, queue_id: str) -> tuple[Mount, ...]:
    """Return the vePFS file systems that a queue may mount; for an empty id, those without a queue."""
    body = {"StorageType": "Vepfs"} | ({"ResourceQueueId": queue_id} if queue_id else {})
    return read_mounts(client.call("ListMountPoints", body))


def _another(action: str, wanted: str) -> BadAnswer:
    return BadAnswer(
        f"the platform returned another object than {quote(wanted)} for `{action}`", action=action
    )
