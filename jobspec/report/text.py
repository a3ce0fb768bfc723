"""Small pieces of terminal text: colour, durations, columns.

Colour never carries meaning that words do not.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

from jobspec.deceptive import deceptive_places, escape
from jobspec.redaction.answers import encodable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ZERO_WIDTH = frozenset({"Mn", "Me"})
PAST = {
    "submit": "submitted",
    "replace": "replaced",
    "cancel": "cancelled",
    "delete": "deleted",
    "update": "updated",
    "rename": "renamed",
    "adopt": "adopted",
    "release": "released",
}
"""The past participle of each action of a plan."""
_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "dim": "2", "bold": "1"}


def paint(text: str, style: str, *, colour: bool) -> str:
    """Return the text in a style such as `red` or `bold red`; unchanged without colour."""
    if not colour or not text:
        return text
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m"


def printable(text: str) -> str:
    """Return the text on one line, with each character that could act on a terminal made visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(visible(text))


def visible(text: str) -> list[str]:
    """Return the characters, each as itself or as its replacement.

    Control characters, invisible ones, and those that look like another character are replaced by escapes.
    """
    hidden = deceptive_places(text)
    return [escape(one) if place in hidden else _visible(one) for place, one in enumerate(text)]


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))
    return "\\u007f" if character == "\x7f" else character


def whole_characters(value: object) -> object:
    """Return the value with all its texts encodable; only texts, lists and maps are changed."""
    if isinstance(value, str):
        return value if value.isascii() else encodable(value)
    if isinstance(value, dict):
        return {whole_characters(key): whole_characters(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(whole_characters, value))
    return value


def escaped_json(text: str) -> str:
    """Return the same JSON with an escape for each character that is invisible or looks like another one."""
    if text.isascii() and "\x7f" not in text:
        return text
    hidden = {*deceptive_places(text), *(match.start() for match in re.finditer("\x7f", text))}
    return "".join(json.dumps(c)[1:-1] if place in hidden else c for place, c in enumerate(text))


def cells(character: str) -> int:
    """Return the number of terminal cells of a printable character."""
    if unicodedata.category(character) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def duration(seconds: float) -> str:
    """Format a duration: `45s`, `3m20s`, `5h12m`, `3d4h`."""
    total = max(0, int(seconds))
    for unit, size, smaller, smaller_size in (
        ("d", 86400, "h", 3600),
        ("h", 3600, "m", 60),
        ("m", 60, "s", 1),
    ):
        if total >= size:
            rest = total % size // smaller_size
            return f"{total // size}{unit}{rest}{smaller}" if rest else f"{total // size}{unit}"
    return f"{total}s"


def width_of(text: str) -> int:
    """Return the number of terminal columns; CJK characters take two."""
    if text.isascii():
        return len(text)
    return sum(map(cells, text))


def cut(text: str, most: int) -> str:
    """Return the text, or the part that fits into `most` columns, with `…` at its end."""
    return text if width_of(text) <= most else f"{_start(text, most - 1)}…"[: max(most, 0)]


def shortened(text: str, most: int) -> str:
    """Return the text, or both its ends around `…`, in `most` columns: names differ at both ends."""
    if width_of(text) <= most:
        return text
    end = _start(text[::-1], (most - 1) // 2)[::-1]
    return f"{_start(text, most - 1 - width_of(end))}…{end}"[: max(most, 0)]


def _start(text: str, most: int) -> str:
    used = 0
    for place, character in enumerate(text):
        used += cells(character)
        if used > most:
            return text[:place]
    return text


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the rows with their cells aligned, two spaces apart, without trailing spaces."""
    table = [tuple(row) for row in rows]
    return aligned(table, widths_of(table))


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column of a table."""
    return [max(map(width_of, cells)) for cells in zip(*rows, strict=True)]


def aligned(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Return the rows with their cells padded to at least these widths, as `columns` does."""
    return [
        "  ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - width_of(cell))


def count(number: int, noun: str) -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
