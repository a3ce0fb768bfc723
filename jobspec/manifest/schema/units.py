"""Convert durations and sizes, as manifests contain them, to seconds and bytes. Pure."""

from __future__ import annotations

import re

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION_PATTERN = "^(0|[1-9][0-9]{0,5})[smhd]$"
POSITIVE_DURATION_PATTERN = "^[1-9][0-9]{0,5}[smhd]$"
NO_DEADLINE = "none"
SIZE_UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
SIZE_PATTERN = "^[1-9][0-9]{0,11} ?(Ki|Mi|Gi|Ti)B?$"


def seconds(written: object) -> object:
    """Return the seconds of a duration such as `90s`; any other value unchanged."""
    if isinstance(written, str) and re.fullmatch(DURATION_PATTERN, written):
        return int(written[:-1]) * UNITS[written[-1]]
    return written


def deadline_seconds(written: object) -> object:
    """Return the seconds of a deadline, 0 for `none`; any other value unchanged."""
    return 0 if written == NO_DEADLINE else seconds(written)


def size_in_bytes(written: object) -> object:
    """Return the bytes of a size such as `64MiB`; any other value unchanged."""
    if isinstance(written, str) and (match := re.fullmatch(SIZE_PATTERN, written)):
        return int(written[: match.start(1)]) * SIZE_UNITS[match[1]]
    return written


def is_large(written: str) -> bool:
    """Whether a text may be a size, or a duration of more than 32 bits of seconds, such as `24856d`."""
    unit = written[-1:]
    return written[:1].isdigit() and (unit in "iB" or (unit in "smhd" and written[:5].isdigit()))
