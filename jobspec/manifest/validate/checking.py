"""Check a tree: by the published schema, and by the models only to decide in doubt and to explain. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec.manifest.validate import published
from jobspec.manifest.yaml.tree import plain

if TYPE_CHECKING:
    from jobspec.diagnostics import Diagnostic
    from jobspec.manifest.validate.published import Part
    from jobspec.manifest.yaml.tree import Node


def check(part: Part, document: Node) -> tuple[dict[str, Any] | None, tuple[Diagnostic, ...]]:
    """Return the plain values of a document, or None; and its problems of shape, limited in number."""
    values = plain(document)
    if published.accepts(part, values):
        return values, ()
    from jobspec.manifest.validate.shape import explain  # noqa: PLC0415 - pydantic, only to explain

    return explain(part, document)
