"""What the platform sent, made fit to be written as JSON or YAML: without secrets, and always encodable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite

from jobspec.deceptive import deceptive_places
from jobspec.redaction import answers as redaction
from jobspec.redaction.masking import MASK
from jobspec.redaction.values import is_secret, secrets_in


def encodable(text: str) -> str:
    """The text with a question mark for each half of a pair that UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def whole_characters(value: object) -> object:
    """The value with all its texts encodable; what is no text, list or map is left as it is."""
    if isinstance(value, str):
        return value if value.isascii() else encodable(value)
    if isinstance(value, dict):
        return {whole_characters(key): whole_characters(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(whole_characters, value))
    return value


def escaped_json(text: str) -> str:
    """The same JSON with an escape for each character that does not show, or passes for another one."""
    if text.isascii() and "\x7f" not in text:
        return text
    hidden = {*deceptive_places(text), *(match.start() for match in re.finditer("\x7f", text))}
    return "".join(json.dumps(c)[1:-1] if place in hidden else c for place, c in enumerate(text))


def without_secrets(record: Mapping[str, object]) -> dict[str, object]:
    """A record with `***` for the values of private variables and of credentials, also inside other text."""
    return _object_shown(record, secrets_in(record))


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """An encodable text without `secrets` and without what is assigned as one in it."""
    return encodable(redaction.masked(text, secrets))


def _object_shown(record: Mapping[str, object], hidden: tuple[str, ...]) -> dict[str, object]:
    return {
        encodable(str(key)): MASK if is_secret(key, value, record) else _shown(value, hidden)
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
