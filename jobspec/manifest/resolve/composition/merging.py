"""The one rule for merging layers: defaults, environments, templates, and the task itself. Pure.

Maps merge deeply. The items of a keyed list merge by their key, and tags are united: inherited ones first.
All other lists and all scalars replace. `null` removes, and so does an item with `remove: true`. A layer is
always merged over all layers below it, so that the number of layers makes no difference.

The rule exists twice, for trees with positions and for plain values; `tests/proof/quick` holds both equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from jobspec.manifest.schema.keyed_lists import ALTERNATIVES, KEYED_LISTS, KINDS_OF_ITEMS, REMOVE, identity
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, plain

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

Path: TypeAlias = tuple[str, ...]
LAYERED = ("metadata", "spec", "lifecycle")
"""The parts of a task that a layer may have."""
_TAGS = ("metadata", "tags")
_MAX_LISTED_LEVEL = 2
"""Keyed lists are at most this deep; below, a map that overrides nothing is taken as it is."""
_FIELDS_OF_A_REMOVAL = 2
"""The key and `remove`; an item with more fields is a mistake, which the rules of a task report."""


def merge(under: Node | None, over: Node, path: Path = ()) -> Node:
    """Return a part of a layer with that of the layers below merged under it; `path` is its path."""
    if isinstance(over, Sequence):
        return _list(under, over, path)
    if not isinstance(over, Mapping):
        return over
    below = {} if under is None or _is_one_value(under, over) else _entries(under)
    if not below and len(path) >= _MAX_LISTED_LEVEL:
        return over
    entries = dict(below)
    for name, (key, value) in over.entries.items():
        found = below.get(name)
        entries[name] = (key, merge(found and found[1], value, (*path, name)))
    return replace(over, entries=entries)


def _entries(node: Node) -> dict[str, tuple[Scalar, Node]]:
    return node.entries if isinstance(node, Mapping) else {}


def _is_one_value(under: Node, over: Mapping) -> bool:
    """Whether one of two maps is a reference to a secret, which is replaced as a whole."""
    is_possible = "secret" in over.entries or "secret" in _entries(under)
    return is_possible and (_is_reference(plain(under)) or _is_reference(plain(over)))


def _list(under: Node | None, over: Sequence, path: Path) -> Sequence:
    below = under.items if isinstance(under, Sequence) else ()
    if path == _TAGS:
        own = {item.value for item in over.items if isinstance(item, Scalar)}
        shared = [item for item in below if not (isinstance(item, Scalar) and item.value in own)]
        return replace(over, items=(*shared, *over.items)) if shared else over
    items = _keyed(over.items, path)
    if items is None:
        return over
    merged: dict[str, Node] = dict(_keyed(below, path) or {})
    for key, item in items.items():
        if _is_removal(item):
            merged.pop(key, None)
        else:
            merged[key] = _item(merged.get(key), item, path)
    together = tuple(merged.values())
    is_same = len(together) == len(over.items) and all(map(_is, together, over.items))
    return over if is_same else replace(over, items=together)


def _is(one: Node, other: Node) -> bool:
    return one is other


def _item(under: Node | None, over: Node, path: Path) -> Node:
    kind = KINDS_OF_ITEMS.get(path[-1])
    if under is None or (kind and _is_of_another_kind(_value(under, kind), _value(over, kind))):
        return over
    return merge(_without_alternatives(under, over, path), over, (*path, ""))


def _without_alternatives(under: Node, over: Node, path: Path) -> Node:
    fields = ALTERNATIVES.get(path[-1])
    if not fields or not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return under
    dropped = {other for field, other in fields.items() if _is_set(over.get(field)) and not over.get(other)}
    return replace(under, entries={name: one for name, one in under.entries.items() if name not in dropped})


def _is_set(node: Node | None) -> bool:
    return node is not None and not (isinstance(node, Scalar) and node.value is None)


def _value(item: Node, field: str) -> object:
    node = item.get(field) if isinstance(item, Mapping) else None
    return node.value if isinstance(node, Scalar) else None


def _keyed(items: tuple[Node, ...], path: Path) -> dict[str, Node] | None:
    """Return the items of a keyed list by their keys; None for another list, or without unique keys."""
    field = _key_field(path)
    if field is None:
        return None
    found = {key: item for item in items if (key := identity(_value(item, field))) is not None}
    return found if len(found) == len(items) else None


def _is_removal(item: Node) -> bool:
    is_alone = isinstance(item, Mapping) and len(item.entries) == _FIELDS_OF_A_REMOVAL
    return is_alone and _value(item, REMOVE) is True


def merge_values(under: Any, over: Any, path: Path = ()) -> Any:
    """Return what `merge` returns, for plain values; what is absent below is None."""
    if isinstance(over, list):
        return _list_of_values(under, over, path)
    if not isinstance(over, dict):
        return over
    below = under if isinstance(under, dict) and not _is_one_of_values(under, over) else {}
    if not below and len(path) >= _MAX_LISTED_LEVEL:
        return over
    both = {name: merge_values(below.get(name), value, (*path, name)) for name, value in over.items()}
    return {**below, **both}


def _is_one_of_values(under: Map[str, Any], over: Map[str, Any]) -> bool:
    is_possible = "secret" in over or "secret" in under
    return is_possible and (_is_reference(under) or _is_reference(over))


def _is_reference(value: Any) -> bool:
    """Whether a value is `{secret: {env: NAME}}` or `{secret: {file: path}}`."""
    source = value.get("secret") if isinstance(value, dict) and len(value) == 1 else None
    return isinstance(source, dict) and len(source) == 1 and next(iter(source)) in ("env", "file")


def _list_of_values(under: Any, over: list[Any], path: Path) -> list[Any]:
    below = under if isinstance(under, list) else []
    if path == _TAGS:
        return [*(tag for tag in below if _is_nested(tag) or tag not in over), *over]
    if not below and not any(isinstance(item, dict) and REMOVE in item for item in over):
        return over
    items = _keyed_values(over, path)
    if items is None:
        return over
    merged: dict[str, Any] = dict(_keyed_values(below, path) or {})
    for key, item in items.items():
        if item.get(REMOVE) is True and len(item) == _FIELDS_OF_A_REMOVAL:
            merged.pop(key, None)
        else:
            merged[key] = _item_of_values(merged.get(key), item, path)
    return list(merged.values())


def _is_nested(tag: Any) -> bool:
    return isinstance(tag, (list, dict))


def _item_of_values(under: Any, over: Any, path: Path) -> Any:
    kind = KINDS_OF_ITEMS.get(path[-1])
    if under is None or (kind and _is_of_another_kind(under.get(kind), over.get(kind))):
        return over
    fields = ALTERNATIVES.get(path[-1], {})
    dropped = {other for field, other in fields.items() if over.get(field) is not None and other not in over}
    kept = {name: value for name, value in under.items() if name not in dropped} if dropped else under
    return merge_values(kept, over, (*path, ""))


def _keyed_values(items: list[Any], path: Path) -> dict[str, Any] | None:
    field = _key_field(path)
    if field is None or not all(isinstance(item, dict) for item in items):
        return None
    found = {key: item for item in items if (key := identity(item.get(field))) is not None}
    return found if len(found) == len(items) else None


def _key_field(path: Path) -> str | None:
    return KEYED_LISTS.get(path[1]) if len(path) == _MAX_LISTED_LEVEL and path[0] == "spec" else None


def _is_of_another_kind(under: object, over: object) -> bool:
    return isinstance(under, str) and isinstance(over, str) and under != over
