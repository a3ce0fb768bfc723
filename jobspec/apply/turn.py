"""Serialises applies in one scope of one account on this machine, across clones.

It only spares two applies the race that the protocol settles anyway, and it covers one state folder.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from jobspec.errors import StateFolderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.apply.clock import InterruptibleClock
    from jobspec.config.state_folder import PrivateFolder

NAME = "apply.lock"
_PAUSE = 0.2


class Turn(Struct):
    """Hold the exclusive lock on the scope's state folder; `on_wait` is called if another process holds it.

    With a clock, an interrupt also ends the wait for the lock; the caller must not write then.
    """

    folder: PrivateFolder
    on_wait: Callable[[], None]
    clock: InterruptibleClock | None = None
    _descriptor: int | None = None

    def __enter__(self) -> Self:
        """Acquire the lock. If none can be created, continue without: the journal then refuses submits."""
        with suppress(OSError, StateFolderError):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            self._descriptor = os.open(self.folder.make() / NAME, flags, 0o600)
            self._lock(self._descriptor)
        return self

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.on_wait()
            if self.clock is None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            else:
                _poll(descriptor, self.clock)

    def release(self) -> None:
        """Release the lock; waiting for runs needs none."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        self.release()


def _poll(descriptor: int, clock: InterruptibleClock) -> None:
    while not clock.is_interrupted:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            clock.sleep(_PAUSE)
        else:
            return
