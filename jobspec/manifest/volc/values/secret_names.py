"""Names for the secrets of converted tasks: one name never stands for two values. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from msgspec import field

from jobspec.concealing import Concealing
from jobspec.config.secret_access import SecretAccess
from jobspec.errors import SecretNotAllowed
from jobspec.redaction.names import VARIABLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "TASK_"


class SecretNames(Concealing, frozen=True):
    """The names of the secrets of all files, and the values that they had there."""

    concealed: ClassVar[frozenset[str]] = frozenset({"_values"})
    _values: dict[str, str] = field(default_factory=dict)

    def name_of(self, wanted: str, value: str) -> str:
        """Return the variable that a task refers to: `wanted`, unless it is refused or has another value."""
        stem = allowed_name(wanted)
        for name in _numbered(stem):
            if self._values.setdefault(name, value) == value:
                return name
        raise AssertionError


def allowed_name(wanted: str) -> str:
    """Return a valid name that a task may refer to: `TASK_VOLC_SECRETKEY` for `VOLC_SECRETKEY`."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", wanted).strip("_") or "TOKEN"
    if not VARIABLE_NAME.fullmatch(name):
        name = f"_{name}"
    try:
        SecretAccess().check_variable(name)
    except SecretNotAllowed:
        return f"{_PREFIX}{name}"
    return name


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1
