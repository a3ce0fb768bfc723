"""Serving the local platform over HTTP: loopback, unless keys keep strangers from running commands here."""

from __future__ import annotations

import logging
import socket
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from waitress.server import create_server

from jobspec.local.app import application
from jobspec.local.documents import undocumented_text
from jobspec.local.errors import ServeRefused
from jobspec.local.exchange import MAX_BODY
from jobspec.local.gate import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from waitress.server import BaseWSGIServer, MultiSocketServer

    from jobspec.local.app import LocalPlatform
    from jobspec.local.documents import Hides
    from jobspec.local.folder import Folder
    from jobspec.local.settings import Settings

_THREADS = 8
_CONNECTIONS = 800
"""At once. Most systems give a process 1024 files, and a connection is one."""
_IDLE_SECONDS = 15
"""After which a connection is closed on which nothing came: also in the middle of a request."""
_MAX_READ = 2 * MAX_BODY
"""Bytes; more than the application takes, so that it is the one to refuse, in its envelope."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. Port 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 0


def serve(  # noqa: PLR0913 - what a person chooses on the command line, and what the caller decides
    folder: Folder,
    *,
    on_ready: Callable[[str], None],
    address: Address = Address(),
    keys: Mapping[str, str] | None = None,
    hides: Hides = undocumented_text,
    settings: Settings | None = None,
) -> None:
    """Serve the platform of `folder` until interrupted; `on_ready` gets the URL once it accepts calls.

    Settings come from the environment by default. Raises `ServeRefused` for an address beyond this machine
    without `keys`, one that cannot be listened on, or a root that is no folder, and `LocalError` as
    `application` does.
    """
    if keys is None and not is_loopback(address.host):
        raise ServeRefused(
            f"`{address.host}` is reachable from other machines, and no keys are given",
            help="ask for signatures (`jobspec serve --signed`), or serve on 127.0.0.1",
        )
    if not folder.root.is_dir():
        raise ServeRefused(
            f"`{folder.root}` is not a folder", help="make it, or name the folder to run tasks in"
        )
    platform = application(folder, keys=keys, settings=settings, hides=hides)
    with closing(platform), _listening(address.host, address.port) as listener:
        server = _server(platform, listener)
        with suppress(KeyboardInterrupt):  # which the server takes for its end, too
            on_ready(_url(address.host, listener.getsockname()[1]))
            server.run()


def _server(platform: LocalPlatform, listener: socket.socket) -> MultiSocketServer | BaseWSGIServer:
    # That a request waits for one of the threads is nothing to tell of.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return create_server(
        platform,
        sockets=[listener],
        threads=_THREADS,
        max_request_body_size=_MAX_READ,
        ident=None,
        connection_limit=_CONNECTIONS,
        channel_timeout=_IDLE_SECONDS,
        cleanup_interval=_IDLE_SECONDS // 3,
        asyncore_use_poll=True,  # which has no highest file, as `select` does
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as refused:
        why = refused.strerror if isinstance(refused, OSError) else "no host has such a name"
        raise ServeRefused(
            f"`{host}:{port}` cannot be listened on: {why}",
            help="choose another port or address",
        ) from refused


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
