"""What can be the name of a host at all; pure."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_LONGEST = 253


def is_host(name: str) -> bool:
    """Whether `name` can be looked up: an address, or labels of 1 to 63 characters between single dots."""
    if ":" in name:
        return True  # an address of IPv6, which who took it out of its brackets has checked
    try:
        encoded = name.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return len(encoded) <= _LONGEST and _NAME.fullmatch(encoded) is not None
