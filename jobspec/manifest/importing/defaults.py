"""Adapt an imported manifest to a project's defaults, by overriding what they would add. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.importing.document import ORDER, Imported, Note
from jobspec.manifest.schema.keyed_lists import KEYED_LISTS, KINDS_OF_ITEMS, REMOVE, identity

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER = "Never"


def under_defaults(imported: Imported, defaults: Mapping[str, Any], *, is_managed: bool) -> Imported:
    """Return the manifest that means the same with the project's defaults merged under it.

    A null overrides a default.
    """
    spec = spec_under(imported.document["spec"], _map(defaults.get("spec")))
    lifecycle, more = _lifecycle(
        imported.document.get("lifecycle", {}), _map(defaults.get("lifecycle")), is_managed=is_managed
    )
    document = {**imported.document, "spec": {key: spec[key] for key in ORDER["spec"] if key in spec}}
    if lifecycle:
        document["lifecycle"] = lifecycle
    return Imported(document, (*imported.notes, *more))


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def spec_under(own: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec that means the same with the defaults merged under it."""
    rest = {key: value for key, value in defaults.items() if key != "env"}
    stated = _without(own, rest)
    env = _map(defaults.get("env"))
    if env:
        stated["env"] = _without(own["env"], env) if own.get("env") else None
    return stated


def _without(own: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map with null for each key that only the defaults have, recursively."""
    stated = dict(own)
    for key, value in defaults.items():
        if key not in own:
            stated |= {} if value is None else {key: None}
        elif isinstance(own[key], dict) and isinstance(value, dict):
            stated[key] = _without(own[key], value)
        elif isinstance(own[key], list) and isinstance(value, list) and key in KEYED_LISTS:
            stated[key] = _items_without(own[key], value, key)
    return stated


def _items_without(own: list[Any], defaults: list[Any], field: str) -> list[Any]:
    """Return the items of a keyed list that mean the same with the default items merged under them."""
    key, kind = KEYED_LISTS[field], KINDS_OF_ITEMS.get(field, "")
    known = {identity(item.get(key)): item for item in defaults}
    stated = []
    for item in own:
        default = known.pop(identity(item[key]), {})
        is_alike = default.get(kind, item.get(kind)) == item.get(kind)
        stated.append(_without(item, default) if is_alike else item)
    return [*stated, *({key: item[key], REMOVE: True} for item in known.values())]


def _lifecycle(
    own: dict[str, Any], defaults: Mapping[str, Any], *, is_managed: bool
) -> tuple[dict[str, Any], list[Note]]:
    stated = dict(own)
    notes = []
    if is_managed:
        stated = {key: None for key in ("protect", "onRemoval") if defaults.get(key) is not None} | stated
    if defaults.get("suspend"):
        stated["suspend"] = False
        notes.append(Note("lifecycle", "the project's default `suspend` would cancel the run"))
    if defaults.get("restartPolicy") not in (None, _NEVER):
        stated["restartPolicy"] = _NEVER
        notes.append(Note("lifecycle", "with the project's defaults, a failed run would be submitted again"))
    return stated, notes
