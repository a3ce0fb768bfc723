"""The syntax of host names. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_MAX_LENGTH = 253
_PORTS = {"http": 80, "https": 443}


def is_host(name: str) -> bool:
    """Whether `name` can be resolved: an address, or labels of 1 to 63 characters between single dots."""
    if ":" in name:
        return True  # an IPv6 address, checked when its brackets were removed
    try:
        encoded = _encoded(name)
    except UnicodeError:
        return False
    return len(encoded) <= _MAX_LENGTH and _NAME.fullmatch(encoded) is not None


def netloc(endpoint: str) -> str:
    """Return the host and port of a checked endpoint, as a `Host` header names them: without a default port.

    Raises `UnicodeError` for a name that cannot be encoded.
    """
    parts = urlsplit(endpoint)
    name = _encoded((parts.hostname or "").lower())
    host = f"[{name}]" if ":" in name else name
    is_default = parts.port in {None, _PORTS[parts.scheme]}
    return host if is_default else f"{host}:{parts.port}"


def _encoded(name: str) -> str:
    # The codec leaves ASCII as it is; importing it takes longer than any request in process.
    return name if name.isascii() else name.encode("idna").decode("ascii")
