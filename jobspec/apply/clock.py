"""Real time for the driver, and the flag that stops new steps."""

from __future__ import annotations

import threading
import time


class InterruptibleClock:
    """The machine's clock; a sleep ends at once when `interrupt` is called from any thread or signal."""

    def __init__(self) -> None:
        self._interrupted = threading.Event()

    def interrupt(self) -> None:
        """Prevent new steps from starting; calls in flight complete."""
        self._interrupted.set()

    @property
    def is_interrupted(self) -> bool:
        """Whether new steps are prevented from starting."""
        return self._interrupted.is_set()

    def monotonic(self) -> float:
        """Return a monotonic time in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep for this many seconds, or less if interrupted."""
        self._interrupted.wait(max(0.0, seconds))
