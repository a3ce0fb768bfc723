"""The settings of the local platform, from the environment or from these defaults."""

from __future__ import annotations

import math
import os
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.local.errors import LocalError
from jobspec.local.inventory import NOTHING, Inventory

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOTS = "JOBSPEC_LOCAL_SLOTS"
GRACE = "JOBSPEC_LOCAL_GRACE"
LINGER = "JOBSPEC_LOCAL_LINGER"
LOG_LIMIT = "JOBSPEC_LOCAL_LOG_LIMIT"
RETRY_MODE = "JOBSPEC_LOCAL_RETRY_MODE"
OPTIONAL_ACTIONS = "JOBSPEC_LOCAL_OPTIONAL_ACTIONS"
KEY_CASE = "JOBSPEC_LOCAL_KEY_CASE"
STOPPED_STATE = "JOBSPEC_LOCAL_STOPPED_STATE"
INVENTORY = "JOBSPEC_LOCAL_INVENTORY"
"""The file of the inventory. Whoever starts the platform reads it and passes its content."""
_MOST = 1_000_000
_LEAST_LOG = 4096
_MOST_LOG = 1 << 50


class RetryMode(StrEnum):
    """The form of the platform's retry: the same task again, or a new one with a new id."""

    SAME_ID = "same-id"
    NEW_ID_WITH_TAGS = "new-id-with-tags"
    NEW_ID_WITHOUT_TAGS = "new-id-without-tags"


class StoppedState(StrEnum):
    """The state in which a task ends that was stopped."""

    CANCELLED = "Cancelled"
    KILLED = "Killed"


def _default_slots() -> int:
    return max(8, os.cpu_count() or 1)


class Settings(Struct, frozen=True):
    """The settings of one local platform.

    At most `slots` replicas run at once; `grace` is the number of seconds between TERM and KILL. A supervisor
    with nothing to do keeps running for `linger` seconds. The log of a replica has at most `log_limit` bytes.
    Users of the real platform report that its retries get new ids. Without `optional_actions`, the actions of
    queues, flavors and mounts are unknown, as on a platform that lacks them. With `keys_in_any_case`, the
    case of the keys of requests does not matter. A stopped task ends in `stopped_state`; which one the real
    platform uses is unconfirmed. The supervisor needs no `inventory`, so `as_environment` leaves it out.
    """

    slots: int = field(default_factory=_default_slots)
    grace: float = 5.0
    linger: float = 1.0
    retry_mode: RetryMode = RetryMode.NEW_ID_WITH_TAGS
    log_limit: int = 1 << 30
    optional_actions: bool = True
    keys_in_any_case: bool = False
    stopped_state: StoppedState = StoppedState.CANCELLED
    inventory: Inventory = NOTHING

    def as_environment(self) -> dict[str, str]:
        """Return the variables from which `from_environment` reads the same settings."""
        return {
            SLOTS: str(self.slots),
            GRACE: str(self.grace),
            LINGER: str(self.linger),
            RETRY_MODE: self.retry_mode.value,
            LOG_LIMIT: str(self.log_limit),
            OPTIONAL_ACTIONS: "on" if self.optional_actions else "off",
            KEY_CASE: "any" if self.keys_in_any_case else "exact",
            STOPPED_STATE: self.stopped_state.value,
        }


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`. Raises `LocalError` for a value that is not allowed."""
    default = Settings()
    return Settings(
        slots=_slots(environ, default.slots),
        grace=_number(environ, GRACE, default.grace, wanted=_SECONDS),
        linger=_number(environ, LINGER, default.linger, wanted=_SECONDS),
        retry_mode=_retry_mode(environ, default.retry_mode),
        log_limit=_log_limit(environ, default.log_limit),
        optional_actions=_one_of(environ, OPTIONAL_ACTIONS, ("on", "off")) == "on",
        keys_in_any_case=_one_of(environ, KEY_CASE, ("exact", "any")) == "any",
        stopped_state=StoppedState(_one_of(environ, STOPPED_STATE, tuple(StoppedState))),
    )


_SECONDS = f"a number of seconds from 0 to {_MOST}"
_COUNT = f"a whole number from 1 to {_MOST}"


def _slots(environ: Mapping[str, str], default: int) -> int:
    slots = _number(environ, SLOTS, default, wanted=_COUNT)
    if slots < 1 or slots != int(slots):
        raise _refused(environ, SLOTS, _COUNT)
    return int(slots)


def _log_limit(environ: Mapping[str, str], default: int) -> int:
    text = environ.get(LOG_LIMIT, "").strip() or str(default)
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) < 17 else 0
    if not _LEAST_LOG <= limit <= _MOST_LOG:
        raise _refused(environ, LOG_LIMIT, f"a whole number of bytes from {_LEAST_LOG} to {_MOST_LOG}")
    return limit


def _number(environ: Mapping[str, str], name: str, default: float, *, wanted: str) -> float:
    text = environ.get(name, "").strip()
    try:
        number = float(text) if text else float(default)
    except ValueError:
        number = math.nan
    if not 0 <= number <= _MOST:
        raise _refused(environ, name, wanted)
    return number


def _retry_mode(environ: Mapping[str, str], default: RetryMode) -> RetryMode:
    text = environ.get(RETRY_MODE, "").strip()
    try:
        return RetryMode(text) if text else default
    except ValueError:
        raise _refused(environ, RETRY_MODE, f"one of {', '.join(RetryMode)}") from None


def _one_of(environ: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """Return the value of a variable, which must be one of `words`; the first is the default."""
    text = environ.get(name, "").strip() or words[0]
    if text not in words:
        raise _refused(environ, name, f"one of {', '.join(words)}")
    return text


def _refused(environ: Mapping[str, str], name: str, wanted: str) -> LocalError:
    return LocalError(
        f"`{name}` is `{environ.get(name, '').strip()}`, not {wanted}",
        help=f"set `{name}` to {wanted}, or unset it",
    )
