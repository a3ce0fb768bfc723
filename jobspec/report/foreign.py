"""What the platform sent, made fit to be written as JSON or YAML: without secrets, and always encodable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite

from jobspec.cloud.redaction import secrets_in

_MASK = "***"


def encodable(text: str) -> str:
    """The text with a question mark for each half of a pair that UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def escaped_json(text: str) -> str:
    """The same JSON with an escape for each character that a terminal might obey."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def without_secrets(record: Mapping[str, object]) -> dict[str, object]:
    """A record with `***` for the values of private variables and of credentials."""
    hidden = frozenset(secrets_in(record)) - {""}
    return {encodable(key): _shown(value, hidden) for key, value in record.items()}


def _shown(value: object, hidden: frozenset[str]) -> object:
    if isinstance(value, str):
        return _MASK if value in hidden else encodable(value)
    if isinstance(value, Mapping):
        return {encodable(str(key)): _shown(item, hidden) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(item, hidden) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
