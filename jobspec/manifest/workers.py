"""Share work among forked processes, if the machine has several cores and there is enough work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
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
    workers = min(len(os.sched_getaffinity(0)), MAX_WORKERS, len(items) // min_items)
    if workers < 2 or threading.active_count() > 1:  # a fork copies one thread only
        return work(items)
    size = -(-len(items) // workers)
    own, *others = [items[start : start + size] for start in range(0, len(items), size)]
    started = [(share, *_start(work, share)) for share in others]
    try:
        results = work(own)
    except BaseException:
        _abandon(started)
        raise
    for share, pid, reader in started:
        results += _result(pid, reader) or work(share)
    return results


def _start(work: Callable[[list[T]], list[Any]], share: list[T]) -> tuple[int, int]:
    """Start a process that writes its results to a pipe; return its id and the pipe."""
    reader, writer = os.pipe()
    pid = os.fork()
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


def _abandon(started: list[tuple[list[T], int, int]]) -> None:
    """Wait for the processes without their results: otherwise they would remain until this process ends."""
    for _, pid, reader in started:
        os.close(reader)
        os.waitpid(pid, 0)


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
