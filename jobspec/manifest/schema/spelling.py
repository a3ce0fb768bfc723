"""Find keys that differ from another key only in their spelling. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ALIKE = "alike"
"""The type of the error for keys that differ from another key only in their spelling."""
_SLIP = 0.82
"""Similarity of a misspelled key to the intended one: `readOny`, `bukcet`; unlike `nasIp` and `nasId`."""
_MAX_COMPARED = 100


def form(key: str) -> str:
    """Return a key without the parts that users spell differently: case, `_`, `-` and spaces."""
    return "".join(key.casefold().replace("_", "").replace("-", "").split())


def alike(extras: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Return each extra key that seems to be a misspelling or a variant of another key, with that key."""
    fields = {form(key): key for key in known}
    taken = dict(fields)
    found = []
    for key in extras:
        spelt = form(key)
        meant = taken.setdefault(spelt, key)
        if spelt not in fields:
            near = get_close_matches(spelt[:_MAX_COMPARED], list(fields), 1, _SLIP)
            meant = fields[near[0]] if near else meant
        if meant != key:
            found.append((key, meant))
    return found
