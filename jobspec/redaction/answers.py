"""Make foreign text safe to display: without secrets, and encodable or on one short line. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.redaction.masking import Mask
from jobspec.redaction.shapes import hide_known_shapes, mask_assigned

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 300


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` as one printable line of at most `MAX_LENGTH` characters, without a final period.

    Each of `secrets` that is not too short is masked before the text is cut, so that no prefix of one remains
    at the cut. The text is masked again after it was joined to one line, because a line break may have split
    a secret.
    """
    mask = Mask.of(secrets)
    line = " ".join("".join(c if c.isprintable() else " " for c in mask.over(text)).split())
    line = mask.over(line)
    return (line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…").rstrip(".")


def foreign_line(text: str) -> str:
    """Return a text that the platform chose, such as a name, as `shown`, without keys and tokens."""
    return shown(hide_known_shapes(mask_text(text)))


def mask_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text`, encodable, without `secrets` (except very short ones) and without assigned secrets."""
    return masked_by(Mask.of(secrets), text)


def masked_by(mask: Mask, text: str) -> str:
    """Return what `mask_text` returns, for a mask that is used for many texts."""
    return encodable(mask_assigned(mask.over(text)))


def encodable(text: str) -> str:
    """Return the text with a question mark for each surrogate, which UTF-8 cannot encode."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
