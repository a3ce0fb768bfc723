"""Find the project of a path: the same one by its real path and through symbolic links."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.files.filenames import MISNAMED_PROJECT_FILE, joined
from jobspec.manifest.files.reading import project_root
from jobspec.manifest.validate import project_problems as troubles

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.diagnostics import Diagnostic


class Root(Struct, frozen=True, order=True):
    """The folder of a project file: its real path, which identifies it, and the path for messages."""

    path: str
    shown: str


class Spot(Struct, frozen=True):
    """A path: absolute as typed, the same below the real path of its project, and the project, if any."""

    typed: str
    path: str
    root: Root | None


def locate(path: Path, cwd: Path) -> Spot:
    """Return the location of a path: in the project around it, else in the one around its link target."""
    typed = os.path.normpath(os.path.join(cwd, path))  # noqa: PTH118 - paths are text here, see files
    for seen in (typed, os.path.realpath(typed)):
        folder = project_root(seen)
        if folder is not None:
            root = Root(os.path.realpath(folder), os.path.relpath(folder, cwd))
            inside = os.path.relpath(seen, folder)
            return Spot(typed, os.path.normpath(f"{root.path}/{inside}"), root)
    return Spot(typed, typed, None)


def misnamed_project(path: str, cwd: Path) -> Diagnostic | None:
    """Return the problem of a `jobspec.yml` in or above an absolute path, which would be ignored."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120
    while True:
        if os.path.isfile(f"{folder}/{MISNAMED_PROJECT_FILE}"):  # noqa: PTH113
            return troubles.misnamed_project(joined(os.path.relpath(folder, cwd), MISNAMED_PROJECT_FILE))
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above
