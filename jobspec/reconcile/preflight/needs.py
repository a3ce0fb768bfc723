"""What the submits of a plan need of the platform: queues, flavors and directories. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct, field

from jobspec.reconcile.usage.hours import roles_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.planning.plan import Change

Tasks: TypeAlias = tuple[str, ...]
Need = TypeVar("Need", str, "FlavorNeed", "MountNeed")


class FlavorNeed(Struct, frozen=True, order=True):
    """A flavor that a task needs in a queue, or in the zone of its role; without a queue, anywhere."""

    flavor: str
    queue: str = ""
    zone: str = ""


class MountNeed(Struct, frozen=True, order=True):
    """A directory of a vePFS file system that a task mounts from a queue.

    `unlisted` is how the storage names the file system, if not by the id under which mounts are listed.
    """

    vepfs: str
    queue: str
    path: str
    is_read_only: bool
    unlisted: str = ""


class Needs(Struct, frozen=True):
    """Each need, with the tasks that have it. Nothing can be read about resource groups."""

    queues: Mapping[str, Tasks] = field(default_factory=dict)
    flavors: Mapping[FlavorNeed, Tasks] = field(default_factory=dict)
    mounts: Mapping[MountNeed, Tasks] = field(default_factory=dict)


def needs_of(changes: Iterable[Change]) -> Needs:
    """Return the needs of every run that the changes submit, now or later."""
    queues: defaultdict[str, list[str]] = defaultdict(list)
    flavors: defaultdict[FlavorNeed, list[str]] = defaultdict(list)
    mounts: defaultdict[MountNeed, list[str]] = defaultdict(list)
    for change in changes:
        for step in change.adds:
            queue = _text(step.payload, "ResourceQueueId")
            if queue:
                queues[queue].append(change.task)
            for flavor in _flavors(step.payload, queue):
                flavors[flavor].append(change.task)
            for mount in _mounts(step.payload, queue):
                mounts[mount].append(change.task)
    return Needs(_sorted(queues), _sorted(flavors), _sorted(mounts))


def _sorted(found: Mapping[Need, list[str]]) -> dict[Need, Tasks]:
    return {key: tuple(dict.fromkeys(found[key])) for key in sorted(found)}


def _flavors(payload: Mapping[str, object], queue: str) -> Iterable[FlavorNeed]:
    for role in roles_of(payload):
        flavor = _text(role, "ResourceSpecId")
        if flavor:
            yield FlavorNeed(flavor, queue, _text(role, "ZoneId"))


def _mounts(payload: Mapping[str, object], queue: str) -> Iterable[MountNeed]:
    storages = payload.get("Storages")
    for storage in storages if isinstance(storages, list) else ():
        kind, is_read_only = storage.get("Type"), storage.get("ReadOnly") is True
        if kind in {"Vepfs", "VepfsAP"}:
            vepfs, unlisted = _file_system(storage) if kind == "Vepfs" else _access_point(storage)
            yield MountNeed(vepfs, queue, _text(storage, "SubPath"), is_read_only, unlisted)


def _file_system(storage: Mapping[str, object]) -> tuple[str, str]:
    vepfs, name = _text(storage, "VepfsId") or _text(storage, "Id"), _text(storage, "FsName")
    if vepfs:
        return vepfs, ""
    return (name, "`fsName`") if name else ("without an id", "no id")


def _access_point(storage: Mapping[str, object]) -> tuple[str, str]:
    point = _text(storage, "VepfsAccessPointId") or _text(storage, "VepfsId")
    return f"access point {point}".strip(), "an access point"


def _text(part: Mapping[str, object], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""
