"""Calls a WSGI application in this process with the bytes that the network would carry to it.

It imports no HTTP library: that would take longer than everything else that a command does on a small
project.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from jobspec.cloud.connection.sending import Outgoing, Received, Sender, not_a_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from jobspec.cloud.settings import Timeouts

_PORTS = {"http": 80, "https": 443}


class InProcess(Sender):
    """Sends each request to the application, whatever its host."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def close(self) -> None:
        """Do nothing: there is no connection."""

    @contextmanager
    def open(
        self,
        request: Outgoing,
        times: Timeouts,  # noqa: ARG002 - they limit the steps of a connection
    ) -> Iterator[Received]:
        """Call the application."""
        start = _Start()
        body = self._app(_environ(request), start)
        try:
            pieces = iter(body)
            first = next(pieces, b"")  # an application may start its response only now
            yield Received(start.status, start.headers, chain(start.written, [first], pieces))
        finally:
            close: Callable[[], None] | None = getattr(body, "close", None)
            if close is not None:
                close()


class _Start:
    """The `start_response` of one request, and what it was called with."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.written: list[bytes] = []

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None:
            raise exc_info[1]
        self.status = int(status.split(" ", 1)[0])
        for name, value in headers:
            key = name.lower()
            self.headers[key] = f"{self.headers[key]}, {value}" if key in self.headers else value
        return self.written.append


def _environ(request: Outgoing) -> WSGIEnvironment:
    parts = _split(request.url)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or _PORTS[parts.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        **{_key(name): value for name, value in request.headers.items()},
    }


def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise not_a_url() from None
