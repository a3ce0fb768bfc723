"""The one source of time for the local platform, and how a time is written."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class LocalClock(Protocol):
    """What the application and the supervisor know of time."""

    def now(self) -> datetime:
        """The time of day, aware."""

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T01:02:03.456Z`: always as wide, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
