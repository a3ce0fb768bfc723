"""Decide when to retry: full jitter, limits on tries and time, and a budget shared by all calls of a client.

The policy is pure: time and chance are arguments. Only the budget has state.
"""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct

MAX_RETRY_AFTER = 60.0


class RetryPolicy(Struct, frozen=True):
    """How often and for how long one call is tried. All times are in seconds.

    No try starts after `patience`, and none continues after `total`. A response that is not the API's seldom
    changes when retried, so it has its own limit, `tries_of_bad_answers`.
    """

    tries: int = 6
    tries_of_bad_answers: int = 3
    first_pause: float = 0.5
    longest_pause: float = 20.0
    patience: float = 90.0
    total: float = 120.0

    def pause(self, tried: int, *, elapsed: float, chance: float, retry_after: float | None) -> float | None:
        """Return how long to wait after `tried` failed tries, or None to give up.

        `elapsed` counts from the first try; `chance` is uniform in [0, 1). A `retry_after` from the platform
        is honored, plus some jitter, so that clients do not all return at the same instant.
        """
        if tried >= self.tries:
            return None
        if retry_after is None:
            wait = chance * min(self.longest_pause, self.first_pause * 2.0 ** (tried - 1))
        else:
            wait = retry_after + chance * self.first_pause
        return wait if elapsed + wait <= min(self.patience, self.total) else None


class RetryBudget:
    """A limited number of retries for all calls of a client, slowly earned back by successful calls.

    It prevents retry storms: when everything fails, calls soon fail on their first try. Thread-safe.
    """

    def __init__(self, capacity: float = 50.0, earned: float = 0.2) -> None:
        self._capacity = capacity
        self._earned = earned
        self._left = capacity
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Take one retry; return False if none is left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def earn(self) -> None:
        """Record a successful call."""
        with self._lock:
            self._left = min(self._capacity, self._left + self._earned)


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a `Retry-After` header, in [0, 60]; None if it has no usable value.

    Accepts seconds and HTTP dates. Negative numbers and NaN are not usable; 1e9 is limited to one minute.
    """
    if not value:
        return None
    seconds = _as_seconds(value.strip(), now)
    if seconds is None or math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, MAX_RETRY_AFTER)


def _as_seconds(value: str, now: datetime) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(value)
        return (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
