"""Foreign text made fit to be shown: one line, short, without control characters and without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.redaction.masking import MASK, Mask, without
from jobspec.redaction.names import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 300
_LITERAL = r"[^\s\"'`&;,#]"
_ASSIGNED = re.compile(
    rf"((?:{WORDS}|signature)=)(?!\$|[0-9]{{1,11}}(?!{_LITERAL})){_LITERAL}+", re.IGNORECASE
)
"""As in `--token=…` and `?token=…`; a reference and a count are no secrets."""
_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as one printable line of at most `MAX_LENGTH` characters, without a closing full stop.

    Each of `secrets` that is no mere word is masked before the text is cut, so that no beginning of one is
    left at the cut, and once more when it is on one line, as it may not have been before.
    """
    mask = Mask.of(secrets)
    line = " ".join("".join(c if c.isprintable() else " " for c in mask.over(text)).split())
    line = mask.over(line)
    return (line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…").rstrip(".")


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without `secrets` that are no mere words, and without what is assigned as a secret in it."""
    text = _ASSIGNED.sub(rf"\1{MASK}", without(text, secrets))
    return _PASSWORD.sub(rf"\1{MASK}", text)
