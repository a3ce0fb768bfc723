"""Write JSON so that it can be read as YAML, with the same positions of lines. Pure."""

from __future__ import annotations

import json
import re

_PAIR = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
"""Two escapes for one character, which YAML does not know."""
_LINE_BREAKS = (
    (b"\xc2\x85", b"\\u0085"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)
"""Characters in a text of JSON that end a line of YAML, and their escapes."""


def readable(data: bytes) -> bytes:
    """Return JSON as YAML that means the same; anything else as it is."""
    if data.lstrip()[:1] not in (b"{", b"[") or not _is_json(data):
        return data
    for sign, escape in _LINE_BREAKS:
        data = data.replace(sign, escape)
    return _PAIR.sub(_character, data.replace(b"\t", b" "))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _character(match: re.Match[bytes]) -> bytes:
    high, low = int(match[2], 16), int(match[3], 16)
    return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
