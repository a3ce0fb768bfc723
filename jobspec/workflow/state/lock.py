"""Keeps the supervisor out of a folder of the local platform while that is moved or removed."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobspec.config.project_state import read_record
from jobspec.errors import UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IDLE_SECONDS = 20.0
"""Longer than a supervisor without runs keeps running."""


@contextmanager
def no_live_runs(folder: Path, verb: str) -> Iterator[None]:
    """Hold the supervisor's lock of a project's folder, so that it has no live run and none starts.

    Raises `UsageError` if a run is live; `verb` is the action that was not done: `moved`, `removed`.
    """
    lock = _supervisors_lock(folder)
    if lock is None:
        record = read_record(folder)
        place = quote(record.root) if record is not None else "the path that their project had"
        raise UsageError(
            f"{quote(folder)} has live runs; nothing was {verb}",
            help=f"wait for them to end, or cancel them from {place}; if the project was moved, "
            "move it back first",
        )
    try:
        yield
    finally:
        os.close(lock)


def _supervisors_lock(path: Path) -> int | None:
    """Acquire the lock, waiting for an idle supervisor to end; None if the supervisor is busy."""
    from jobspec.local.folder import Folder  # noqa: PLC0415 - only for the local platform
    from jobspec.local.health import live_runs  # noqa: PLC0415
    from jobspec.local.supervisor.launch import take_lock  # noqa: PLC0415

    folder = Folder(path, path)
    end = time.monotonic() + _IDLE_SECONDS
    while (lock := take_lock(folder)) is None:
        if time.monotonic() > end or live_runs(folder) != 0:
            return None
        time.sleep(0.1)
    return lock
