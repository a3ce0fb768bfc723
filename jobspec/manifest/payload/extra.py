"""The fields of `extra`: any field of the create request that has no name in a manifest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.manifest.payload.fields import (
    CLAIM,
    LISTS,
    RECORD_FIELDS,
    RESOURCE_FIELDS,
    ROLE_FIELDS,
    SERVICE_FIELDS,
    STORAGE_KEYS,
    known_fields,
    manifest_field,
)
from jobspec.manifest.schema.spelling import form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLOSED = frozenset({"Credential", "ImageSpec.Credential"})
"""Maps of credentials: nothing may be added to them."""
_ALIASES = {
    "entrypoint": "spec.entrypoint",
    "image": "spec.image",
    "imageurl": "spec.image",
    "imageid": "spec.image",
    "imagecredential": "spec.image.credential",
    "taskname": "metadata.name",
    "resourcequeuename": "spec.resourceQueue",
    "usercodepath": "spec.code",
    "remotemountcodepath": "spec.code",
    "activedeadline": "spec.activeDeadline",
    "enabletensorboard": "spec.tensorboard",
}
"""Names that other clients have for fields of a manifest, by their form."""
_ALIASES_OF_A_ROLE = {
    "flavor": "flavor",
    "flavorid": "flavor",
    "resourcespec": "flavor",
    "replicas": "replicas",
}


class Misplaced(Struct, frozen=True):
    """A field in an `extra`: its path there, and its name in a manifest; empty if the platform sets it."""

    path: tuple[str, ...]
    field: str


def merged(wire: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return wire fields with those of `extra`; a map is merged into a map."""
    result = dict(wire)
    for key, value in extra.items():
        own = result.get(key)
        both = isinstance(own, dict) and isinstance(value, dict)
        result[key] = merged(own or {}, value) if both else value
    return result


def misplaced(extra: Mapping[str, Any]) -> Iterator[Misplaced]:
    """Yield each field in `spec.extra` that a manifest has a name for, or that the platform sets.

    The platform may accept a field in any case, so the spelling does not matter.
    """
    record = {form(name) for name in RECORD_FIELDS}
    for key in extra:
        if form(key) in record:
            yield Misplaced((key,), "")
        elif form(key) in _ALIASES:
            yield Misplaced((key,), _ALIASES[form(key)])
    yield from _named(extra, "")


def _named(extra: Mapping[str, Any], prefix: str) -> Iterator[Misplaced]:
    known = known_fields(prefix)
    for key, value in extra.items():
        wire = known.get(form(key))
        if wire is None:
            continue
        path = f"{prefix}{wire}"
        is_open = isinstance(value, dict) and path not in _CLOSED and known_fields(f"{path}.")
        if path in LISTS:
            yield Misplaced((key,), f"spec.{LISTS[path]}[].extra")
        elif is_open and key == wire:
            yield from (Misplaced((key, *one.path), one.field) for one in _named(value, f"{path}."))
        elif is_open:
            yield Misplaced((key,), f"spec.extra.{path}")
        else:
            yield Misplaced((key,), manifest_field(path))


def misplaced_in_item(wire: str, item: Mapping[str, Any]) -> Iterator[Misplaced]:
    """Yield each field in the `extra` of an item that a manifest has a name for.

    `wire` is the name of the list in the API; `item` is the item as written.
    """
    known = {form(name): field for field, name in _names_in(wire, item).items()}
    for key, value in item["extra"].items():
        name = known.get(form(key))
        if key == CLAIM and item.get("resources") is not None and isinstance(value, dict):
            inside = {form(name): field for field, name in RESOURCE_FIELDS.items()}
            found = (inside[form(one)] for one in value if form(one) in inside)
            yield from (Misplaced((key,), f"resources.{field}") for field in found)
        elif name is not None:
            yield Misplaced((key,), name)
        elif wire == "TaskRoleSpecs" and form(key) in _ALIASES_OF_A_ROLE:
            yield Misplaced((key,), _ALIASES_OF_A_ROLE[form(key)])


def _names_in(wire: str, item: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the wire name of each field that an item of a list can have."""
    match wire:
        case "TaskRoleSpecs":
            return {**ROLE_FIELDS, "resources": CLAIM}
        case "Storages":
            return {key: key for key in (*STORAGE_KEYS, *item) if key not in ("extra", "remove")}
        case "DiagOptions":
            return {"name": "Name", "enabled": "Enable", "interval": f"{item['name']}Interval"}
        case _:
            return SERVICE_FIELDS
