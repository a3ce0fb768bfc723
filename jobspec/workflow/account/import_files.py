"""Where imported manifests are written: in a folder that the project reads, all of them or none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.manifest.files.patterns import Patterns
from jobspec.manifest.files.roots import locate
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

DEFAULT_FOLDER = "tasks"


def check_covered(root: Path, patterns: Sequence[str], files: Collection[Path]) -> None:
    """Raise `UsageError` when the project in `root` would not read one of the files as a manifest."""
    uncovered = [file for file in files if not _is_covered(root, patterns, file)]
    if uncovered:
        wanted = ", ".join(map(quote, patterns))
        raise UsageError(
            f"{quote(_shown(uncovered[0]))} would be no manifest of the project: it reads {wanted} below "
            f"{quote(_shown(root))}; nothing was written",
            help="choose a folder that matches a pattern, with -o, or add a pattern to `spec.manifests`",
        )


def check_new(files: Collection[Path]) -> None:
    """Raise `UsageError` when one of the files is there already, if only as a link that leads nowhere."""
    present = sorted(_shown(file) for file in files if os.path.lexists(file))
    if present:
        raise UsageError(
            f"{', '.join(map(quote, present))} already exists; nothing was written",
            help="move it, or choose another folder with -o",
        )


def write_new(texts: Mapping[Path, str]) -> None:
    """Write every file, none of which may exist. After an error midway those that were written are removed.

    Raises `UsageError` that names what could not be removed again.
    """
    check_new(texts)
    written: list[Path] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        left = _remove(written)
        raise _unwritten(path, error, left) from error
    except BaseException:
        _remove(written)
        raise


def _is_covered(root: Path, patterns: Sequence[str], file: Path) -> bool:
    spot = locate(file, root)
    relative = os.path.relpath(spot.path, root)
    is_its_own = spot.root is not None and spot.root.path == os.fspath(root)
    is_below = not relative.startswith("../")
    return is_below and is_its_own and Patterns.of(patterns).ask_for(relative)


def _remove(files: Collection[Path]) -> list[str]:
    """Remove the files, and return the names of those that stay."""
    left = []
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError:
            left.append(_shown(file))
    return left


def _unwritten(path: Path, error: OSError, left: Collection[str]) -> UsageError:
    what = f"these files were written and not removed: {', '.join(left)}" if left else "nothing was written"
    return UsageError(
        f"{quote(_shown(path))} cannot be written: {error.strerror or type(error).__name__}; {what}",
        help="free disk space, make the folder writable, or choose another folder with -o",
        code="JS604",
    )


def _shown(path: Path) -> str:
    """A path as a person would type it here."""
    return os.path.relpath(path)
