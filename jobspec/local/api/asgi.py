"""The local platform as an ASGI application: the sender is checked before a byte of a body is read.

The event loop answers unknown senders; only admitted requests get a thread. The slow parts of a client
(sending its body, reading the answer) are awaited in the loop with a time limit, so that no client can hold a
thread.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from jobspec.local.api.app import (
    Admitted,
    LocalPlatform,
)
from jobspec.local.api.exchange import MAX_BODY, Response, incoming_of_scope, plain, too_long

if TYPE_CHECKING:
    from concurrent.futures import Executor


_BODY_SECONDS = 15.0
"""Seconds within which the complete body must arrive.

The largest one takes a moment on any usable network.
"""

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Disconnected(Exception):
    """The client disconnected before its request was complete."""


class Gateway:
    """The application for an ASGI server; work that may access the disk runs on `threads`."""

    def __init__(self, platform: LocalPlatform, threads: Executor) -> None:
        self._platform = platform
        self._threads = threads

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request. The body of a refused request is not read."""
        admitted = self._platform.admit(incoming_of_scope(scope))
        if isinstance(admitted, Response):
            await _send_ready(admitted, send)
            return
        with suppress(_Disconnected):
            answer = await self._answer(admitted, receive)
            await self._send(answer, receive, send)

    async def _answer(self, admitted: Admitted, receive: Receive) -> Response:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _whole_body(receive)
        except TimeoutError:
            return plain(408, "the body timed out", ("Connection", "close"))
        if body is None:
            return self._platform.refuse(admitted, too_long())
        answer: Response = await self._in_thread(self._platform.answer, admitted, body, sys.stderr)
        return answer

    async def _send(self, answer: Response, receive: Receive, send: Send) -> None:
        if isinstance(answer.body, tuple):
            await _send_ready(answer, send)
            return
        await _start(answer, send)
        leaving = asyncio.ensure_future(receive())
        try:
            pieces = iter(answer.body)
            while not leaving.done() and (piece := await self._in_thread(next, pieces, b"")):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()

    async def _in_thread(self, work: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


async def _send_ready(answer: Response, send: Send) -> None:
    """Send a response that is complete in memory: no thread has to read the rest of it."""
    await _start(answer, send)
    await send({"type": "http.response.body", "body": b"".join(answer.body)})


async def _start(answer: Response, send: Send) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _whole_body(receive: Receive) -> bytes | None:
    """Return the body, or None if it is too long: no more than the limit is kept."""
    body = bytearray()
    while len(body) <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
    return None
