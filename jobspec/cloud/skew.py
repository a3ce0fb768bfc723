"""The difference between our clock and the platform's, in seconds. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

NOTICED_SECONDS = 60
SET_CLOCK = "set this machine's clock: sudo timedatectl set-ntp true"


def ahead_of(date: str, ours: datetime) -> float | None:
    """Return how many seconds `ours` (aware) is ahead of an HTTP date; None for an invalid date.

    An HTTP date has a resolution of one second.
    """
    try:
        theirs = parsedate_to_datetime(date)
        return (ours - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def is_noticed(ahead: float) -> bool:
    """Whether the difference is larger than between two synchronized clocks."""
    return abs(ahead) > NOTICED_SECONDS


def describe(ahead: float) -> str:
    """Describe how our clock differs from the platform's."""
    return f"is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the platform's"
