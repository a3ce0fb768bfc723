"""What the platform sent, made fit to be written as JSON or YAML: without secrets, and always encodable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite

from jobspec.cloud.redaction import SHORTEST_IN_TEXT, is_secret, secrets_in
from jobspec.manifest.secretive import WORDS

_MASK = "***"
_LITERAL = r"[^\s\"'`&;,#]"
_ASSIGNED = re.compile(
    rf"((?:{WORDS}|signature)=)(?!\$|[0-9]{{1,11}}(?!{_LITERAL})){_LITERAL}+", re.IGNORECASE
)
"""As in `--token=…` and `?token=…`; a reference and a count are no secrets."""
_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")


def encodable(text: str) -> str:
    """The text with a question mark for each half of a pair that UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def escaped_json(text: str) -> str:
    """The same JSON with an escape for each character that a terminal might obey."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def without_secrets(record: Mapping[str, object]) -> dict[str, object]:
    """A record with `***` for the values of private variables and of credentials, also inside other text."""
    return _object_shown(record, hidden_in(record))


def hidden_in(record: object) -> tuple[str, ...]:
    """The secrets of a record that no text beside them may repeat, the longest first."""
    found = {secret for secret in secrets_in(record) if len(secret) >= SHORTEST_IN_TEXT}
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def masked(text: str, hidden: Iterable[str] = ()) -> str:
    """An encodable text with `***` for each of `hidden` and for what is assigned as a secret in it."""
    for secret in hidden:
        text = text.replace(secret, _MASK)
    text = _ASSIGNED.sub(rf"\1{_MASK}", text)
    return encodable(_PASSWORD.sub(rf"\1{_MASK}", text))


def _object_shown(record: Mapping[str, object], hidden: tuple[str, ...]) -> dict[str, object]:
    return {
        encodable(str(key)): _MASK if is_secret(key, value, record) else _shown(value, hidden)
        for key, value in record.items()
    }


def _shown(value: object, hidden: tuple[str, ...]) -> object:
    if isinstance(value, str):
        return masked(value, hidden)
    if isinstance(value, Mapping):
        return _object_shown(value, hidden)
    if isinstance(value, (list, tuple)):
        return [_shown(item, hidden) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
