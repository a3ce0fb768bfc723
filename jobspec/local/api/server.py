"""Serves the local platform over HTTP, to callers who sign with a known key.

Uvicorn is the server: it passes a request on as soon as its headers have arrived, so that an unknown sender
is refused before a body is read. It keeps slow clients in an event loop, where each costs a socket and no
thread.
"""

from __future__ import annotations

import errno
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import uvicorn
from msgspec import Struct

from jobspec.local.api.app import (
    LocalPlatform,
    application,
)
from jobspec.local.api.asgi import Gateway
from jobspec.local.api.connection import HttpConnection
from jobspec.local.api.documents import (
    Hides,
    undocumented_text,
)
from jobspec.local.api.gate import is_loopback
from jobspec.local.errors import CannotServe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobspec.local.folder import Folder
    from jobspec.local.settings import Settings

_LAST_PORT = 65535
_THREADS = 8
_IDLE_SECONDS = 15
_GRACE_SECONDS = 1
"""Seconds for responses in progress when the server stops."""
_AT_ONCE = 16
"""Connections accepted in one go. With more, a flood would use up all files before any is dropped."""
_WAITING = 2048
"""Connections that the kernel keeps until they are accepted."""


class Address(Struct, frozen=True):
    """The address to listen on. Port 0 means any free one."""

    host: str = "127.0.0.1"
    port: int = 0


ANY_PORT = Address()


def serve(  # noqa: PLR0913 - command-line options, and what the caller decides
    folder: Folder,
    *,
    on_ready: Callable[[str], None],
    address: Address = ANY_PORT,
    keys: Mapping[str, str] | None = None,
    hides: Hides = undocumented_text,
    settings: Settings | None = None,
) -> None:
    """Serve the platform of `folder` until interrupted; `on_ready` gets the URL once calls are accepted.

    `keys` maps the accepted access keys to their secret keys; without any, every call is refused. Settings
    come from the environment by default. Raises `CannotServe` for an address beyond this machine without
    `keys`, for an address that cannot be listened on, or for a root that is not a folder, and `LocalError` as
    `application` does.
    """
    if not keys and not is_loopback(address.host):
        raise CannotServe(
            f"`{address.host}` is reachable from other machines, but no keys are set",
            help="set `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`, pass --signed with a key in ~/.volc, "
            "or listen on 127.0.0.1",
        )
    if not folder.root.is_dir():
        raise CannotServe(
            f"`{folder.root}` is not a folder", help="create it, or pass the folder to run tasks in"
        )
    platform = application(folder, keys=keys or {}, settings=settings, hides=hides)
    with (
        closing(platform),
        _listening(address.host, address.port) as listener,
        suppress(KeyboardInterrupt),  # raised once the server has ended
    ):
        url = _url(address.host, listener.getsockname()[1])
        _run(platform, listener, lambda: on_ready(url))


class _Server(uvicorn.Server):
    """Reports that it is ready once it also handles signals, so that an early signal stops it normally."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_WAITING)
        self._on_ready()


def _run(platform: LocalPlatform, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    # Errors of clients are answered; they are not worth logging.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with ThreadPoolExecutor(_THREADS) as threads:
        config = uvicorn.Config(
            Gateway(platform, threads),
            http=HttpConnection,
            loop="asyncio",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_AT_ONCE,  # asyncio uses it for both
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        _Server(config, on_ready).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as refused:
        raise _not_listening(host, port, refused) from refused
    # Its connections inherit this. asyncio would set it only if the socket's protocol were named: without it,
    # a client that waits for an answer gets its end 40 ms late, with the delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _not_listening(host: str, port: int, refused: OSError | UnicodeError) -> CannotServe:
    if isinstance(refused, OSError) and refused.errno == errno.EADDRINUSE:
        return CannotServe(
            f"port {port} of `{host}` is already in use",
            help="use another port, for example: jobspec serve "
            f"--port {port + 1 if port < _LAST_PORT else port - 1}",
        )
    if isinstance(refused, OSError) and refused.errno == errno.EADDRNOTAVAIL:
        return CannotServe(f"this machine does not have the address `{host}`", help="use another address")
    why = refused.strerror if isinstance(refused, OSError) else "invalid host name"
    return CannotServe(f"cannot listen on `{host}:{port}`: {why}", help="use another port or address")


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
