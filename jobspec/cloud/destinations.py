"""The hosts that credentials may be sent to: the vendor's, and those allowed outside the checkout. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from jobspec.cloud.settings import check_endpoint, is_on_this_machine
from jobspec.errors import EndpointNotAllowed
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.config.settings import Configuration

_VENDOR = ".volcengineapi.com"
"""The domain of the vendor's API. On the vendor's other domains, customers choose host names."""
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """A scheme, a host and a port: what identifies a destination."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The normalized address: lower case, and without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def origin_of(endpoint: str) -> Origin:
    """Return the origin of an endpoint. Raises `UsageError`, which quotes nothing, for an invalid one."""
    check_endpoint(endpoint)
    parts = urlsplit(endpoint)
    scheme = parts.scheme.lower()
    return Origin(scheme, (parts.hostname or "").lower(), parts.port or _PORTS[scheme])


def check_plain(endpoint: str) -> None:
    """Raise `EndpointNotAllowed` for an address that is never allowed: plain http to another machine."""
    origin = origin_of(endpoint)
    if _is_unspecified(origin.host):
        raise EndpointNotAllowed(
            f"{quote(endpoint)} is not the address of a single machine, so no request is sent",
            help=f"use the address of one machine; for this machine:  {origin.scheme}://127.0.0.1:{origin.port}",
        )
    if origin.scheme == "http" and not is_on_this_machine(endpoint):
        raise EndpointNotAllowed(
            f"{quote(endpoint)} uses plain http to a host other than 127.0.0.1, ::1 or localhost",
            help="use https; for a server on this machine, write 127.0.0.1, ::1 or localhost",
        )


def check_destination(endpoint: str, configuration: Configuration, *, typed: bool) -> None:
    """Raise `EndpointNotAllowed` unless credentials may be sent to an endpoint.

    `typed` means that the user named it, with an option or in the environment.
    """
    check_plain(endpoint)
    allowed = configuration.endpoints(*([endpoint] if typed else []))
    origin = origin_of(endpoint)
    if is_vendors(origin) or allowed.allows(lambda entry: origin_of(entry) == origin):
        return
    if allowed.is_refused_by_machine(lambda entry: origin_of(entry) == origin):
        raise EndpointNotAllowed(
            f"the configuration of this machine does not allow credentials for {quote(endpoint)}",
            help=f"ask the administrator to add it to `allowedEndpoints` in {configuration.machine.file}",
        )
    raise EndpointNotAllowed(
        f"the endpoint {quote(endpoint)} is set only by the project, so no credentials are sent to it",
        help=f"if you trust the endpoint, add {quote(f'allowedEndpoints: [{endpoint}]')} to "
        f"{configuration.user.file}, or set JOBSPEC_ENDPOINT={endpoint}",
    )


def is_vendors(origin: Origin) -> bool:
    """Whether the origin is a host of the vendor's API, reached over https on the default port."""
    name, port = origin.host, origin.port
    return origin.scheme == "https" and port == _PORTS["https"] and name.isascii() and name.endswith(_VENDOR)


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
