"""One rate limit for all writes to a platform, across threads."""

from __future__ import annotations

from threading import Lock
from typing import Protocol


class _Clock(Protocol):
    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Pace:
    """Hands out write slots, evenly spaced; a `per_second` of 0 sets no limit."""

    def __init__(self, per_second: float, clock: _Clock) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._lock = Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Block until this thread may write."""
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._clock.sleep(turn - now)
