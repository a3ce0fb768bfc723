"""Text of users made safe and measurable for a terminal; pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

TAB_CELLS = 4
_ZERO_WIDTH = frozenset({"Mn", "Me"})
_JOINER = "\u200d"


def printable(text: str) -> str:
    """The text on one line, with each character that could act on a terminal made visible."""
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))
    return character if character.isprintable() or character == _JOINER else "\ufffd"


def cells(character: str) -> int:
    """How many cells of a terminal a printable character takes."""
    if unicodedata.category(character) in _ZERO_WIDTH or character == _JOINER:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a line, and where in it (in cells) the marked stretch is."""

    text: str
    indent: int
    length: int


def excerpt(line: str, start: int, end: int, *, width: int) -> Excerpt:
    """The part of a line around the characters from `start` to `end` that fits into `width` cells."""
    shown = [" " * TAB_CELLS if character == "\t" else _visible(character) for character in line]
    sizes = [sum(map(cells, piece)) for piece in shown]
    first, last = _window(sizes, start, width)
    before, behind = "…" if first else "", "…" if last < len(shown) else ""
    indent = len(before) + sum(sizes[first:start])
    marked = min(sum(sizes[start:end]), sum(sizes[start:last]))
    return Excerpt(before + "".join(shown[first:last]) + behind, indent, max(1, marked))


def _window(sizes: list[int], start: int, width: int) -> tuple[int, int]:
    """The stretch of characters to show: all, or what fits with the marked ones well inside."""
    if sum(sizes) <= width:
        return 0, len(sizes)
    room = max(width - 2, 10)
    first = min(start, len(sizes))
    lead = room // 3
    while first > 0 and lead >= sizes[first - 1]:
        first -= 1
        lead -= sizes[first]
    last, used = first, 0
    while last < len(sizes) and used + sizes[last] <= room:
        used += sizes[last]
        last += 1
    return first, last
