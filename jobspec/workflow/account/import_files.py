"""Checks that the project reads the folder that imported manifests are written to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.manifest.files.patterns import Patterns
from jobspec.manifest.files.roots import locate
from jobspec.quoting import quote
from jobspec.workflow.project.new_files import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

DEFAULT_FOLDER = "tasks"
ELSEWHERE = "choose another folder with -o"


def check_covered(root: Path, patterns: Sequence[str], files: Collection[Path]) -> None:
    """Raise `UsageError` when the project in `root` would not read one of the files as a manifest."""
    read = Patterns.of(patterns)
    uncovered = [file for file in files if not _is_covered(root, read, file)]
    if uncovered:
        wanted = ", ".join(map(quote, patterns))
        raise UsageError(
            f"{quote(shown(uncovered[0]))} would be no manifest of the project: it reads {wanted} below "
            f"{quote(shown(root))}; nothing was written",
            help="choose a folder that matches a pattern, with -o, or add a pattern to `spec.manifests`",
        )


def _is_covered(root: Path, patterns: Patterns, file: Path) -> bool:
    spot = locate(file, root)
    relative = os.path.relpath(spot.path, root)
    is_its_own = spot.root is not None and spot.root.path == os.fspath(root)
    is_below = not relative.startswith("../")
    return is_below and is_its_own and patterns.selects(relative)
