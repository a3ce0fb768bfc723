"""The fields of `extra`: any field of the create request that has no name in a manifest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.payload.fields import (
    CLAIM,
    RESOURCE_FIELDS,
    ROLE_FIELDS,
    SERVICE_FIELDS,
    STORAGE_KEYS,
    known_fields,
    manifest_field,
)
from jobspec.manifest.schema.spelling import form
from jobspec.manifest.values import SecretRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LISTS = {
    "TaskRoleSpecs": "roles",
    "Storages": "storages",
    "DiagOptions": "diagnostics",
    "CustomServices": "services",
}


def merged(wire: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return wire fields with those of `extra`; a map is merged into a map."""
    result = dict(wire)
    for key, value in extra.items():
        own = result.get(key)
        both = isinstance(own, dict) and isinstance(value, dict)
        result[key] = merged(own or {}, value) if both else value
    return result


def secrets_as_references(value: Any) -> Any:
    """Return the value with each `{secret: {env: NAME}}` as a reference."""
    if isinstance(value, dict):
        found = _reference(value)
        return found or {key: secrets_as_references(part) for key, part in value.items()}
    return [secrets_as_references(item) for item in value] if isinstance(value, list) else value


def _reference(value: Mapping[str, Any]) -> SecretRef | None:
    source = value.get("secret")
    if len(value) != 1 or not isinstance(source, dict) or len(source) != 1:
        return None
    [(kind, name)] = source.items()
    return SecretRef(kind, name) if kind in ("env", "file") and isinstance(name, str) and name else None


def shadowed(extra: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path of each field in `spec.extra` that a manifest has a name for, and that name.

    The platform may accept a field in any case, so the case does not matter.
    """
    known = known_fields(prefix)
    for key, value in extra.items():
        wire = known.get(form(key))
        if wire is None:
            continue
        path = f"{prefix}{wire}"
        if path in _LISTS:
            yield (key,), f"spec.{_LISTS[path]}[].extra"
        elif isinstance(value, dict) and known_fields(f"{path}."):
            yield from (((key, *rest), name) for rest, name in shadowed(value, f"{path}."))
        else:
            yield (key,), manifest_field(path)


def shadowed_in_item(wire: str, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key in the `extra` of an item that a manifest has a name for, and that name.

    `wire` is the name of the list in the API; `item` is the item as written.
    """
    known = {form(name): field for field, name in _names_in(wire, item).items()}
    for key, value in item["extra"].items():
        name = known.get(form(key))
        if form(key) == form(CLAIM) and wire == "TaskRoleSpecs" and isinstance(value, dict):
            inside = {form(name): field for field, name in RESOURCE_FIELDS.items()}
            yield from ((key, f"resources.{inside[form(one)]}") for one in value if form(one) in inside)
        elif name is not None:
            yield key, name


def _names_in(wire: str, item: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the wire name of each field that an item of a list can have."""
    match wire:
        case "TaskRoleSpecs":
            return {**ROLE_FIELDS, "resources": CLAIM}
        case "Storages":
            return {key: key for key in (*STORAGE_KEYS, *item) if key != "extra"}
        case "DiagOptions":
            return {"name": "Name", "enabled": "Enable", "interval": f"{item['name']}Interval"}
        case _:
            return SERVICE_FIELDS
