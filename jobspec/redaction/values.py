"""Which values of a task, as the platform takes and tells it, are secret; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobspec.redaction.names import is_secretive, may_be_secretive


def secrets_in(payload: object) -> tuple[str, ...]:
    """The values of a task's payload or record that no text may repeat: private variables and credentials."""
    return tuple(_secrets(payload))


def is_secret(key: object, value: object, beside: Mapping[str, object]) -> bool:
    """Whether nothing of a value may be shown; `beside` is the object that its key is of.

    That is whatever a private variable has as its value, or one that is named as a secret, and each text,
    number, or list of such below a key that is named so. An object below such a key has keys of its own that
    say what is secret in it.
    """
    if not value and value != 0:
        return False
    if key == "Value" and (beside.get("IsPrivate") or is_secretive(str(beside.get("Name")))):
        return True
    if isinstance(value, bool):
        return False
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return is_secretive(str(key)) and not any(isinstance(part, (Mapping, list, tuple)) for part in parts)


def may_hold_secrets(key: str, value: object) -> bool:
    """Whether a key, or one below it, may be for a secret."""
    if isinstance(value, dict):
        return may_be_secretive(key) or any(may_hold_secrets(name, part) for name, part in value.items())
    if isinstance(value, list):
        return may_be_secretive(key) or any(may_hold_secrets("", item) for item in value)
    return may_be_secretive(key)


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item) if is_secret(key, item, value) else _secrets(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
