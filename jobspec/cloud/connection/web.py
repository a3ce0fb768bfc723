"""One request to a service that is not the platform: a code host, for example. Bounded in time and size.

The address and the headers may be secret, so no error contains more than the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from msgspec import Struct

from jobspec.cloud.connection.hosts import netloc
from jobspec.cloud.connection.sending import Outgoing, Received
from jobspec.cloud.settings import MACHINE, Timeouts, is_on_this_machine
from jobspec.concealing import Concealing
from jobspec.errors import PlatformError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cloud.connection.network import Transport

MAX_BYTES = 8 * 1024 * 1024


class WebAnswer(Struct, frozen=True):
    """A response; `status` is 0 if none arrived, and `problem` is then the reason."""

    status: int
    body: bytes = b""
    problem: str = ""


class WebRequest(Concealing, frozen=True):
    """A request. Its address, headers and body may contain secrets, so its representation hides them."""

    concealed: ClassVar[frozenset[str]] = frozenset({"url", "headers", "body"})
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def send(request: WebRequest, *, seconds: float, transport: Transport | None = None) -> WebAnswer:
    """Send a request once, and return the response, or why there is none. No redirect is followed."""
    method, url = request.method, request.url
    host = _host_of(url)
    if not host:
        return WebAnswer(0, problem="the address is not a plain https address")
    from jobspec.cloud.connection.network import Network  # noqa: PLC0415 - the HTTP library

    scheme = urlsplit(url).scheme
    times = Timeouts().at_most(seconds)
    try:
        network = Network(f"{scheme}://{host}", host, times, transport)
    except UsageError as error:
        return WebAnswer(0, problem=f"{host}: {error.message}")
    try:
        with network.open(Outgoing(method, method, url, request.headers, request.body), times) as received:
            return _read(received, host, seconds)
    except PlatformError as error:
        named = "" if host in error.message else f"{host}: "
        return WebAnswer(0, problem=f"{named}{error.message}")
    finally:
        network.close()


def _host_of(url: str) -> str:
    """Return the host and port; empty if they cannot be used. Without TLS, only this machine is a host."""
    try:
        parts = urlsplit(url)
        host = netloc(f"{parts.scheme}://{parts.netloc}") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
    is_safe = parts.scheme == "https" or is_on_this_machine(url)
    return host if is_safe and parts.username is None and not parts.fragment else ""


def _read(received: Received, host: str, seconds: float) -> WebAnswer:
    end, body = MACHINE.monotonic() + seconds, b""
    for piece in received.pieces:
        body += piece
        if len(body) > MAX_BYTES:
            return WebAnswer(0, problem=f"{host}: the response is too large")
        if MACHINE.monotonic() > end:
            return WebAnswer(0, problem=f"{host}: the response took too long")
    return WebAnswer(received.status, body)
