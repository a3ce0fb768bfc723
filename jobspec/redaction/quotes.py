"""Mask secrets in diagnostics, which quote the user's own text. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.redaction.masking import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from jobspec.diagnostics import Diagnostic

MIN_MASKED = 4
"""Minimum length of a secret that is searched for in a diagnostic."""
MAX_COMPARED = 10**8
"""Maximum work: characters of diagnostics times secrets to search for."""
_QUOTE = re.compile("`.*`", re.DOTALL)


def mask_quotes(diagnostics: Collection[Diagnostic], secrets: Collection[str]) -> Iterator[Diagnostic]:
    """Yield the diagnostics with `***` for each secret; without quotes if comparing would take too long."""
    words = "\0".join(text for one in diagnostics for text in (one.message, one.label, one.help))
    if len(words) * len(secrets) > MAX_COMPARED:
        yield from (_changed(one, lambda text: _QUOTE.sub("`…`", text)) for one in diagnostics)
        return
    quoted = {secret for secret in secrets if len(secret) >= MIN_MASKED and secret in words}
    longest_first = sorted(quoted, key=lambda secret: (-len(secret), secret))

    def mask(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, MASK)
        return text

    yield from (_changed(one, mask) for one in diagnostics)


def _changed(one: Diagnostic, change: Callable[[str], str]) -> Diagnostic:
    return replace(one, message=change(one.message), label=change(one.label), help=change(one.help))
