"""When to try a read again: full jitter, bounded in tries and time, and by a budget that a client shares.

The policy is pure; time and chance are arguments. The budget is the one thing here that changes.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long one call is tried. All times are seconds.

    After `patience` no try is begun, and after `total` none goes on. What is not the API's answer is seldom
    another one later: it is asked for `tries_of_bad_answers` times.
    """

    tries: int = 6
    tries_of_bad_answers: int = 3
    first_pause: float = 0.5
    longest_pause: float = 20.0
    patience: float = 90.0
    total: float = 120.0

    def pause(self, tried: int, *, elapsed: float, chance: float, retry_after: float | None) -> float | None:
        """How long to wait after `tried` failed tries, or None when it is time to give up.

        `elapsed` counts from the first try; `chance` is uniform in [0, 1). A `retry_after` that the platform
        asked for is kept, with some jitter on top so that not every client comes back at one instant.
        """
        if tried >= self.tries:
            return None
        if retry_after is None:
            wait = chance * min(self.longest_pause, self.first_pause * 2.0 ** (tried - 1))
        else:
            wait = retry_after + chance * self.first_pause
        return wait if elapsed + wait <= min(self.patience, self.total) else None


class RetryBudget:
    """At most so many retries for all calls of a client together, earned back slowly by calls that worked.

    It ends retry storms: when everything fails, calls soon fail at their first try. Threads may share one.
    """

    def __init__(self, capacity: float = 50.0, earned: float = 0.2) -> None:
        self._capacity = capacity
        self._earned = earned
        self._left = capacity
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Take one retry; False when none is left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def earn(self) -> None:
        """Note a call that worked."""
        with self._lock:
            self._left = min(self._capacity, self._left + self._earned)


def read_retry_after(value: str | None, *, now: datetime) -> float | None:
    """The seconds that a `Retry-After` header asks for, in [0, 60]; None when it says nothing usable.

    Takes seconds and HTTP dates. Negative numbers and NaN are not usable, and 1e9 is cut to a minute.
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
