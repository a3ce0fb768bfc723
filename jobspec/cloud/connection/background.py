"""Reading in the background: what is slow is begun, and waited for where it is needed."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def begun(read: Callable[[], T]) -> Callable[[], T]:
    """Begin to `read` on a thread of its own; what is returned waits for the value, or raises its error.

    A reading that nobody waits for any more is left to itself and keeps no process alive: it must only read.
    """
    future: Future[T] = Future()
    Thread(target=lambda: _settle(future, read), daemon=True).start()
    return future.result


def _settle(future: Future[T], read: Callable[[], T]) -> None:
    try:
        future.set_result(read())
    except BaseException as error:  # raised again by who waits
        future.set_exception(error)
