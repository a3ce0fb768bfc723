"""Decide which values of a task are secret, in the platform's format. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobspec.bounded_json import Unread
from jobspec.redaction.names import is_secretive, may_be_secretive


def secrets_in(payload: object) -> tuple[str, ...]:
    """Return the secrets of a payload or record that no text may repeat: private variables, credentials."""
    found: list[str] = []
    _collect(payload.texts() if isinstance(payload, Unread) else payload, found)
    return tuple(found)


def is_secret(key: object, value: object, beside: Mapping[str, object]) -> bool:
    """Whether the whole value must be hidden; `beside` is the object that contains the key.

    True for any value of a private variable or of one with a secret name, and for each text, number, or list
    of those under a key with a secret name. An object under such a key is not hidden as a whole: its own keys
    decide.
    """
    if not value and value != 0:
        return False
    if key == "Value" and (beside.get("IsPrivate") or is_secretive(str(beside.get("Name")))):
        return True
    if isinstance(value, bool) or not is_secretive(str(key)):
        return False
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return not any(isinstance(part, (Mapping, list, tuple)) for part in parts)


def may_hold_secrets(key: str, value: object) -> bool:
    """Whether a key, or one below it, may hold a secret."""
    if isinstance(value, dict):
        return may_be_secretive(key) or any(may_hold_secrets(name, part) for name, part in value.items())
    if isinstance(value, list):
        return may_be_secretive(key) or any(may_hold_secrets("", item) for item in value)
    return may_be_secretive(key)


def _collect(value: object, found: list[str]) -> None:
    """Add the secrets of a value to those found. Every record of a list is searched, so it has to be fast."""
    if isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            # Only texts are secrets, and nearly no key is one of a secret: both are cheap to rule out.
            if not item or isinstance(item, (int, float)):
                continue
            if (key == "Value" or is_secretive(str(key))) and is_secret(key, item, value):
                found.extend(_texts(item))
            elif not isinstance(item, str):
                _collect(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            if not isinstance(item, (str, int, float)):
                _collect(item, found)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
