"""A connection of the HTTP server, with an end for whatever a client leaves undone.

Uvicorn bounds the size of headers, waits for slow readers without a thread, and ends idle connections. It
sets no time for the headers of a request and none for a client that does not read (its issue 157): both are
added here, through the hooks of `asyncio.Protocol`.
"""

from __future__ import annotations

import asyncio
import resource
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from asyncio import Transport

_REQUEST_SECONDS = 15.0
"""In which the headers of a request have to come, whole."""
_READING_SECONDS = 30.0
"""After which a client that reads nothing of its answer is dropped."""
_MOST = 800
"""Connections at once. Most systems give a process 1024 files, and a connection is one."""


class HttpConnection(H11Protocol):
    """One connection. Too many of them end the oldest that has no request under way."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._unread: asyncio.TimerHandle | None = None
        self._begun = self.loop.time()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as in the base class
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > _limit():
            self._drop_oldest()

    def eof_received(self) -> bool | None:  # type: ignore[override] # asyncio takes the answer
        """Stay open for the answer to a request that is complete: a client may end its side first."""
        if self.is_idle or self.cycle.more_body:
            return None
        self.cycle.keep_alive = False
        return True

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        answered = self.cycle
        super().on_response_complete()
        if self.cycle is answered:
            self._await_request()

    def pause_writing(self) -> None:
        """Give the client some time to read: there is no room for more of the answer."""
        super().pause_writing()
        self._unread = self.loop.call_later(_READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_dropped(self) -> bool:
        """Whether it was ended, and is only listed until the event loop has closed it."""
        return bool(self.transport.is_closing())

    def _await_request(self) -> None:
        self._begun = self.loop.time()
        self.loop.call_later(_REQUEST_SECONDS, self._drop_unless_begun, self.cycle)

    def _drop_unless_begun(self, before: object) -> None:
        if self.cycle is before:
            self.transport.abort()

    def _drop_oldest(self) -> None:
        own = (one for one in self.connections if isinstance(one, HttpConnection))
        idle = [one for one in own if one.is_idle and not one.is_dropped]
        if idle:
            min(idle, key=lambda one: one._begun).transport.abort()


def _limit() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if files == resource.RLIM_INFINITY else min(_MOST, files * 3 // 4)
