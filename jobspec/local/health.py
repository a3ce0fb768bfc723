"""The health of a local platform, read without changing it: no task is created, no supervisor started."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.local.api.app import application
from jobspec.local.settings import Settings
from jobspec.local.supervisor.launch import has_supervisor

if TYPE_CHECKING:
    from jobspec.local.folder import Folder


class Health(Struct, frozen=True):
    """Whether a store exists, whether one of its tasks is active, and whether a supervisor runs."""

    has_store: bool
    has_work: bool
    has_supervisor: bool


def look_at(folder: Folder, settings: Settings) -> Health:
    """Return the health of the platform of a folder. Raises `LocalError` if it cannot be used."""
    with closing(application(folder, settings=settings)) as platform:
        has_work = platform.store(writing=False).has_work()
    return Health(folder.store.exists(), has_work, has_supervisor(folder))


def live_runs(folder: Folder) -> int:
    """Return the number of tasks of a folder that have not ended; nothing is started. Raises `LocalError`."""
    with closing(application(folder, settings=Settings())) as platform:
        return platform.store(writing=False).live()
