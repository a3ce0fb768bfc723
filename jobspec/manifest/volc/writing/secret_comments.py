"""Find comments that may contain a credential, such as a commented-out variable. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobspec.redaction.masking import MASK, Mask
from jobspec.redaction.quotes import MIN_MASKED
from jobspec.redaction.shapes import hide_shapes, is_public

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from jobspec.manifest.volc.writing.comments import Comment

_PASSWORD = re.compile(r"passw(?:or)?d|passphrase|pwd(?![a-z])|[*•]{3,}", re.IGNORECASE)
_NAMES = r"(?:token|secret|(?:api|access|private|auth)[_-]?key(?:[_-]?id)?|credentials?|(?<![a-z])[as]k)"
_SECRET = re.compile(rf"{_NAMES}(?![a-z])", re.IGNORECASE)
_SET = re.compile(rf"{_NAMES}[\"']?[ \t]*[:=]|name[\"']?[ \t]*[:=].{{0,200}}{_NAMES}", re.IGNORECASE)
_VALUE = re.compile(r"\bvalue\b[\"']?[ \t]*[:=]", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9+/=_~!@%^&-]{8,}")
_LONG = 20


def without_known(text: str, secrets: Collection[str]) -> str:
    """Return a comment without the credentials that are known from elsewhere."""
    text = Mask.of(secrets).over(text)
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= MIN_MASKED and not is_public(secret):
            text = text.replace(secret, MASK)
    return text


def secretive(comments: Sequence[Comment]) -> Iterator[int]:
    """Yield the positions of comments that may contain a credential, and of values beside them."""
    found = {number for number, one in enumerate(comments) if _may_hold(one.text)}
    for step in (1, -1):
        for start in tuple(found):
            number = start + step
            while 0 <= number < len(comments) and _is_value_beside(comments, number, number - step):
                found.add(number)
                number += step
    yield from sorted(found)


def _is_value_beside(comments: Sequence[Comment], number: int, other: int) -> bool:
    is_near = abs(comments[number].line - comments[other].line) == 1
    return is_near and _VALUE.search(comments[number].text) is not None


def _may_hold(text: str) -> bool:
    if _PASSWORD.search(text) or hide_shapes(text) != text:
        return True
    words: list[str] = _WORD.findall(text)
    if _SET.search(text) or (_SECRET.search(text) and any(map(_is_mixed, words))):
        return True
    return any(map(_is_random, words))


def _is_mixed(word: str) -> bool:
    return any(char.isdigit() for char in word) and any(char.isalpha() for char in word)


def _is_random(word: str) -> bool:
    """Whether a word looks like a key: digits, small and capital letters, or a long row of hex digits."""
    if word.startswith("/") or not _is_mixed(word):
        return False
    is_cased = any(char.islower() for char in word) and any(char.isupper() for char in word)
    return is_cased or (len(word) >= _LONG and word.isalnum())
