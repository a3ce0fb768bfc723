"""Ensures that a supervisor runs. There is at most one: it holds the lock for as long as it lives.

A caller that finds the lock free acquires it and passes it to the supervisor it starts, through the inherited
file descriptor. So the lock is never free in between, and concurrent callers start only one supervisor.
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
"""Seconds; a caller that only checks holds the lock for far less."""


def take_lock(folder: Folder) -> int | None:
    """Return the supervisor's lock as a file descriptor, or None if a supervisor holds it.

    A caller that only checks for a supervisor also holds it for an instant; such a hold is waited out.
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
    """Return whether a supervisor runs: it holds the lock.

    A shared lock is tried for an instant; nothing is created.
    """
    try:
        descriptor = os.open(folder.supervisor_lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # no lock, or not one that a supervisor would take
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def ensure_supervisor(folder: Folder, settings: Settings) -> None:
    """Start a supervisor unless one runs. Raises `OSError` if it cannot be started."""
    lock = take_lock(folder)
    if lock is None:
        return
    try:
        _start(folder, settings, lock)
    finally:
        os.close(lock)  # only our copy: the supervisor's keeps the lock


def _start(folder: Folder, settings: Settings, lock: int) -> None:
    from subprocess import DEVNULL, run  # noqa: PLC0415 - most calls never start a process

    # `-P`: a user's file called `json.py` must not be imported instead of ours. The shell's `&` detaches the
    # supervisor from a parent that would have to wait for it.
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
