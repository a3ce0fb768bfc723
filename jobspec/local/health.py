"""How a local platform is, seen without changing it: no task is made, and no supervisor started."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobspec.local.app import application
from jobspec.local.folder import Folder
from jobspec.local.launch import has_supervisor

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.local.settings import Settings


@dataclass(frozen=True, slots=True)
class Health:
    """Whether there is a store yet, whether a task in it is active, and whether a supervisor lives."""

    has_store: bool
    has_work: bool
    has_supervisor: bool


def look_at(root: Path, settings: Settings) -> Health:
    """Return how the platform in `root/.jobspec/` is. Raises `LocalError` when it cannot be used."""
    folder = Folder(root.resolve())
    with closing(application(root, settings=settings)) as platform:
        has_work = platform.store(writing=False).has_work()
    return Health(folder.store.exists(), has_work, has_supervisor(folder))
