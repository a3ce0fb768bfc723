"""Find the name that a misspelled one most likely means. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.schema.limits import MAX_COMPARED

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the most similar of the known names; None if none is. Of a long name, the start counts."""
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    found = get_close_matches(name[:MAX_COMPARED], list(known), 1, cutoff)
    return found[0] if found else None
