"""One HTTP exchange at a time: signed, sent once, read in full or aborted. The only user of httpx.

It never retries and never follows a redirect. It translates every httpx error into ours, so that a caller can
distinguish "not sent" from "may have been executed".
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx
from msgspec import Struct

from jobspec import __version__
from jobspec.cloud import proven
from jobspec.cloud.answers.envelope import Answer
from jobspec.cloud.connection import no_proxy
from jobspec.cloud.connection.certificates import tls_context
from jobspec.cloud.connection.silence import unlogged
from jobspec.cloud.settings import (
    ClientSettings,
    System,
    Timeouts,
    is_on_this_machine,
    no_endpoint,
)
from jobspec.cloud.signing import NONCE_HEADER, SignableRequest, address_of, proof, sign
from jobspec.errors import BadAnswer, NotSent, PlatformError, Unavailable, UsageError
from jobspec.redaction.answers import shown

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from _typeshed.wsgi import WSGIApplication


API_VERSION = "2021-10-01"
Transport: TypeAlias = httpx.BaseTransport
MAX_BODY_BYTES = 8 * 1024 * 1024
_PROXIED = ("http", "https", "all")
_PORTS = {"http": 80, "https": 443}
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def invalid_exceptions() -> tuple[str, ...]:
    """Return the invalid entries of `NO_PROXY`, which are ignored; empty if no proxy is configured."""
    named = getproxies()
    has_proxy = any(named.get(scheme) for scheme in _PROXIED)
    return no_proxy.read(named.get("no", "")).invalid if has_proxy else ()


class _Routed(httpx.BaseTransport):
    """Sends each request through the proxy that the environment configures for its scheme, or directly.

    It replaces httpx's own choice, which fails on `NO_PROXY` entries that other programs accept.
    """

    def __init__(self, verify: ssl.SSLContext) -> None:
        named = getproxies()
        self._exceptions = no_proxy.read(named.get("no", ""))
        self._direct = httpx.HTTPTransport(verify=verify)
        self._proxies = {
            scheme: httpx.HTTPTransport(
                verify=verify, proxy=address if "://" in address else f"http://{address}"
            )
            for scheme in _PROXIED
            if (address := named.get(scheme))
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return self._way(request.url).handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for transport in (self._direct, *self._proxies.values()):
            transport.close()

    def _way(self, url: httpx.URL) -> httpx.HTTPTransport:
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        port = url.port or _PORTS.get(url.scheme)
        if proxy is None or is_on_this_machine(str(url)) or self._exceptions.matches(url.host, port):
            return self._direct
        return proxy


def in_process(app: WSGIApplication) -> Transport:
    """Return a transport that calls a WSGI application in this process."""
    return httpx.WSGITransport(app=app)


class _End(Struct, frozen=True):
    """The monotonic time at which a response must be complete, and the seconds that it had."""

    at: float
    seconds: float


class Exchange:
    """Connections to one platform, kept open and shared by threads."""

    def __init__(self, settings: ClientSettings, *, transport: Transport | None, system: System) -> None:
        self._settings = settings
        self._system = system
        self._url = _root_of(settings.endpoint)
        self._client = _http_client(settings, transport)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

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
        host = self._url.netloc.decode("ascii")
        nonce = self._system.nonce()  # a new one for each try
        own = {NONCE_HEADER: nonce}
        unsigned = SignableRequest("POST", host, "/", query, body, own)
        signed = sign(unsigned, self._settings.credentials, region=self._settings.region, now=sent_at)
        url = self._url.copy_with(params=query)
        times = self._settings.timeouts.at_most(within)
        request = self._client.build_request(
            "POST", url, content=body, headers={**own, **signed}, timeout=_of_steps(times)
        )
        with self._answered(action, request, times.total) as (response, end):
            address = _address_behind(response) if self._settings.is_proven else ""
            text = b"".join(self._pieces(response, action=action, end=end))
        answer = Answer(response.status_code, _lowered(response), text, sent_at)
        if self._settings.is_proven:
            key = self._settings.credentials.secret_key
            proven.check_proof(answer, action, proof(key, nonce, address))
        return answer

    def get(self, url: str, *, start: int, size: int, within: float) -> Answer:
        """Read at most `size` bytes of `url` from byte `start` on, without our signature."""
        sent_at = self._system.now()
        times = self._settings.timeouts.at_most(within)
        request = self._range_request(url, f"bytes={start}-{start + size - 1}", times)
        with self._answered("GET", request, times.total) as (response, end):
            # A server that ignores the range sends the whole log from its beginning.
            skip = start if response.status_code == 200 else 0
            body = self._stretch(response, skip=skip, size=size, end=end)
        return Answer(response.status_code, _lowered(response), body, sent_at)

    def _range_request(self, url: str, part: str, times: Timeouts) -> httpx.Request:
        try:
            return self._client.build_request(
                "GET", httpx.URL(url), headers={"Range": part}, timeout=_of_steps(times)
            )
        except httpx.InvalidURL:
            raise BadAnswer(
                "the platform gave a log address that is not a URL",
                action="GET",
                help="open the log in the platform's console",
            ) from None

    @contextmanager
    def _answered(
        self, action: str, request: httpx.Request, seconds: float
    ) -> Iterator[tuple[httpx.Response, _End]]:
        """Send the request; yield the response with its body unread, and its deadline."""
        end = _End(self._system.monotonic() + seconds, seconds)
        with unlogged(), _unchained(), _translated(action, request.url.netloc.decode("ascii")):
            response = self._client.send(request, stream=True)
            try:
                yield response, end
            finally:
                response.close()

    def _pieces(self, response: httpx.Response, *, action: str, end: _End) -> Iterator[bytes]:
        _check_encoding(response, action)
        size = 0
        for piece in self._timely(response, action=action, end=end):
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise _bad(response, action, f"is longer than {MAX_BODY_BYTES // 1024**2} MiB")
            yield piece

    def _stretch(self, response: httpx.Response, *, skip: int, size: int, end: _End) -> bytes:
        _check_encoding(response, "GET")
        stretch = bytearray()
        for piece in self._timely(response, action="GET", end=end):
            stretch += piece[skip:]
            skip = max(0, skip - len(piece))
            if len(stretch) >= size:
                break
        return bytes(stretch[:size])

    def _timely(self, response: httpx.Response, *, action: str, end: _End) -> Iterator[bytes]:
        for piece in response.iter_bytes():
            if self._system.monotonic() > end.at:
                raise _unavailable(action, f"was not complete after {end.seconds:.3g} s")
            yield piece


def _of_steps(times: Timeouts) -> httpx.Timeout:
    return httpx.Timeout(connect=times.connect, write=times.write, read=times.read, pool=times.connect)


def _root_of(endpoint: str) -> httpx.URL:
    """Return the URL to connect to; its host must be the one that was checked by another parser."""
    try:
        url = httpx.URL(endpoint).copy_with(path="/")
    except httpx.InvalidURL:
        raise no_endpoint() from None
    judged = urlsplit(endpoint)
    host = (judged.hostname or "").encode("idna" if ":" not in (judged.hostname or "") else "ascii")
    if url.raw_host.lower() != host.lower() or url.port not in {judged.port, None}:
        raise no_endpoint()
    return url


def _http_client(settings: ClientSettings, transport: Transport | None) -> httpx.Client:
    # Compressed responses are refused: a small one may expand to any size.
    headers = {"User-Agent": f"jobspec/{__version__}", "Accept-Encoding": "identity"}
    try:
        return httpx.Client(
            transport=transport or _transport(settings.endpoint),
            timeout=_of_steps(settings.timeouts),
            headers=headers,
            trust_env=False,  # this module reads the environment itself
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        # Not chained: the library's own error quotes the address, which may contain a password.
        raise UsageError(
            "the proxy from the environment cannot be used",
            help="set `HTTPS_PROXY` to an `http://` address, or unset `ALL_PROXY`",
        ) from None


def _transport(endpoint: str) -> Transport:
    # A proxy from the environment cannot reach this machine.
    if is_on_this_machine(endpoint):
        return httpx.HTTPTransport(verify=_default_context())
    return _Routed(tls_context(os.environ, _default_context))


def _default_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def _unchained() -> Iterator[None]:
    """Keep the library's errors out of ours: they hold the request, and with it keys and addresses."""
    try:
        yield
    except PlatformError as error:
        error.__cause__ = error.__context__ = None
        raise


@contextmanager
def _translated(action: str, host: str) -> Iterator[None]:
    try:
        yield
    except _NOT_SENT as error:
        raise NotSent(
            f"{host} could not be reached for `{action}`: {_reason(error)}",
            action=action,
            help="check the network, the endpoint and the proxy",
        ) from None
    except UnicodeError:
        raise NotSent(
            f"{host} could not be reached for `{action}`: the proxy host name is invalid",
            action=action,
            help="check `HTTPS_PROXY` and `ALL_PROXY`, or unset them",
        ) from None
    except httpx.InvalidURL:
        # A redirect is not followed, but httpx parses its address anyway.
        raise BadAnswer(
            f"the response to `{action}` redirects to an invalid address",
            action=action,
            help="check the endpoint and any proxy or gateway in front of it",
        ) from None
    except httpx.TimeoutException:
        raise _unavailable(action, "timed out") from None
    except httpx.HTTPError as error:
        # Its text is left out: for a header that cannot be sent, it contains the header's value.
        raise _unavailable(action, f"was interrupted ({type(error).__name__})") from None


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ProxyError):  # the rest comes from the proxy, which knows our password there
        return f"the proxy refused with {shown(str(error))[:3] or 'no reason'}"
    return shown(str(error)) or type(error).__name__


def _unavailable(action: str, what: str) -> Unavailable:
    return Unavailable(f"the response to `{action}` {what}", action=action, help="try again later")


def _bad(response: httpx.Response, action: str, what: str) -> BadAnswer:
    return BadAnswer(
        f"the response to `{action}` {what}",
        action=action,
        status=response.status_code,
        help="check the endpoint and any proxy or gateway in front of it",
    )


def _check_encoding(response: httpx.Response, action: str) -> None:
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise _bad(response, action, "is compressed, although no compression was requested")


def _address_behind(response: httpx.Response) -> str:
    """Return the remote address of the response's connection; empty if the connection is closed."""
    stream = response.extensions.get("network_stream")
    try:
        return "" if stream is None else address_of(stream.get_extra_info("server_addr"))
    except OSError:  # closed in the meantime
        return ""


def _lowered(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
