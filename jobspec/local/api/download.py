"""The response to a request for a replica's log: all of it, or from a byte on for following it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.local.api import exchange, logs
from jobspec.local.api.exchange import Incoming, Response
from jobspec.local.bounded_log import layout_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.local.folder import Folder


def download(request: Incoming, folder: Folder) -> Response:
    """Return 200, 206 for a `Range: bytes=N-`, 416 if nothing is there yet, 404 or 405.

    The caller was checked.
    """
    if request.method not in {"GET", "HEAD"}:
        return exchange.plain(405, "logs require GET", ("Allow", "GET, HEAD"))
    return _read(request, folder)


def _read(request: Incoming, folder: Folder) -> Response:
    path = logs.located(folder, request.path)
    if path is None:
        return exchange.plain(404, "no such log")
    file = logs.open_log(path)
    if file is None:
        return exchange.plain(404, "no such log")
    layout = layout_of(file.fileno())
    part = logs.stretch(request.headers.get("range", ""), layout)
    if part is None:
        file.close()
        return exchange.plain(416, "", ("Content-Range", f"bytes */{layout.end}"))
    if request.method == "GET":
        return _answer(part, logs.chunks(file, part))
    file.close()
    return _answer(part, ())


def _answer(part: logs.Stretch, body: Iterable[bytes]) -> Response:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-Content-Type-Options", "nosniff"),
        ("Accept-Ranges", "bytes"),
        ("Content-Length", str(part.length)),
        *((("X-Jobspec-Log-Skipped", str(part.skipped)),) if part.skipped else ()),
    ]
    if part.is_whole:
        return Response(200, body, tuple(headers))
    return Response(206, body, (*headers, ("Content-Range", part.content_range)))
