"""Real time for the driver, and the flag that stops new steps."""

from __future__ import annotations

import threading
import time


class InterruptibleClock:
    """The machine's clock; a sleep ends at once when `interrupt` is called from any thread or signal."""

    def __init__(self) -> None:
        self._interrupted = threading.Event()

    def interrupt(self) -> None:
        """Let no step start any more; calls in flight end."""
        self._interrupted.set()

    @property
    def is_interrupted(self) -> bool:
        """Whether no step may start any more."""
        return self._interrupted.is_set()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, or fewer when interrupted."""
        self._interrupted.wait(max(0.0, seconds))
