"""Foreign text made fit to be shown: one line, short, without control characters and without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jobspec.manifest.secretive import is_secretive

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 300
SHORTEST_IN_TEXT = 8
"""Characters of a secret that is looked for inside other text: a shorter one may be any word."""
_MASK = "***"


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as one printable line of at most `MAX_LENGTH` characters, without a closing full stop.

    Each of `secrets` that is no mere word is masked before the text is cut, so that no beginning of one is
    left at the cut.
    """
    long_enough = (secret for secret in secrets if len(secret) >= SHORTEST_IN_TEXT)
    for secret in sorted(long_enough, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…").rstrip(".")


def secrets_in(payload: object) -> tuple[str, ...]:
    """The values of a create payload that no message may repeat: private variables and credentials."""
    return tuple(_secrets(payload))


def is_secret(key: object, value: object, beside: Mapping[str, object]) -> bool:
    """Whether nothing of a value may be shown; `beside` is the object that its key is of.

    That is whatever a private variable has as its value, and each text, number, or list of such below a key
    that is named as a secret. An object below such a key has keys of its own that say what is secret in it.
    """
    if not value and value != 0:
        return False
    if key == "Value" and beside.get("IsPrivate"):
        return True
    if isinstance(value, bool):
        return False
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return is_secretive(str(key)) and not any(isinstance(part, (Mapping, list, tuple)) for part in parts)


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
