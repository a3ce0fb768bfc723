"""Ids of tasks: `t-<yyyymmddHHMMSS>-<5 of [0-9a-z]>`, ascending in the order of creation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WIDTH = 5
_STAMP = "%Y%m%d%H%M%S"


def next_id(last: str, now: datetime) -> str:
    """Return the id after `last` ("" for the first one).

    It is greater than `last`, whatever the clock shows.
    """
    stamp = now.astimezone(UTC).strftime(_STAMP)
    if not last or last.split("-")[1] < stamp:
        return _written(stamp, 0)
    _, last_stamp, suffix = last.split("-")
    count = int(suffix, 36) + 1
    if count < 36**_WIDTH:
        return _written(last_stamp, count)
    moment = datetime.strptime(last_stamp, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
    return _written(moment.strftime(_STAMP), 0)


def _written(stamp: str, count: int) -> str:
    digits = ""
    for _ in range(_WIDTH):
        count, digit = divmod(count, 36)
        digits = _DIGITS[digit] + digits
    return f"t-{stamp}-{digits}"
