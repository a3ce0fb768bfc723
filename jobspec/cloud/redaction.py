"""Foreign text made fit to be shown: one line, short, without control characters and without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 300
_MASK = "***"
_SECRET_KEYS = frozenset({"AccessKeyId", "SecretAccessKey", "Password", "Token", "RegistryToken"})


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as one printable line of at most `MAX_LENGTH` characters, without a closing full stop.

    Each of `secrets` is masked before the text is cut, so that no beginning of one is left at the cut.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, _MASK)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…").rstrip(".")


def secrets_in(payload: object) -> tuple[str, ...]:
    """The values of a create payload that no message may repeat: private variables and credentials."""
    return tuple(_secrets(payload))


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, str):
                if key in _SECRET_KEYS or (key == "Value" and value.get("IsPrivate")):
                    yield item
            else:
                yield from _secrets(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item)
