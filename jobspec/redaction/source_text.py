"""The text of a file with asterisks at the places of secrets; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.redaction.shapes import hide_shapes, is_worth_a_look

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Stretch = tuple[int, int, int, int]
"""From a line and column, to a line and column; all count from 0."""
MAX_APART = 20
"""Credentials in one value that are hidden one by one; of more, the whole value is."""


def hide_places(text: str, secrets: Mapping[Stretch, Collection[str]]) -> str:
    """Return a file's text with asterisks for the secrets of each place, and for what is shaped like one."""
    written = text.split("\n")
    lines = list(written)
    for place, found in secrets.items():
        rows = list(_rows(written, place))
        for secret in filter(None, found) if len(found) <= MAX_APART else ("",):
            _hide(lines, rows, secret if any(secret in written[number] for number, _, _ in rows) else "")
    hidden = "\n".join(lines)
    return hide_shapes(hidden) if is_worth_a_look(hidden) else hidden


def _hide(lines: list[str], rows: Sequence[tuple[int, int, int]], secret: str) -> None:
    """Hide a secret; without one, everything: an escape or a line break may conceal the secret."""
    for number, start, end in rows:
        line = lines[number]
        part = line[start:end]
        part = part.replace(secret, "*" * len(secret)) if secret else re.sub(r"[^\s|>]", "*", part)
        lines[number] = line[:start] + part + line[end:]


def _rows(lines: Sequence[str], place: Stretch) -> Iterator[tuple[int, int, int]]:
    """Each line of a place by its number, and from where to where of it."""
    first, column, last, end_column = place
    for number in range(first, min(last + 1, len(lines))):
        yield number, column if number == first else 0, end_column if number == last else len(lines[number])
