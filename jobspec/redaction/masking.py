"""Remove secrets from a text, in any form: escaped, encoded, or truncated. Pure."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, ClassVar, Self
from urllib.parse import quote, quote_plus

from jobspec.concealing import Concealing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "***"
SHORTEST = 8
"""Minimum length of a secret that is searched for in other text: a shorter one may be any word."""
_PART = 12
"""Number of characters that distinguish a part of a secret from any other word."""
_PIECE = re.compile(rf"[A-Za-z0-9_-]{{{_PART},}}")
_LOWER = str.maketrans({chr(upper): chr(upper + 32) for upper in range(ord("A"), ord("Z") + 1)})
"""Unlike `str.lower`, it keeps every character in its place."""
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_HTML_QUOTED = _HTML | str.maketrans({'"': "&quot;", "'": "&#x27;"})
"""As `html.escape` does; importing `html` would cost each run 2 ms for its table of all entities."""
_MASKED = r"(?i)[*•●]{3,}|\S{0,4}[*•●]{4,}\S{0,4}|[<\[](?:hidden|masked|redacted)[>\]]"


class Mask(Concealing, frozen=True):
    """The forms that some secrets may have in other text, prepared once for many texts."""

    concealed: ClassVar[frozenset[str]] = frozenset({"_forms"})
    _forms: tuple[str, ...]

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Self:
        """Return the mask for all of `secrets` that have at least `SHORTEST` characters."""
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        return cls(tuple({form.translate(_LOWER) for form in forms if len(form) >= SHORTEST}))

    def also(self, secrets: Iterable[str]) -> Self:
        """Return a mask that also covers `secrets`."""
        return type(self)((*self._forms, *self.of(secrets)._forms))

    def over(self, text: str) -> str:
        """Return `text` with `MASK` in place of each secret, and of each prefix of one."""
        if not text or not self._forms:
            return text
        lowered = text.translate(_LOWER)
        found = sorted(span for form in self._forms for span in _spans(lowered, form))
        return _masked(text, found) if found else text


def is_masked(value: object) -> bool:
    """Whether another program has already masked a secret."""
    return isinstance(value, str) and re.fullmatch(_MASKED, value) is not None


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways of writing a secret, and the parts of it that every way leaves unchanged."""
    as_json = json.dumps(secret)[1:-1]
    yield from (secret, " ".join(secret.split()), as_json, json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (
        json.dumps(as_json)[1:-1],
        repr(secret)[1:-1],
        secret.translate(_HTML_QUOTED),
        secret.translate(_HTML),
    )
    data = secret.encode("utf-8", "surrogatepass")
    yield from (quote(data, safe=""), quote(data), quote_plus(data), data.hex(), *_base64_forms(data))
    yield from (line for line in secret.splitlines() if not _is_frame(line))
    yield from _PIECE.findall(secret)


def _is_frame(line: str) -> bool:
    """Whether a line only names the kind of key that it encloses."""
    return line.startswith("-----")


def _base64_forms(data: bytes) -> Iterator[str]:
    """Yield the encoded data, alone and as it appears inside longer data, such as `user:password`."""
    for offset in range(3):
        # The first and the last characters depend on the neighboring bytes.
        inner = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")[4 if offset else 0 :]
        inner = inner if offset == 0 else inner[:-1]
        if len(inner) >= _PART:
            yield from (inner, inner.replace("+", "-").replace("/", "_"))


def _spans(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Yield the start of each match of a form's first characters, and the end of the longest match there."""
    head = form[:_PART]
    start = text.find(head)
    while start >= 0:
        end = start + len(head)
        limit = min(len(text), start + len(form))
        while end < limit and text[end] == form[end - start]:
            end += 1
        yield start, end
        start = text.find(head, end)


def _masked(text: str, found: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in found:
        if start > done or not parts:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join((*parts, text[done:]))
