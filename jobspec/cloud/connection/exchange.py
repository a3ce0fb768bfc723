"""One HTTP exchange at a time: signed, sent once, read in full or aborted.

It never retries and never follows a redirect. Signing and all limits on responses are the same code over the
network and in this process.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlsplit

from msgspec import Struct

from jobspec import __version__
from jobspec.cloud import proven
from jobspec.cloud.answers.envelope import Answer
from jobspec.cloud.connection.hosts import netloc
from jobspec.cloud.connection.sending import Outgoing, Received, Sender, unavailable
from jobspec.cloud.settings import ClientSettings, System, Timeouts, no_endpoint
from jobspec.cloud.signing import NONCE_HEADER, SignableRequest, proof, sign
from jobspec.errors import BadAnswer, NotSent, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.cloud.connection.network import Transport as NetworkTransport


API_VERSION = "2021-10-01"
Transport: TypeAlias = "Sender | NetworkTransport"
"""Replaces the network. A transport of the HTTP library replaces only its lowest layer."""
MAX_BODY_BYTES = 8 * 1024 * 1024
_HEADERS = {
    "User-Agent": f"jobspec/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # a small compressed response may expand to any size
}


class _End(Struct, frozen=True):
    """The monotonic time at which a response must be complete, and the seconds that it had."""

    at: float
    seconds: float


class Exchange:
    """Connections to one platform, kept open and shared by threads."""

    def __init__(self, settings: ClientSettings, *, transport: Transport | None, system: System) -> None:
        self._settings = settings
        self._system = system
        self._host = _host_of(settings.endpoint)
        self._root = f"{urlsplit(settings.endpoint).scheme}://{self._host}/"
        self._sender = _sender(settings, self._host, transport)

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def post(self, action: str, body: bytes, *, within: float) -> Answer:
        """Send one signed action, once. Raises `NotSent`, `Unavailable`, `BadAnswer` or `ServerUnproven`.

        The exchange is aborted after `within` seconds, or after the total timeout if that is shorter.
        """
        if self._settings.is_proven and not proven.is_read(action):
            self._prove(action, within)
        return self._post(action, body, within)

    def _prove(self, action: str, within: float) -> None:
        """Require the server to prove its key before it receives a task, which may contain secrets."""
        try:
            answer = self._post(proven.ACTION_OF_PROOF, b"", within)
        except (Unavailable, BadAnswer) as error:
            raise NotSent(
                f"`{action}` was not sent: {error.message}", action=action, help=error.help
            ) from None
        if answer.status == proven.REFUSES_KEY:
            raise proven.unproven(action)

    def _post(self, action: str, body: bytes, within: float) -> Answer:
        sent_at = self._system.now()
        query = (("Action", action), ("Version", API_VERSION))
        nonce = self._system.nonce()  # a new one for each try
        own = {NONCE_HEADER: nonce}
        unsigned = SignableRequest("POST", self._host, "/", query, body, own)
        signed = sign(unsigned, self._settings.credentials, region=self._settings.region, now=sent_at)
        times = self._settings.timeouts.at_most(within)
        url = f"{self._root}?{_encoded(query)}"
        request = Outgoing(action, "POST", url, {**_HEADERS, **own, **signed}, body)
        with self._answered(request, times) as (received, end):
            text = b"".join(self._pieces(received, action=action, end=end))
        answer = Answer(received.status, received.headers, text, sent_at)
        if self._settings.is_proven:
            key = self._settings.credentials.secret_key
            proven.check_proof(answer, action, proof(key, nonce, received.address))
        return answer

    def get(self, url: str, *, start: int, size: int, within: float) -> Answer:
        """Read at most `size` bytes of `url` from byte `start` on, without our signature."""
        sent_at = self._system.now()
        times = self._settings.timeouts.at_most(within)
        request = Outgoing("GET", "GET", url, {**_HEADERS, "Range": f"bytes={start}-{start + size - 1}"})
        with self._answered(request, times) as (received, end):
            # A server that ignores the range sends the whole log from its beginning.
            skip = start if received.status == 200 else 0
            body = self._stretch(received, skip=skip, size=size, end=end)
        return Answer(received.status, received.headers, body, sent_at)

    @contextmanager
    def _answered(self, request: Outgoing, times: Timeouts) -> Iterator[tuple[Received, _End]]:
        """Send the request; yield the response with its body unread, and its deadline."""
        end = _End(self._system.monotonic() + times.total, times.total)
        with self._sender.open(request, times) as received:
            yield received, end

    def _pieces(self, received: Received, *, action: str, end: _End) -> Iterator[bytes]:
        _check_encoding(received, action)
        size = 0
        for piece in self._timely(received, action=action, end=end):
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise _bad(received, action, f"is longer than {MAX_BODY_BYTES // 1024**2} MiB")
            yield piece

    def _stretch(self, received: Received, *, skip: int, size: int, end: _End) -> bytes:
        _check_encoding(received, "GET")
        stretch = bytearray()
        for piece in self._timely(received, action="GET", end=end):
            stretch += piece[skip:]
            skip = max(0, skip - len(piece))
            if len(stretch) >= size:
                break
        return bytes(stretch[:size])

    def _timely(self, received: Received, *, action: str, end: _End) -> Iterator[bytes]:
        for piece in received.pieces:
            if self._system.monotonic() > end.at:
                raise unavailable(action, f"was not complete after {end.seconds:.3g} s")
            yield piece


def _sender(settings: ClientSettings, host: str, transport: Transport | None) -> Sender:
    if isinstance(transport, Sender):
        return transport
    # Importing it takes longer than planning a small project, and nothing in process needs it.
    from jobspec.cloud.connection.network import Network  # noqa: PLC0415

    return Network(settings.endpoint, host, settings.timeouts, transport)


def _host_of(endpoint: str) -> str:
    try:
        return netloc(endpoint)
    except ValueError:
        raise no_endpoint() from None


def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in query)


def _bad(received: Received, action: str, what: str) -> BadAnswer:
    return BadAnswer(
        f"the response to `{action}` {what}",
        action=action,
        status=received.status,
        help="check the endpoint and any proxy or gateway in front of it",
    )


def _check_encoding(received: Received, action: str) -> None:
    if received.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise _bad(received, action, "is compressed, although no compression was requested")
