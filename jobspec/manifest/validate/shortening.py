"""Words that quote the user's own text, however long that is, cut to what a person reads; pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobspec.diagnostics import Diagnostic

MAX_QUOTED = 80
MAX_QUOTED_IN_HELP = 240
"""More, as a help is there to be copied."""
MAX_WORDS = 1000
"""For words whose quotes do not pair, as the user's text holds a backquote itself."""
_QUOTED = re.compile("`([^`]*)`")


def shortened(diagnostic: Diagnostic) -> Diagnostic:
    """The same diagnostic with what it quotes cut, `…` at the end."""
    return replace(
        diagnostic,
        message=_cut(diagnostic.message, MAX_QUOTED),
        label=_cut(diagnostic.label, MAX_QUOTED),
        help=_cut(diagnostic.help, MAX_QUOTED_IN_HELP),
        related=tuple(replace(one, label=_cut(one.label, MAX_QUOTED)) for one in diagnostic.related),
    )


def _cut(words: str, limit: int) -> str:
    if len(words) <= limit:
        return words
    words = _QUOTED.sub(lambda quoted: f"`{_ended(quoted[1], limit)}`", words)
    return _ended(words, MAX_WORDS)


def _ended(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
