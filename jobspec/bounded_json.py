"""Parse JSON from other programs, within limits. The caller limits the bytes. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 64
"""Maximum levels of nesting; safe for recursive code."""
MAX_SIGNS = 2_000_000
"""Maximum number of commas, colons and opening brackets, which limit the number of values.

The plan of 10,000 changes, the largest document that is read, has 1.5 million. 32 MiB of `{},` would need
gigabytes of memory.
"""
_DIGITS_OF_64_BITS = 19


def parse(text: bytes) -> object:
    """Return the value of a JSON document. Raises `ValueError` if it is invalid, too deep or too large."""
    if not has_few_values(text):
        raise ValueError("too many values")
    try:
        value: object = json.loads(text, parse_int=_whole_number)
    except RecursionError:
        raise ValueError("too deep") from None
    is_flat = text.count(b"[") + text.count(b"{") <= MAX_DEPTH
    if not is_flat and _is_deep(value):
        raise ValueError("too deep")
    return value


def has_few_values(text: bytes) -> bool:
    """Whether the document has at most `MAX_SIGNS` signs, so that its values fit into memory."""
    return len(text) <= MAX_SIGNS or sum(map(text.count, (b",", b":", b"[", b"{"))) <= MAX_SIGNS


def _whole_number(digits: str) -> int | float:
    """Return the number; beyond 64 bits as a float, because a far larger integer cannot become a float."""
    return int(digits) if len(digits) < _DIGITS_OF_64_BITS else float(digits)


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for one in level for part in _parts(one)]
    return bool(level)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
