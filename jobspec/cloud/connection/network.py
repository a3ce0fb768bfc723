"""Carries requests over the network, through proxies and with certificates. The only user of httpx.

It is imported only for a platform that is reached over the network. It translates every httpx error into
ours, so that a caller can distinguish "not sent" from "may have been executed".
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.request import getproxies

import httpx

from jobspec.cloud.connection import no_proxy
from jobspec.cloud.connection.certificates import tls_context
from jobspec.cloud.connection.sending import Outgoing, Received, Sender, not_a_url, unavailable
from jobspec.cloud.connection.silence import unlogged
from jobspec.cloud.settings import Timeouts, is_on_this_machine, no_endpoint
from jobspec.cloud.signing import address_of
from jobspec.errors import BadAnswer, NotSent, PlatformError, UsageError
from jobspec.redaction.answers import shown

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


Transport: TypeAlias = httpx.BaseTransport
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


class Network(Sender):
    """Connections to one platform, kept open and shared by threads. `transport` replaces the lowest layer."""

    def __init__(
        self, endpoint: str, netloc: str, timeouts: Timeouts, transport: Transport | None = None
    ) -> None:
        _check_host(endpoint, netloc)
        self._client = _http_client(endpoint, timeouts, transport)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def open(self, request: Outgoing, times: Timeouts) -> Iterator[Received]:
        """Send one request; no redirect is followed."""
        built = self._built(request, times)
        with unlogged(), _unchained(), _translated(request.action, built.url.netloc.decode("ascii")):
            response = self._client.send(built, stream=True)
            try:
                yield Received(
                    response.status_code, _lowered(response), response.iter_bytes(), _address_behind(response)
                )
            finally:
                response.close()

    def _built(self, request: Outgoing, times: Timeouts) -> httpx.Request:
        try:
            return self._client.build_request(
                request.method,
                httpx.URL(request.url),
                content=request.body,
                headers=request.headers,
                timeout=_of_steps(times),
            )
        except httpx.InvalidURL:
            raise not_a_url() from None


def _of_steps(times: Timeouts) -> httpx.Timeout:
    return httpx.Timeout(connect=times.connect, write=times.write, read=times.read, pool=times.connect)


def _check_host(endpoint: str, netloc: str) -> None:
    """Require that httpx connects to the host that was checked, and is signed, by another parser."""
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        raise no_endpoint() from None
    if url.netloc.decode("ascii") != netloc:
        raise no_endpoint()


def _http_client(endpoint: str, timeouts: Timeouts, transport: Transport | None) -> httpx.Client:
    try:
        return httpx.Client(
            transport=transport or _transport(endpoint),
            timeout=_of_steps(timeouts),
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
        raise unavailable(action, "timed out") from None
    except httpx.HTTPError as error:
        # Its text is left out: for a header that cannot be sent, it contains the header's value.
        raise unavailable(action, f"was interrupted ({type(error).__name__})") from None


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ProxyError):  # the rest comes from the proxy, which knows our password there
        return f"the proxy refused with {shown(str(error))[:3] or 'no reason'}"
    return shown(str(error)) or type(error).__name__


def _address_behind(response: httpx.Response) -> str:
    """Return the remote address of the response's connection; empty if the connection is closed."""
    stream = response.extensions.get("network_stream")
    try:
        return "" if stream is None else address_of(stream.get_extra_info("server_addr"))
    except OSError:  # closed in the meantime
        return ""


def _lowered(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
