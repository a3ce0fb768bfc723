"""Foreign text made fit to be shown: one line, short, without control characters and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from jobspec.cloud.masking import MASK, Mask, without
from jobspec.manifest.secretive import WORDS, is_secretive

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 300
_LITERAL = r"[^\s\"'`&;,#]"
_ASSIGNED = re.compile(
    rf"((?:{WORDS}|signature)=)(?!\$|[0-9]{{1,11}}(?!{_LITERAL})){_LITERAL}+", re.IGNORECASE
)
"""As in `--token=…` and `?token=…`; a reference and a count are no secrets."""
_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)")


def shown(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as one printable line of at most `MAX_LENGTH` characters, without a closing full stop.

    Each of `secrets` that is no mere word is masked before the text is cut, so that no beginning of one is
    left at the cut, and once more when it is on one line, as it may not have been before.
    """
    mask = Mask.of(secrets)
    line = " ".join("".join(c if c.isprintable() else " " for c in mask.over(text)).split())
    line = mask.over(line)
    return (line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1] + "…").rstrip(".")


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without `secrets` that are no mere words, and without what is assigned as a secret in it."""
    text = _ASSIGNED.sub(rf"\1{MASK}", without(text, secrets))
    return _PASSWORD.sub(rf"\1{MASK}", text)


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
