"""The responses of the optional actions as values: queues, flavors, mounts. Pure.

The formats are unconfirmed, so each key may be missing or of another type; what cannot be read is None, and
an entry without an id is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.cluster import Flavor, Mount, Queue, Quota

if TYPE_CHECKING:
    from jobspec.cloud.answers.wire import Json

MOST_ENTRIES = 20_000
"""Maximum number of entries that are read of one response."""
_LONGEST_TEXT = 500
_LIST_KEYS = ("List", "MountPoints", "Mounts", "Items")


class QueuePage(Struct, frozen=True):
    """One page of queues. `length` counts its entries, including those that cannot be read."""

    queues: tuple[Queue, ...]
    length: int
    total: int | None


def read_queue_page(result: Json) -> QueuePage:
    """Return one page of queues; an empty one if the response contains no list."""
    entries = list(_entries(result))
    queues = tuple(queue for queue in map(read_queue, entries) if queue.id)
    total = _number(result.get("Total"))
    return QueuePage(queues, len(entries), None if total is None else int(total))


def read_queue(entry: Json) -> Queue:
    """Return the queue in a response; its id is empty if it has none."""
    return Queue(
        id=_text(entry.get("Id")) or "",
        name=_text(entry.get("Name")) or "",
        state=_text(entry.get("State")),
        role=_text(entry.get("Role")),
        zone=_text(entry.get("ZoneId")) or "",
        whole=_quota(entry.get("QuotaCapability")),
        taken=_quota(entry.get("QuotaAllocated")),
    )


def read_flavors(result: Json) -> tuple[Flavor, ...]:
    """Return all flavors of a response, which lists them by zone and by type."""
    return tuple(_limited(_flavors(result.get("List"), "")))


def read_flavor(entry: Json, zone: str = "") -> Flavor:
    """Return one flavor; its id is empty if it has none."""
    return Flavor(
        id=_text(entry.get("Id")) or "",
        zone=zone or _text(entry.get("ZoneId")) or "",
        is_deprecated=entry.get("Deprecated") is True,
        gpus=_number(entry.get("GPUNum")),
        gpu_type=_text(entry.get("GPUType")) or "",
        vcpu=_number(entry.get("vCPU")),
        memory=_number(entry.get("Memory")),
    )


def read_mounts(result: Json) -> tuple[Mount, ...]:
    """Return the file systems of a response that have an id."""
    found = (
        Mount(
            _text(entry.get("VepfsId")) or "",
            _text(entry.get("VepfsName")) or "",
            _texts(entry.get("ReadWriteDirectories")),
            _texts(entry.get("ReadOnlyDirectories")),
        )
        for entry in _entries(result)
    )
    return tuple(mount for mount in found if mount.vepfs_id)


def _flavors(node: object, zone: str, level: int = 0) -> Iterator[Flavor]:
    """Yield the flavors below a node: `{zone: {type: [flavor]}}`, or with one level less."""
    if isinstance(node, list):
        for entry in node:
            if isinstance(entry, Mapping):
                flavor = read_flavor(entry, zone)
                if flavor.id:
                    yield flavor
    elif isinstance(node, Mapping) and level < 2:
        for key, below in node.items():
            yield from _flavors(below, key if level == 0 else zone, level + 1)


def _limited(found: Iterator[Flavor]) -> Iterator[Flavor]:
    for _, flavor in zip(range(MOST_ENTRIES), found, strict=False):
        yield flavor


def _entries(result: Json) -> Iterator[Json]:
    """Yield the objects of the list in a response, under whatever known key it is."""
    listed = next((result[key] for key in _LIST_KEYS if isinstance(result.get(key), list)), [])
    for entry in listed[:MOST_ENTRIES] if isinstance(listed, list) else ():
        if isinstance(entry, Mapping):
            yield entry


def _quota(value: object) -> Quota | None:
    if not isinstance(value, Mapping):
        return None
    gpus = value.get("GPUResources")
    return Quota(_number(value.get("VCPU")), _number(value.get("Memory")), _amounts(gpus))


def _amounts(value: object) -> dict[str, float] | None:
    if not isinstance(value, Mapping):
        return None
    found = ((str(key), _number(amount)) for key, amount in value.items())
    return {key: amount for key, amount in found if amount is not None}


def _text(value: object) -> str | None:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(item for item in value[:MOST_ENTRIES] if isinstance(item, str))


def _number(value: object) -> float | None:
    """Return a number that is finite and not negative; also one that is written as text."""
    if isinstance(value, str) and len(value) < 20 and value.isascii():
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None
