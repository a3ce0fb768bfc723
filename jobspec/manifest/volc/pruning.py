"""Leave out of a manifest what is not valid in it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobspec.diagnostics import Diagnostic, Place


def without(tree: Mapping, problems: Collection[Diagnostic]) -> Mapping:
    """Return the tree without the fields and items that the problems are at."""
    places = {problem.place for problem in problems if problem.place is not None}
    entries = {
        name: (key, _pruned(node, places) if isinstance(node, Mapping) else node)
        for name, (key, node) in tree.entries.items()
    }
    return replace(tree, entries=entries)


def _pruned(node: Node, places: Collection[Place]) -> Node:
    if isinstance(node, Mapping):
        kept = {
            name: (key, _pruned(value, places))
            for name, (key, value) in node.entries.items()
            if not _is_at(key, value, places)
        }
        return replace(node, entries=kept)
    if isinstance(node, Sequence):
        items = tuple(_pruned(item, places) for item in node.items if item.at.place not in places)
        return replace(node, items=items)
    return node


def _is_at(key: Scalar, value: Node, places: Collection[Place]) -> bool:
    return key.at.place in places or value.at.place in places
