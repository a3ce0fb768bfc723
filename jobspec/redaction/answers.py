"""Foreign text made fit to be shown: without secrets, and encodable or on one short line; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.redaction.masking import Mask
from jobspec.redaction.shapes import mask_assigned

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 300


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as one printable line of at most `MAX_LENGTH` characters, without a closing full stop.

    Each of `secrets` that is no mere word is masked before the text is cut, so that no beginning of one is
    left at the cut, and once more when it is on one line, as it may not have been before.
    """
    mask = Mask.of(secrets)
    line = " ".join("".join(c if c.isprintable() else " " for c in mask.over(text)).split())
    line = mask.over(line)
    return (line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…").rstrip(".")


def mask_text(text: str, secrets: Iterable[str] = ()) -> str:
    """`text`, encodable, without `secrets` that are no mere words, and what is assigned as one in it."""
    return encodable(mask_assigned(Mask.of(secrets).over(text)))


def encodable(text: str) -> str:
    """The text with a question mark for each half of a pair that UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
