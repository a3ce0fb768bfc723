"""A connection of the HTTP server, with time limits for slow clients.

Uvicorn limits the size of headers, waits for slow readers without a thread, and closes idle connections. It
sets no time limit for the headers of a request and none for a client that does not read (its issue 157): both
are added here, through the hooks of `asyncio.Protocol`.
"""

from __future__ import annotations

import asyncio
import resource
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from asyncio import Transport

_REQUEST_SECONDS = 15.0
"""Seconds within which the complete headers of a request must arrive."""
_READING_SECONDS = 30.0
"""Seconds after which a client that does not read its answer is dropped."""
_MOST = 800
"""The maximum number of connections. Most systems allow a process 1024 files, and each connection is one."""


class HttpConnection(H11Protocol):
    """One connection. If there are too many, the oldest without a request in progress is dropped."""

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

    def eof_received(self) -> bool | None:  # type: ignore[override] # asyncio accepts the answer
        """Stay open for the answer to a complete request: a client may close its side first."""
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
        """Give the client some time to read: the send buffer is full."""
        super().pause_writing()
        self._unread = self.loop.call_later(_READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Continue with the answer."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_dropped(self) -> bool:
        """Whether it was dropped, and is only listed until the event loop has closed it."""
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
