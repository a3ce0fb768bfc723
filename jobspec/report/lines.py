"""Logs on their way to a person: replicas told apart, and nothing left that acts on a terminal."""

from __future__ import annotations

import codecs
import re

# All controls but tab, line feed and carriage return; bidi overrides; escapes that are no mere colour.
_ACTING = re.compile(
    r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


class Harmless:
    """Makes visible what would act on a terminal; colours and progress bars stay."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def show(self, data: bytes) -> bytes:
        """Return the next stretch of a log as it may be shown."""
        text = self._decoder.decode(data)
        return _ACTING.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "replace")


class LinePrefixer:
    """Puts each replica's name before its lines; keeps what is not yet a whole line."""

    def __init__(self) -> None:
        self._open: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> bytes:
        """Return the lines that are whole now."""
        *lines, rest = (self._open.get(name, b"") + data).split(b"\n")
        self._open[name] = rest
        return b"".join(_line(name, line) for line in lines)

    def rest(self) -> bytes:
        """Return what was left without an end of line."""
        rests = b"".join(_line(name, rest) for name, rest in self._open.items() if rest)
        self._open.clear()
        return rests


def _line(name: str, line: bytes) -> bytes:
    return f"{name} | ".encode() + line + b"\n"
