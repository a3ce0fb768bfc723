"""Decide by its name whether a key holds a secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

WORDS = r"(?:token|password|passwd|passphrase|secret|(?:api|access|secret|private|auth)[_-]?key(?:[_-]?id)?)"
SECRET_NAME = re.compile(rf".*{WORDS}", re.IGNORECASE | re.DOTALL)
KEY_NAME = re.compile(r".*KEY", re.IGNORECASE | re.DOTALL)
VARIABLE = re.compile(
    r"(?=.{3,40}\Z)(?!AKIA|ASIA|AKLT)[A-Z]+|(?=.{3,40}\Z)(?:[A-Z]+|[A-Z0-9]{1,3})(?:_(?:[A-Z]+|[A-Z0-9]{1,3}))+"
)
"""Matches a plain name of a variable, not a value: words in upper case."""
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Matches every valid name of a variable."""
_CREDENTIAL = re.compile(r".*(?:credential|creds?$).*", re.IGNORECASE | re.DOTALL)


_LONGEST_KNOWN, _MOST_KNOWN = 64, 4096


class _Verdicts(dict[str, bool]):
    """What was decided about each name: records repeat their keys. Hostile ones may be long, or many."""

    def __missing__(self, name: str) -> bool:
        verdict = (SECRET_NAME.fullmatch(name) or _CREDENTIAL.fullmatch(name)) is not None
        if len(name) <= _LONGEST_KNOWN and len(self) < _MOST_KNOWN:
            self[name] = verdict
        return verdict


is_secretive: Callable[[str], bool] = _Verdicts().__getitem__
"""Returns whether the value of a key may be a secret, wherever the key is."""


def may_be_secretive(name: str) -> bool:
    """Whether the value may be a secret if the key's context is unknown: each `…KEY` counts, too."""
    return is_secretive(name) or KEY_NAME.fullmatch(name) is not None


def names_secret(name: str, value: object) -> bool:
    """Whether a local platform must hide a value of a task; numbers and booleans are not secrets."""
    return may_be_secretive(name) and not isinstance(value, (bool, int, float))
