"""Run slow reads in the background: start them early, wait where the value is needed."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def read_in_background(read: Callable[[], T]) -> Callable[[], T]:
    """Start `read` on a new thread; the returned function waits for its value, or raises its error.

    An abandoned read continues on a daemon thread, which never keeps the process alive: it must only read.
    """
    future: Future[T] = Future()
    Thread(target=lambda: _settle(future, read), daemon=True).start()
    return future.result


def _settle(future: Future[T], read: Callable[[], T]) -> None:
    try:
        future.set_result(read())
    except BaseException as error:  # raised again in the waiting thread
        future.set_exception(error)
