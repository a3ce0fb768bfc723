"""The only source of time for the local platform, and the format of times."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class LocalClock(Protocol):
    """Time as the application and the supervisor need it."""

    def now(self) -> datetime:
        """Return the time of day, with a time zone."""

    def monotonic(self) -> float:
        """Return a monotonic time in seconds, for durations."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return a monotonic time in seconds since an arbitrary start."""
        return time.monotonic()


def rfc3339(moment: datetime) -> str:
    """Return `2026-01-31T01:02:03.456Z`: a fixed width, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
