"""Replace the secrets in a file's text with asterisks. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.redaction.shapes import hide_shapes, may_contain_credential

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

Stretch = tuple[int, int, int, int]
"""From a line and column, to a line and column; all count from 0."""
MAX_APART = 20
"""Maximum number of credentials that are hidden one by one in a value; with more, all of it is hidden."""


def hide_places(text: str, secrets: Mapping[Stretch, Collection[str]], unread: Iterable[Stretch] = ()) -> str:
    """Return a file's text with asterisks for the secrets at each place, and for credential shapes.

    `unread` are places that are hidden whole, because nobody looked for secrets there.
    """
    written = text.split("\n")
    lines = list(written)
    for place, found in secrets.items():
        rows = list(_rows(written, place))
        # The longest first: hiding a part of a longer secret would leave the rest of it.
        apart = sorted(filter(None, found), key=len, reverse=True)
        for secret in apart if len(found) <= MAX_APART else ("",):
            _hide(lines, rows, secret if any(secret in written[number] for number, _, _ in rows) else "")
    for place in unread:
        _hide(lines, list(_rows(written, place)), "")
    hidden = "\n".join(lines)
    return hide_shapes(hidden) if may_contain_credential(hidden) else hidden


def _hide(lines: list[str], rows: Sequence[tuple[int, int, int]], secret: str) -> None:
    """Hide a secret, or everything if it is empty: an escape or a line break may split the secret."""
    for number, start, end in rows:
        line = lines[number]
        part = line[start:end]
        part = part.replace(secret, "*" * len(secret)) if secret else re.sub(r"[^\s|>]", "*", part)
        lines[number] = line[:start] + part + line[end:]


def _rows(lines: Sequence[str], place: Stretch) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each line of a place, and the first and last column in it."""
    first, column, last, end_column = place
    for number in range(first, min(last + 1, len(lines))):
        yield number, column if number == first else 0, end_column if number == last else len(lines[number])
