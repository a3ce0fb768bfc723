"""Checks of the state folder; nothing is written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jobspec.config.disks import network_file_system
from jobspec.config.state_folder import ELSEWHERE, PrivateFolder
from jobspec.errors import StateFolderError
from jobspec.quoting import quote
from jobspec.report.doctor.view import (
    CheckView,
    warning,
)

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.workflow.surroundings import Surroundings


def examine_state(surroundings: Surroundings) -> tuple[CheckView, ...]:
    """Return a warning if the state folder is unusable: submits need it, plans do not."""
    try:
        path = surroundings.state.path
        PrivateFolder(path, path).exists()
    except StateFolderError as error:
        return (warning("state", f"{error.message}; nothing can be submitted", error.help),)
    if not os.access(_nearest(path), os.W_OK | os.X_OK):
        return (warning("state", f"{quote(path)} cannot be written; nothing can be submitted", ELSEWHERE),)
    network = network_file_system(path.resolve())
    if network:
        message = f"{quote(path)} is on a network file system ({network}), where locks may fail"
        return (warning("state", message, ELSEWHERE),)
    return ()


def _nearest(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if os.path.lexists(one))
