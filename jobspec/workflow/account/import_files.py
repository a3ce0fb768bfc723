"""Checks that the project reads the folder that imported manifests are written to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.manifest.files.filenames import joined
from jobspec.manifest.files.patterns import Patterns
from jobspec.manifest.files.roots import locate
from jobspec.quoting import quote
from jobspec.workflow.project.new_files import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

DEFAULT_FOLDER = "tasks"
ELSEWHERE = "choose another folder with -o"


def check_covered(root: Path, patterns: Sequence[str], files: Collection[Path]) -> None:
    """Raise `UsageError` when the project in `root` would not read one of the new files."""
    read = Patterns.of(patterns)
    folders = {folder: _inside(root, folder) for folder in {file.parent for file in files}}
    for file in files:
        inside = folders[file.parent]
        if inside is None or not read.selects(joined(inside, file.name)):
            raise _uncovered(root, patterns, file)


def _inside(root: Path, folder: Path) -> str | None:
    """Return a folder relative to the project; None if files in it are not those of the project."""
    spot = locate(folder, root)
    relative = os.path.relpath(spot.path, root)
    is_its_own = spot.root is not None and spot.root.path == os.fspath(root)
    is_below = relative != ".." and not relative.startswith("../")
    return relative if is_below and is_its_own else None


def _uncovered(root: Path, patterns: Sequence[str], file: Path) -> UsageError:
    wanted = ", ".join(map(quote, patterns))
    return UsageError(
        f"{quote(shown(file))} would be no manifest of the project: it reads {wanted} below "
        f"{quote(shown(root))}; nothing was written",
        help="choose a folder that matches a pattern, with -o, or add a pattern to `spec.manifests`",
    )
