"""The syntax of host names. Pure."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_MAX_LENGTH = 253


def is_host(name: str) -> bool:
    """Whether `name` can be resolved: an address, or labels of 1 to 63 characters between single dots."""
    if ":" in name:
        return True  # an IPv6 address, checked when its brackets were removed
    try:
        encoded = name.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return len(encoded) <= _MAX_LENGTH and _NAME.fullmatch(encoded) is not None
