"""Find the place of a value, or of its key, in the tree of a document. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.yaml.tree import Key, Node, at_path

if TYPE_CHECKING:
    from jobspec.diagnostics import Place


def place_at(document: Node, *path: Key) -> Place:
    """Return the place of the value at a path, or of the nearest value above it."""
    return at_path(document, path).extent.place


def key_place(document: Node, *path: Key) -> Place:
    """Return the place of the key at a path, or of the nearest value above it."""
    found = at_path(document, path)
    return (found.key.at if found.key else found.extent).place
