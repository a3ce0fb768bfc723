"""Ctrl-C and SIGTERM while tasks are written: the first stops gracefully, the second at once."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jobspec.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from jobspec.apply.clock import InterruptibleClock

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _print(line: str) -> None:
    """Write past every buffer: the signal may have arrived during a write to one."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"\n{line}\n".encode())


@contextmanager
def raised() -> Iterator[None]:
    """Make SIGTERM raise `KeyboardInterrupt`, as Ctrl-C does: for a server, and for single writes."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interruptible(clock: InterruptibleClock) -> Iterator[None]:
    """Make the first signal interrupt the clock, and the second end the process."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if clock.is_interrupted:
            _print("Stopped now. The next apply shows the result of unfinished calls.")
            os._exit(Exit.INTERRUPTED)  # threads in a call could not be ended otherwise
        clock.interrupt()
        _print("Stopping after the current calls. Press Ctrl-C again to stop now.")

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
