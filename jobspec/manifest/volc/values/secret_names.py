"""Names for the secrets of converted tasks: one name never stands for two values. Pure."""

from __future__ import annotations

import re
from typing import ClassVar

from msgspec import field

from jobspec.concealing import Concealing
from jobspec.config.secret_access import SecretAccess
from jobspec.errors import SecretNotAllowed
from jobspec.manifest.volc.values.free_names import first_free
from jobspec.redaction.masking import is_masked
from jobspec.redaction.names import VARIABLE_NAME

_PREFIX = "TASK_"


class SecretNames(Concealing, frozen=True):
    """The names of the secrets of all files, and the values that they had there."""

    concealed: ClassVar[frozenset[str]] = frozenset({"_values"})
    _values: dict[str, str] = field(default_factory=dict)

    def name_of(self, wanted: str, value: str) -> str:
        """Return the variable that a task refers to: `wanted`, unless it is refused or has another value.

        A value that is masked or left out may be any value, so no other task shares its name.
        """
        is_unknown = not value or is_masked(value)
        name = first_free(
            allowed_name(wanted),
            lambda name: name in self._values and (is_unknown or self._values[name] != value),
        )
        self._values[name] = value
        return name


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
