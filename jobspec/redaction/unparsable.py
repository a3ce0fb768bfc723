"""Replace everything that may be a secret in a file that is not YAML with asterisks. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.redaction.names import may_be_secretive
from jobspec.redaction.shapes import hide_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = re.compile(r"\s*(?:- +)*(?:[\"']?(?P<key>[A-Za-z_]+)[\"']?[ \t]*:(?=\s|$))?")
"""The start of a line, which is shown. A key with a digit is hidden: it may be a secret itself."""


def hide_unparsable(text: str) -> str:
    """Return the text with only keys and punctuation left; below a key for secrets, only punctuation."""
    return hide_shapes("\n".join(_lines(text.split("\n"))))


def _lines(lines: list[str]) -> Iterator[str]:
    secret_above: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and secret_above is not None and indent <= secret_above:
            secret_above = None
        head = _HEAD.match(line) if secret_above is None else None
        if head and may_be_secretive(head["key"] or ""):
            secret_above = indent
        shown = head[0] if head else ""
        yield shown + re.sub(r"[^\s\[\]{}|>,:\"']", "*", line[len(shown) :])
