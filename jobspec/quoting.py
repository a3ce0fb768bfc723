"""Quote foreign text in a message: delimit it when the message is written, cut it when it is shown. Pure.

Secrets are hidden in between: cutting first could leave the prefix of one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobspec.diagnostics import Diagnostic

MAX_QUOTED = 80
MAX_QUOTED_IN_HELP = 240
"""Longer, because users copy help lines."""
MAX_WORDS = 1000
"""For a whole message, which may contain foreign text that is not quoted."""
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def quote(text: object) -> str:
    """Return the text as one code span; its fence is longer than any run of backticks in the text."""
    plain = str(text)
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") or not plain.strip() else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def cut_quotes(words: str, limit: int) -> str:
    """Return the words with each quoted text cut to the limit, with `…` at its end."""
    if len(words) <= limit:
        return words
    words = _SPAN.sub(lambda span: f"{span[1]}{_cut(span[2], limit)}{span[1]}", words)
    return _cut(words, MAX_WORDS)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(diagnostic: Diagnostic) -> Diagnostic:
    """Return the same diagnostic with its quoted texts cut."""
    return replace(
        diagnostic,
        message=cut_quotes(diagnostic.message, MAX_QUOTED),
        label=cut_quotes(diagnostic.label, MAX_QUOTED),
        help=cut_quotes(diagnostic.help, MAX_QUOTED_IN_HELP),
        related=tuple(replace(one, label=cut_quotes(one.label, MAX_QUOTED)) for one in diagnostic.related),
    )
