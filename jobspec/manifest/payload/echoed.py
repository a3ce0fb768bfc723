"""Replace chosen fields of a declared payload with the values that the platform returns for a run. Pure.

The hash of the result equals the run's spec hash if and only if the rest of the run is as declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.payload.fields import ITEM_KEYS, is_ignored, is_known, manifest_field, without_fields
from jobspec.manifest.values import SecretRef

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_ABSENT = object()
_PLACES = {"ResourceGroupId": "spec.resourceGroup", "ResourceQueueId": "spec.resourceQueue"}


def with_echoed(
    payload: Mapping[str, Any], echoed: Mapping[str, Any], paths: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the payload with the returned values of the fields that `paths` name, as in `ignoreChanges`.

    A field that is not returned may be hidden by the platform, or absent from the run: the first payload
    contains it as declared, the second omits it.
    """
    live = {key: value for key, value in echoed.items() if value != "" or key not in _PLACES}
    # A queue replaces the default group, and vice versa.
    ignored = {*paths, *_PLACES.values()} if set(_PLACES.values()) & set(paths) else set(paths)
    as_declared = _mixed_map(payload, live, "", ignored)
    return as_declared, _mixed_map(without_fields(payload, ignored), live, "", ignored)


def _mixed_map(
    declared: Mapping[str, Any], echoed: Mapping[str, Any], prefix: str, paths: Collection[str]
) -> dict[str, Any]:
    keys = [*declared, *(key for key in echoed if key not in declared and is_known(f"{prefix}{key}"))]
    mixed = (
        (key, _mixed(declared.get(key, _ABSENT), echoed.get(key), f"{prefix}{key}", paths)) for key in keys
    )
    return {key: value for key, value in mixed if value is not _ABSENT}


def _mixed(declared: Any, echoed: Any, path: str, paths: Collection[str]) -> Any:
    if echoed is None:
        return declared
    if path in ITEM_KEYS and isinstance(echoed, list):
        items = declared if isinstance(declared, list) else []
        return list(_mixed_items(items, echoed, path, paths))
    if is_ignored(manifest_field(path), paths):
        return _as_sent(echoed, path)
    if isinstance(declared, dict) and isinstance(echoed, dict):
        return _mixed_map(declared, echoed, f"{path}.", paths)
    return declared


def _mixed_items(
    declared: list[Any], echoed: list[Any], path: str, paths: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Yield the items of both lists by their key, in the order of a payload."""
    key = ITEM_KEYS[path]
    ours = {item[key]: item for item in declared}
    live = {
        item[key]: item for item in echoed if isinstance(item, dict) and isinstance(item.get(key), str | int)
    }
    for name in sorted(ours.keys() | live.keys()):
        item_path = f"{path}[{name}]"
        is_whole = is_ignored(manifest_field(item_path), paths)
        if is_whole and not (_is_secret(ours.get(name)) and _is_private(live.get(name))):
            if name in live:
                yield _as_sent(live[name], item_path)
        elif name in ours:
            yield _mixed_map(ours[name], {} if is_whole else live.get(name, {}), f"{item_path}.", paths)


def _is_secret(item: Mapping[str, Any] | None) -> bool:
    """Whether an item is a secret: the platform returns at most its value, but the hash has the reference."""
    return item is not None and isinstance(item.get("Value"), SecretRef)


def _is_private(item: Mapping[str, Any] | None) -> bool:
    return item is None or bool(item.get("IsPrivate"))


def _as_sent(echoed: Any, path: str) -> Any:
    """Return a value from the platform without what the platform adds to fields that a manifest names."""
    if isinstance(echoed, dict) and is_known(path):
        return {
            key: _as_sent(value, f"{path}.{key}")
            for key, value in echoed.items()
            if value is not None and is_known(f"{path}.{key}") and not (key == "IsPrivate" and not value)
        }
    if isinstance(echoed, list) and all(isinstance(item, str) for item in echoed):
        return sorted(echoed)
    return echoed
