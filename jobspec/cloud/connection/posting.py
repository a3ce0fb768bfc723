"""One POST to a foreign address, unsigned and unlogged: proxies and limits are those of the platform.

The address may contain a token, so no error contains more of it than its host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from jobspec import __version__
from jobspec.cloud.connection.background import limited
from jobspec.cloud.connection.hosts import netloc
from jobspec.cloud.connection.sending import Outgoing, unavailable
from jobspec.cloud.settings import Timeouts
from jobspec.concealing import Concealing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cloud.connection.network import Transport

_MAX_BYTES = 64 * 1024
"""The part of an answer that is read; the services answer with a few words."""


class Posted(Concealing, frozen=True):
    """The answer to a POST: its status, and the beginning of its body."""

    concealed: ClassVar[frozenset[str]] = frozenset({"body"})
    status: int
    body: bytes


class Post(Concealing, frozen=True):
    """A request to an address that may be secret; `what` names it in errors."""

    concealed: ClassVar[frozenset[str]] = frozenset({"url", "headers", "body"})
    what: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def post(request: Post, *, within: float, transport: Transport | None = None) -> Posted:
    """Send the request once, follow no redirect, and return the answer.

    Raises `NotSent`, `Unavailable` or `BadAnswer`; also if it is not complete after `within` seconds.
    """
    try:
        return limited(lambda: _post(request, within, transport), within)
    except TimeoutError:
        raise unavailable(request.what, f"was not complete after {within:.3g} s") from None


def _post(request: Post, within: float, transport: Transport | None) -> Posted:
    from jobspec.cloud.connection.network import Network  # noqa: PLC0415 - loads the HTTP library

    times = Timeouts().at_most(within)
    parts = urlsplit(request.url)
    host = netloc(request.url)
    headers = {"User-Agent": f"jobspec/{__version__}", "Accept-Encoding": "identity", **request.headers}
    sender = Network(f"{parts.scheme}://{host}/", host, times, transport)
    try:
        outgoing = Outgoing(request.what, "POST", request.url, headers, request.body)
        with sender.open(outgoing, times) as received:
            body = b""
            for piece in received.pieces:
                body += piece
                if len(body) > _MAX_BYTES:
                    break
            return Posted(received.status, body[:_MAX_BYTES])
    finally:
        sender.close()
