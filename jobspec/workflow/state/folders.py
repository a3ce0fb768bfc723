"""Lists the folders of the local platform, and removes those that are no longer needed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.config.project_state import (
    ProjectFolder,
    is_gone,
    project_folders,
)
from jobspec.report.state.view import (
    Machine,
    StateFolderView,
    StateView,
)
from jobspec.workflow.state.lock import no_live_runs

if TYPE_CHECKING:
    from jobspec.config.state_folder import StateFolder


def list_state(state: StateFolder) -> StateView:
    """Return every folder. Nothing is started. Raises `StateFolderError` if the state folder is refused."""
    return StateView(path=str(state.path), folders=tuple(map(_view, project_folders(state))))


def prunable(view: StateView) -> tuple[StateFolderView, ...]:
    """Return the folders of this machine whose root is gone and that have no live run."""
    return tuple(one for one in gone(view) if one.live == 0)


def gone(view: StateView) -> tuple[StateFolderView, ...]:
    """Return the folders of this machine whose root is gone."""
    return tuple(one for one in view.folders if one.machine == "this" and not one.exists)


def remove(folder: StateFolderView) -> None:
    """Remove a folder with its store and its logs, unless a run has started in it since it was listed.

    Raises `UsageError` in that case, and `OSError`.
    """
    path = Path(folder.path)
    with no_live_runs(path, "removed"):
        while path.exists():
            with suppress(FileNotFoundError):  # a supervisor that is ending removes its own files meanwhile
                shutil.rmtree(path)


def _view(folder: ProjectFolder) -> StateFolderView:
    root = folder.record.root if folder.record else ""
    return StateFolderView(
        path=str(folder.path),
        root=root,
        project=folder.record.project if folder.record else "",
        machine=_machine(folder),
        exists=bool(root) and not is_gone(root),
        size=_size(folder.path),
        live=_live(folder) if folder.is_of_this_machine else None,
    )


def _machine(folder: ProjectFolder) -> Machine:
    if folder.record is None:
        return "unknown"
    return "this" if folder.is_of_this_machine else "another"


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(where) / name).lstat().st_size
            except FileNotFoundError:  # removed meanwhile
                continue
    return total


def _live(folder: ProjectFolder) -> int | None:
    from jobspec.local.errors import LocalError  # noqa: PLC0415 - only for the local platform
    from jobspec.local.folder import Folder  # noqa: PLC0415
    from jobspec.local.health import live_runs  # noqa: PLC0415

    try:
        return live_runs(Folder(folder.path, folder.path))
    except (LocalError, OSError):
        return None
