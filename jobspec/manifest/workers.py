"""Share work among forked processes, if the machine has several cores and there is enough work."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
MIN_ITEMS = 250
"""With fewer items, a process costs more than it saves."""
MAX_WORKERS = 4


def shared(work: Callable[[list[T]], list[Any]], items: list[T], *, min_items: int = MIN_ITEMS) -> list[Any]:
    """Return `work(items)`, done by several processes in parallel if possible.

    `work` must return one result per item, must not depend on the other items, and must do no I/O. A share
    whose process fails is done here.
    """
    workers = min(_cores(), MAX_WORKERS, len(items) // min_items)
    if workers < 2 or threading.active_count() > 1:  # a fork copies one thread only
        return work(items)
    size = -(-len(items) // workers)
    own, *others = [items[start : start + size] for start in range(0, len(items), size)]
    started = [_start(work, share) for share in others]
    try:
        results = work(own)
    except BaseException:
        _end(filter(None, started))
        raise
    for share, process in zip(others, started, strict=True):
        results += (process and _result(*process)) or work(share)
    return results


def _cores() -> int:
    """Return how many cores this process may use; 1 where the system does not report it (macOS)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _start(work: Callable[[list[T]], list[Any]], share: list[T]) -> tuple[int, int] | None:
    """Start a process that writes its results to a pipe; return its id and the pipe, or None if it fails."""
    try:
        reader, writer = os.pipe()
    except OSError:
        return None
    try:
        pid = os.fork()
    except OSError:  # too many processes, or too little memory
        os.close(reader)
        os.close(writer)
        return None
    if pid:
        os.close(writer)
        return pid, reader
    code = 1
    try:
        os.close(reader)
        with open(writer, "wb") as pipe:  # noqa: PTH123 - a descriptor
            import pickle  # noqa: PLC0415 - only where work is shared

            pickle.dump(work(share), pipe)
        code = 0
    finally:
        os._exit(code)  # without the cleanup of the process that it is a copy of


def _result(pid: int, reader: int) -> list[Any] | None:
    """Return the results of a process; None if it failed."""
    with open(reader, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        return None
    import pickle  # noqa: PLC0415

    results: list[Any] = pickle.loads(data)  # noqa: S301 - from our own process
    return results


def _end(processes: Iterable[tuple[int, int]]) -> None:
    """End processes whose results nobody needs."""
    for pid, reader in processes:
        os.kill(pid, signal.SIGKILL)
        os.close(reader)
        os.waitpid(pid, 0)
