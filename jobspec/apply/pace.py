"""One rate for all writes to a platform, whichever thread sends them."""

from __future__ import annotations

from threading import Lock
from typing import Protocol


class _Clock(Protocol):
    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Pace:
    """Hands out turns to write, evenly spaced; `per_second` of 0 sets no bound."""

    def __init__(self, per_second: float, clock: _Clock) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._lock = Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Return when it is this thread's turn."""
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._clock.sleep(turn - now)
