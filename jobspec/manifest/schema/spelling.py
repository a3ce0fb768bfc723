"""Keys that differ from another one only in how they are spelt; pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ALIKE = "alike"
"""The type of the error about keys that differ from another one only in their spelling."""
_SLIP = 0.82
"""How alike a misspelt key is to the one it means: `readOny`, `bukcet`; unlike `nasIp` and `nasId`."""
_MAX_COMPARED = 100


def form(key: str) -> str:
    """A key without what people spell differently: case, `_`, `-` and spaces."""
    return "".join(key.casefold().replace("_", "").replace("-", "").split())


def alike(extras: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Each extra key that seems to be another key misspelt, or means the same as it, with that other key."""
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
