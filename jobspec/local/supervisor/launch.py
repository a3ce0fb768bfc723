"""Seeing to it that a supervisor is there. At most one lives: it holds the lock for as long as it lives.

Who finds the lock free takes it and hands it to the supervisor it starts, through the inherited file
descriptor. So the lock is never free in between, and many callers start one supervisor, not many.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from jobspec.local.folder import (
    Folder,
    open_private,
)

if TYPE_CHECKING:
    from jobspec.local.settings import Settings

_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from jobspec.local.supervisor.main import main; sys.exit(main(sys.argv[1:]))"
)
_PACKAGES = str(Path(__file__).resolve().parents[3])
_TRIES = 100
_PAUSE = 0.005
"""Seconds; who looks holds the lock for far less."""


def take_lock(folder: Folder) -> int | None:
    """The supervisor's lock as a file descriptor, or None if a supervisor holds it.

    Who only looks for one holds it too, for an instant: that is waited out.
    """
    for _ in range(_TRIES):
        lock = _taken(folder)
        if lock is not None or has_supervisor(folder):
            return lock
        sleep(_PAUSE)
    return None


def _taken(folder: Folder) -> int | None:
    descriptor = open_private(folder.supervisor_lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def has_supervisor(folder: Folder) -> bool:
    """Whether a supervisor lives: it holds the lock. Asking for it shared, for an instant, makes nothing."""
    try:
        descriptor = os.open(folder.supervisor_lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # no lock, or none that a supervisor would take
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def ensure_supervisor(folder: Folder, settings: Settings) -> None:
    """Start a supervisor unless one lives. Raises `OSError` if it cannot be started."""
    lock = take_lock(folder)
    if lock is None:
        return
    try:
        _start(folder, settings, lock)
    finally:
        os.close(lock)  # ours alone: the supervisor's copy keeps the lock


def _start(folder: Folder, settings: Settings, lock: int) -> None:
    from subprocess import DEVNULL, run  # noqa: PLC0415 - most calls never start a process

    # `-P`: a file of the user's called `json.py` must not be imported for ours. The shell's `&` leaves the
    # supervisor without a parent that would have to wait for it.
    python = [
        sys.executable,
        "-P",
        "-c",
        _PROGRAM,
        _PACKAGES,
        str(folder.root),
        str(folder.path),
        "--lock",
        str(lock),
    ]
    log = open_private(folder.supervisor_log, os.O_WRONLY | os.O_APPEND)
    try:
        run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", '"$@" &', "sh", *python],
            cwd=folder.root,
            env={**os.environ, **settings.as_environment()},
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            start_new_session=True,
            check=False,
        )
    finally:
        os.close(log)
