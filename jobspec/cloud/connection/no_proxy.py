"""Parse `NO_PROXY` like other programs do: the hosts that are reached without the proxy. Pure.

Entries are separated by commas or spaces: `*`; a name, which also matches its subdomains, with or without a
leading dot or `*.`; an IPv4 or IPv6 address, with or without brackets; a network such as `10.0.0.0/8`. A name
or an address may have a port. curl, Go and Python agree on these, except for details.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from msgspec import Struct

_Address: TypeAlias = IPv4Address | IPv6Address
_Network: TypeAlias = IPv4Network | IPv6Network
_SEPARATED = re.compile(r"[,\s]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_BRACKETED = re.compile(r"\[([0-9a-f:.%]+)\](?::([0-9]{1,5}))?")
_NAMED = re.compile(r"(?:\*?\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::([0-9]{1,5}))?")
_LARGEST_PORT = 65535


class ProxyException(Struct, frozen=True):
    """One entry: a name in lower case, or a network (one address is a network too); None matches any host."""

    target: str | _Network | None
    port: int | None = None

    def matches(self, host: str, port: int | None) -> bool:
        """Whether the entry matches the host."""
        if self.port not in {None, port}:
            return False
        if self.target is None:
            return True
        if isinstance(self.target, str):
            return host == self.target or host.endswith(f".{self.target}")
        address = _address(host)
        return address is not None and address.version == self.target.version and address in self.target


class NoProxy(Struct, frozen=True):
    """The valid entries, and the invalid ones as they were written."""

    entries: tuple[ProxyException, ...] = ()
    invalid: tuple[str, ...] = ()

    def matches(self, host: str, port: int | None) -> bool:
        """Whether a host is reached without a proxy; an IPv6 address has no brackets here."""
        name = host.lower().removesuffix(".")
        return any(entry.matches(name, port) for entry in self.entries)


def read(text: str) -> NoProxy:
    """Parse the value of `NO_PROXY`."""
    entries, invalid = [], []
    for written in filter(None, _SEPARATED.split(text)):
        entry = _entry(_SCHEME.sub("", written.lower(), count=1))
        if entry is None:
            invalid.append(written)
        else:
            entries.append(entry)
    return NoProxy(tuple(entries), tuple(invalid))


def _entry(text: str) -> ProxyException | None:
    if text == "*":
        return ProxyException(None)
    network = _network(text)
    if network is not None:
        return ProxyException(network)
    found = _BRACKETED.fullmatch(text) or _NAMED.fullmatch(text)
    if found is None:
        return None
    name, port = found[1], int(found[2]) if found[2] else None
    if port is not None and not 0 < port <= _LARGEST_PORT:
        return None
    target = _network(name)
    if target is None and (found.re is _BRACKETED or name.replace(".", "").isdecimal()):
        return None  # an invalid address
    return ProxyException(name if target is None else target, port)


def _network(text: str) -> _Network | None:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    bare = re.sub(r"^\[(.*)\]/", r"\1/", bare)
    try:
        return ip_network(bare, strict=False)
    except ValueError:
        return None


def _address(host: str) -> _Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
