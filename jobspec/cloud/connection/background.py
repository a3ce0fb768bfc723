"""Reads on background threads that can be abandoned."""

from __future__ import annotations

from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class StartRead(Protocol):
    """Starts a read; the returned function waits for its value, or raises its error."""

    def __call__(self, read: Callable[[], T]) -> Callable[[], T]:
        """Start `read`."""


@contextmanager
def reading_ahead(threads: int) -> Iterator[StartRead]:
    """Yield a function that starts a read on one of a few threads, which end with the context.

    An abandoned read continues on its daemon thread, which never keeps the process alive: it must only read.
    """
    waiting: SimpleQueue[_Read[Any] | None] = SimpleQueue()
    running: list[Thread] = []

    def start(read: Callable[[], T]) -> Callable[[], T]:
        begun = _Read(read)
        waiting.put(begun)
        if len(running) < threads:
            running.append(Thread(target=_work, args=(waiting,), daemon=True))
            running[-1].start()
        return begun.result

    try:
        yield start
    finally:
        for _ in running:
            waiting.put(None)


def limited(call: Callable[[], T], seconds: float) -> T:
    """Return the value of a call, or raise its error, or `TimeoutError` after some seconds.

    Unlike the time limits of a connection, this one also covers the resolution of a name. A call that is
    abandoned may still take effect until the process ends.
    """
    begun = _Read(call)
    Thread(target=begun.settle, daemon=True).start()
    return begun.result(seconds)


def _work(waiting: SimpleQueue[_Read[Any] | None]) -> None:
    while read := waiting.get():
        read.settle()
        del read  # a value that is read must not be kept until the next one is


class _Read(Generic[T]):
    # Not a Future: its module imports logging, which would cost a small command more than what it reads.
    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._values: list[T] = []
        self._error: BaseException | None = None
        self._is_settled = Event()

    def settle(self) -> None:
        """Read, and keep the value or the error."""
        try:
            self._values.append(self._read())
        except BaseException as error:  # raised again in the waiting thread
            self._error = error
        self._is_settled.set()

    def result(self, seconds: float | None = None) -> T:
        """Wait for the value, or raise the error; `TimeoutError` after some seconds."""
        if not self._is_settled.wait(seconds):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._values[0]
