"""The queues, flavors and mounts of a platform, as a user describes them in a file. Pure.

The entries have the fields of the API's answers, so that an answer of the real platform can be pasted. Fields
that the reference does not name are kept and answered as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.local.errors import ApiError, LocalError
from jobspec.local.shapes import Check, boolean, integer, items, number, record, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Entry = dict[str, Any]

_AMOUNT = number(-1e-9, 1e12)
_ID = text(least=1, most=200)
_TEXTS = items(text(least=1))


def _amounts(value: object, path: str) -> None:
    record({}, {})(value, path)
    assert isinstance(value, dict)  # noqa: S101 - checked above, for the type checker
    for name, amount in value.items():
        _AMOUNT(amount, f"{path}.{name}")


_QUOTA = {"VCPU": _AMOUNT, "Memory": _AMOUNT, "GPUResources": _amounts, "RdmaEniCount": _AMOUNT}
_QUEUE: Mapping[str, Check] = {
    **dict.fromkeys(("Name", "Description", "State", "Role", "ZoneId", "ResourceGroupId"), text()),
    **dict.fromkeys(("Shareable", "SupportMGPU"), boolean),
    **dict.fromkeys(("QuotaCapability", "QuotaAllocated"), record({}, _QUOTA)),
    **dict.fromkeys(("VolumeCapability", "VolumeAllocated"), items(record({}, {}))),
}
_FLAVOR: Mapping[str, Check] = {
    **dict.fromkeys(("Name", "Type", "GPUType"), text()),
    "Deprecated": boolean,
    **dict.fromkeys(("vCPU", "Memory", "GPUMemory"), _AMOUNT),
    **dict.fromkeys(("GPUNum", "EniCount"), integer(0)),
    "Zones": _TEXTS,
}
_MOUNT: Mapping[str, Check] = {
    **dict.fromkeys(("StorageType", "VepfsName", "Status"), text()),
    **dict.fromkeys(("ReadWriteDirectories", "ReadOnlyDirectories", "ResourceQueueIds"), _TEXTS),
}
_PARTS: Mapping[str, tuple[str, Mapping[str, Check]]] = {
    "queues": ("Id", _QUEUE),
    "flavors": ("Id", _FLAVOR),
    "mounts": ("VepfsId", _MOUNT),
}


class Inventory(Struct, frozen=True):
    """What a platform has. An empty part is unknown: the local platform then describes this machine."""

    queues: tuple[Entry, ...] = ()
    flavors: tuple[Entry, ...] = ()
    mounts: tuple[Entry, ...] = ()

    def queue(self, queue_id: str) -> Entry | None:
        """Return the queue with this id."""
        return next((one for one in self.queues if one["Id"] == queue_id), None)


NOTHING = Inventory()


def inventory_of(content: object, file: str) -> Inventory:
    """Return the inventory in the parsed content of a file. Raises `LocalError` for content that is wrong."""
    try:
        _check(content)
    except ApiError as wrong:
        raise LocalError(
            f"the inventory `{file}` is invalid: {wrong.message}",
            help="correct it; docs/platforms.md has an example under `Queues, flavors and mounts`",
        ) from None
    assert isinstance(content, dict)  # noqa: S101 - checked above, for the type checker
    return Inventory(**{part: tuple(content.get(part) or ()) for part in _PARTS})


def _check(content: object) -> None:
    parts = {part: items(record({key: _ID}, fields)) for part, (key, fields) in _PARTS.items()}
    record({}, parts)(content, "")
    assert isinstance(content, dict)  # noqa: S101 - checked above, for the type checker
    for problem in _misspelled(content, _PARTS, ""):
        raise problem
    for part, (key, fields) in _PARTS.items():
        for problem in _wrong_entries(content.get(part) or [], part, key, fields):
            raise problem
    for part in sorted(content.keys() - _PARTS.keys()):
        raise ApiError("InvalidParameter", f"`{part}` is not a part of it; the parts are {', '.join(_PARTS)}")


def _wrong_entries(
    entries: list[Entry], part: str, key: str, fields: Mapping[str, Check]
) -> Iterator[ApiError]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        yield from _misspelled(entry, {key, *fields}, f"{part}[{index}].")
        if entry[key] in seen and part != "mounts":
            yield ApiError("InvalidParameter", f"`{part}[{index}].{key}` repeats `{entry[key]}`")
        seen.add(entry[key])


def _misspelled(
    entry: Mapping[str, Any], known: Mapping[str, Any] | set[str], where: str
) -> Iterator[ApiError]:
    """Yield an error for each key that differs from a known one only in case: it would have no effect."""
    by_form = {one.casefold(): one for one in known}
    for key in entry:
        meant = by_form.get(key.casefold(), key) if isinstance(key, str) else key
        if meant != key:
            yield ApiError("InvalidParameter", f"`{where}{key}` is written `{meant}`")
