"""The process that runs the tasks of one project: `python -m` this module, with its root and state folder.

It may be killed at any moment: the shims of its replicas then end their processes, and the next supervisor
verifies that and records their ends. It never restarts a task that may have been started before.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.local.clock import SystemClock
from jobspec.local.errors import StoreGone, StoreUnusable
from jobspec.local.folder import Folder, prepare
from jobspec.local.settings import (
    Settings,
    from_environment,
)
from jobspec.local.store.database import open_database
from jobspec.local.store.store import Store
from jobspec.local.supervisor.executor import ProcessExecutor
from jobspec.local.supervisor.launch import take_lock
from jobspec.local.supervisor.processes import adopt_orphans, mark_of_store
from jobspec.local.supervisor.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence


_SHORTEST, _LONGEST = 0.02, 0.1
"""Seconds between polls: short while things happen, longer when nothing does."""
_LONGEST_TROUBLE = 2.0
"""Seconds between retries when the store cannot be used for long."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tasks of a folder until none is left; do nothing if another supervisor already does."""
    arguments = _arguments(argv)
    folder = Folder(Path(arguments.root), Path(arguments.state))
    prepare(folder)
    _outlive_the_terminal()
    adopt_orphans()
    lock = take_lock(folder) if arguments.lock is None else _inherited(arguments.lock)
    if lock is not None:
        _supervise(folder, lock, from_environment(os.environ))
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="jobspec.local.supervisor.main", description=main.__doc__)
    parser.add_argument("root", help="the folder that tasks run in")
    parser.add_argument("state", help="the folder of the store and the logs")
    parser.add_argument("--lock", type=int, help="the file descriptor of the lock, if the parent took it")
    return parser.parse_args(argv)


def _inherited(lock: int) -> int:
    os.set_inheritable(lock, False)  # noqa: FBT003 - positional in the standard library
    return lock


def _outlive_the_terminal() -> None:
    for signum in (signal.SIGHUP, signal.SIGINT):
        signal.signal(signum, signal.SIG_IGN)


def _supervise(folder: Folder, lock: int, settings: Settings) -> None:
    store = Store(open_database(folder))
    mark = mark_of_store(store.identity(), folder.store)
    executor = ProcessExecutor(folder, store_mark=mark, settings=settings, environ=dict(os.environ))
    held: int | None = lock
    while held is not None:
        schedule = Schedule(store, executor, clock=SystemClock(), settings=settings)
        _work(schedule, store, lock=held, linger=settings.linger)
        gone = _is_gone(held)
        os.close(held)
        # A caller that queued a task before the lock was free did not start a supervisor: so check again.
        held = take_lock(folder) if not gone and store.has_work() else None


def _work(schedule: Schedule, store: Store, *, lock: int, linger: float) -> None:
    """Take steps until there has been nothing to do for `linger` seconds, or the folder was removed.

    If the store cannot be used for now, for example because the disk is full, wait: ending would end all
    tasks.
    """
    busy_until = time.monotonic() + linger
    pause, problem = _SHORTEST, ""
    while not _is_gone(lock):
        try:
            pause = _SHORTEST if schedule.step() else min(pause * 1.5, _LONGEST)
            is_busy, problem = store.has_work(), ""
        except StoreGone:
            raise
        except StoreUnusable as trouble:
            pause, is_busy = min(pause * 1.5, _LONGEST_TROUBLE), True
            problem = _logged(trouble, problem)
        if is_busy:
            busy_until = time.monotonic() + linger
        elif time.monotonic() >= busy_until:
            return
        time.sleep(pause)


def _logged(trouble: StoreUnusable, before: str) -> str:
    """Log a problem unless it was the last one logged; the log may be on the same full disk."""
    if trouble.message != before:
        with suppress(OSError):
            sys.stderr.write(f"{trouble.message}; tasks continue, and the supervisor tries again\n")
            sys.stderr.flush()
    return trouble.message


def _is_gone(lock: int) -> bool:
    return os.fstat(lock).st_nlink == 0


if __name__ == "__main__":
    raise SystemExit(main())
