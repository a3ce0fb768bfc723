"""Convert the platform's RFC 3339 timestamps to aware UTC times, and anything else to None."""

from __future__ import annotations

from datetime import UTC, datetime

_YEAR_OF_AN_UNSET_TIME = 1  # Go writes its zero time as `0001-01-01T00:00:00Z`


def read_time(value: object) -> datetime | None:
    """Return the time in UTC, or None if it is unset (missing, null, "", Go's zero time) or not a time.

    Accepts `Z` and offsets; truncates nanoseconds to microseconds. A time without an offset is taken as UTC.
    """
    if not isinstance(value, str) or len(value) < len("2026-01-31T01:02:03"):
        return None
    try:
        time = datetime.fromisoformat(value)
        if time.year == _YEAR_OF_AN_UNSET_TIME:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
