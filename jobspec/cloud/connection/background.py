"""Run slow reads in the background: start them early, wait where the value is needed."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def read_in_background(read: Callable[[], T]) -> Callable[[], T]:
    """Start `read` on a new thread; the returned function waits for its value, or raises its error.

    An abandoned read continues on a daemon thread, which never keeps the process alive: it must only read.
    """
    begun = _Read(read)
    begun.start()
    return begun.result


class _Read(Thread, Generic[T]):
    # Not a Future: its module imports logging, which would cost a small command more than what it reads.
    def __init__(self, read: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._read = read
        self._values: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._values.append(self._read())
        except BaseException as error:  # raised again in the waiting thread
            self._error = error

    def result(self) -> T:
        self.join()
        if self._error is not None:
            raise self._error
        return self._values[0]
