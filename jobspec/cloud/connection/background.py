"""Run slow reads in the background: start them early, wait where the value is needed."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
_Work: TypeAlias = "tuple[Future[Any], Callable[[], Any]] | None"


class StartRead(Protocol):
    """Starts a read; the returned function waits for its value, or raises its error."""

    def __call__(self, read: Callable[[], T]) -> Callable[[], T]:
        """Start `read`."""


@contextmanager
def reading_ahead(threads: int) -> Iterator[StartRead]:
    """Yield a function that starts a read on one of a few threads, which end with the context.

    An abandoned read continues on its daemon thread, which never keeps the process alive: it must only read.
    """
    waiting: SimpleQueue[_Work] = SimpleQueue()
    running: list[Thread] = []

    def start(read: Callable[[], T]) -> Callable[[], T]:
        future: Future[T] = Future()
        waiting.put((future, read))
        if len(running) < threads:
            running.append(Thread(target=_work, args=(waiting,), daemon=True))
            running[-1].start()
        return future.result

    try:
        yield start
    finally:
        for _ in running:
            waiting.put(None)


def _work(waiting: SimpleQueue[_Work]) -> None:
    while work := waiting.get():
        _settle(*work)
        del work  # a value that is read must not be kept until the next one is


def _settle(future: Future[T], read: Callable[[], T]) -> None:
    try:
        future.set_result(read())
    except BaseException as error:  # raised again in the waiting thread
        future.set_exception(error)
