"""A task as releases before 0.2 composed it, so that the runs they submitted still match. Pure.

They did not merge keyed lists: a task's list replaced the default one, an environment's that of the project.
Only this difference is considered: a task that extends templates did not exist then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jobspec.manifest.schema.keyed_lists import KEYED_LISTS, REMOVE
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, child, merge, plain

if TYPE_CHECKING:
    from collections.abc import Mapping as Map


def earlier_lists(defaults: Node | None, own: Node | None, over: Node | None) -> Mapping | None:
    """Return defaults with only the keyed lists, as those releases read them; None without keyed lists.

    `defaults` are those of the project with the environment's merged over them; `own` and `over` are the two.
    """
    spec = child(defaults, "spec")
    if not isinstance(spec, Mapping) or not any(isinstance(spec.get(name), Sequence) for name in KEYED_LISTS):
        return None
    whole = over if own is None else (own if over is None else merge(own, over))
    lists = child(whole, "spec")
    entries = lists.entries if isinstance(lists, Mapping) else {}
    kept = {name: entry for name, entry in entries.items() if name in KEYED_LISTS}
    return Mapping({"spec": (Scalar("spec", "spec", "", spec.at), replace(spec, entries=kept))}, spec.at)


def earlier_tree(document: Mapping, defaults: Mapping, merged: Mapping) -> Mapping | None:
    """Return a merged document with the keyed lists of those releases; None if they are the same."""
    own, below, spec = document.get("spec"), child(defaults, "spec"), merged.get("spec")
    if (own is not None and not isinstance(own, Mapping)) or not isinstance(spec, Mapping):
        return None
    lists = {**_entries(below), **_entries(own)}
    changed = {name: lists[name] for name in KEYED_LISTS if name in lists}
    found = {name: plain(value) for name, (_, value) in changed.items()}
    if not is_different(found, plain(spec)):
        return None
    key = merged.entries["spec"][0]
    earlier = replace(spec, entries={**spec.entries, **changed})
    return replace(merged, entries={**merged.entries, "spec": (key, earlier)})


def _entries(node: Node | None) -> dict[str, tuple[Scalar, Node]]:
    return node.entries if isinstance(node, Mapping) else {}


def earlier_values(
    document: Map[str, Any], lists: Map[str, Any], merged: Map[str, Any]
) -> dict[str, Any] | None:
    """Return what `earlier_tree` returns, for plain values without null; `lists` are the default ones."""
    own = document.get("spec", {})
    if not isinstance(own, dict):
        return None
    both = {**lists, **own}
    found = {name: both[name] for name in KEYED_LISTS if name in both}
    if not is_different(found, merged["spec"]):
        return None
    return {**merged, "spec": {**merged["spec"], **found}}


def is_different(lists: Map[str, Any], spec: Map[str, Any]) -> bool:
    """Whether lists may have been valid, and are not those of a spec; one with a part of an item was not."""
    if all(spec.get(name) == items for name, items in lists.items()):
        return False
    return not any(_is_partial(item, name) for name, items in lists.items() for item in items or ())


def _is_partial(item: Any, field: str) -> bool:
    if not isinstance(item, dict) or item.get(REMOVE) is not None:
        return True
    return any(item.get(name) is None for name in _REQUIRED.get(field, ()))


_REQUIRED = {"roles": ("name", "replicas"), "storages": ("mountPath", "type")}
