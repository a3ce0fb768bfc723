"""Decide by its name whether a key holds a secret. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = r"(?:token|password|passwd|passphrase|secret|(?:api|access|secret|private|auth)[_-]?key(?:[_-]?id)?)"
SECRET_NAME = re.compile(rf".*{WORDS}", re.IGNORECASE | re.DOTALL)
KEY_NAME = re.compile(r".*KEY", re.IGNORECASE | re.DOTALL)
VARIABLE = re.compile(
    r"(?=.{3,40}\Z)(?!AKIA|ASIA|AKLT)[A-Z]+|(?=.{3,40}\Z)(?:[A-Z]+|[A-Z0-9]{1,3})(?:_(?:[A-Z]+|[A-Z0-9]{1,3}))+"
)
"""Matches a plain name of a variable, not a value: words in upper case."""
_CREDENTIAL = re.compile(r".*(?:credential|creds?$).*", re.IGNORECASE | re.DOTALL)


_LONGEST_KNOWN = 64
"""Length of a name that is worth remembering: records repeat their keys, and hostile ones may be long."""


def is_secretive(name: str) -> bool:
    """Whether the value of a key may be a secret, wherever the key is."""
    return _is_known_secretive(name) if len(name) <= _LONGEST_KNOWN else _is_secretive(name)


def _is_secretive(name: str) -> bool:
    return (SECRET_NAME.fullmatch(name) or _CREDENTIAL.fullmatch(name)) is not None


_is_known_secretive = lru_cache(maxsize=4096)(_is_secretive)


def may_be_secretive(name: str) -> bool:
    """Whether the value may be a secret if the key's context is unknown: each `…KEY` counts, too."""
    return is_secretive(name) or KEY_NAME.fullmatch(name) is not None


def names_secret(name: str, value: object) -> bool:
    """Whether a local platform must hide a value of a task; numbers and booleans are not secrets."""
    return may_be_secretive(name) and not isinstance(value, (bool, int, float))
