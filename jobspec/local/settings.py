"""The numbers of the local platform, and where they come from: the environment, or these defaults."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobspec.local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOTS = "JOBSPEC_LOCAL_SLOTS"
GRACE = "JOBSPEC_LOCAL_GRACE"
LINGER = "JOBSPEC_LOCAL_LINGER"


def _default_slots() -> int:
    return max(8, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Settings:
    """`slots` replicas may run at once; `grace` seconds lie between TERM and KILL; a supervisor with
    nothing to do stays for `linger` seconds.
    """

    slots: int = field(default_factory=_default_slots)
    grace: float = 5.0
    linger: float = 1.0

    def as_environment(self) -> dict[str, str]:
        """The variables from which `from_environment` reads the same settings."""
        return {SLOTS: str(self.slots), GRACE: str(self.grace), LINGER: str(self.linger)}


def from_environment(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` asks for. Raises `LocalError` for a value that is no such number."""
    settings = Settings()
    slots = _number(environ, SLOTS, settings.slots, wanted="a whole number of at least 1")
    if slots < 1 or slots != int(slots):
        raise _refused(SLOTS, "a whole number of at least 1")
    grace, linger = _number(environ, GRACE, settings.grace), _number(environ, LINGER, settings.linger)
    return Settings(int(slots), grace, linger)


def _number(
    environ: Mapping[str, str], name: str, default: float, *, wanted: str = "a number from 0 to 1000000"
) -> float:
    text = environ.get(name, "").strip()
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1e6:
        raise _refused(name, wanted)
    return number


def _refused(name: str, wanted: str) -> LocalError:
    return LocalError(f"`{name}` is not {wanted}", help=f"set `{name}` to {wanted}, or unset it")
