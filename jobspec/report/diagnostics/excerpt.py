"""The part of a user's line around the marked text, cut to the width of a terminal. Pure."""

from __future__ import annotations

from msgspec import Struct

from jobspec.report.text import cells, visible

TAB_CELLS = 4


class Excerpt(Struct, frozen=True):
    """A part of a line, and where the marked text is in it, in cells."""

    text: str
    indent: int
    length: int


def excerpt(line: str, start: int, end: int, *, width: int) -> Excerpt:
    """Return the part of a line around the characters from `start` to `end` that fits into `width` cells.

    It reads no more of the line than may fit: a line can be the whole of a large file.
    """
    cut, whole = max(0, start - width - 1), len(line)
    line, start, end = line[cut : start + width + 1], start - cut, end - cut
    shown = [" " * TAB_CELLS if one == "\t" else seen for one, seen in zip(line, visible(line), strict=True)]
    sizes = [sum(map(cells, piece)) for piece in shown]
    first, last = _window(sizes, start, width)
    before, behind = "…" if cut + first else "", "…" if cut + last < whole else ""
    indent = len(before) + sum(sizes[first:start])
    marked = min(sum(sizes[start:end]), sum(sizes[start:last]))
    return Excerpt(before + "".join(shown[first:last]) + behind, indent, max(1, marked))


def _window(sizes: list[int], start: int, width: int) -> tuple[int, int]:
    """Return the range of characters to show: all, or as many as fit around the marked ones."""
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
