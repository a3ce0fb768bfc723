"""Writes new files: all of them or none, and never over an existing one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


def check_new(files: Collection[Path], elsewhere: str) -> None:
    """Raise `UsageError` if one of the files exists, even as a broken link.

    `elsewhere` is the advice for naming another folder.
    """
    present = sorted(shown(file) for file in files if os.path.lexists(file))
    if present:
        exist, them = ("already exists", "it") if len(present) == 1 else ("already exist", "them")
        raise UsageError(
            f"{', '.join(map(quote, present))} {exist}; nothing was written",
            help=f"move {them}, or {elsewhere}",
        )


def write_new(texts: Mapping[Path, str], elsewhere: str) -> None:
    """Write every file, none of which may exist. After an error, the files already written are removed.

    Raises `UsageError`, which names the files that could not be removed.
    """
    check_new(texts, elsewhere)
    written: list[Path] = []
    made: set[Path] = set()
    try:
        for path, text in texts.items():
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        left = _remove(written)
        raise _unwritten(path, error, left, elsewhere) from error
    except BaseException:
        _remove(written)
        raise


def _remove(files: Collection[Path]) -> list[str]:
    """Remove the files, and return the names of those that could not be removed."""
    left = []
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError:
            left.append(shown(file))
    return left


def _unwritten(path: Path, error: OSError, left: Collection[str], elsewhere: str) -> UsageError:
    what = f"these files were written and not removed: {', '.join(left)}" if left else "nothing was written"
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        message = f"cannot create the folder {quote(shown(path.parent))}: a file is in its place; {what}"
        return UsageError(message, help=f"move the file, or {elsewhere}", code="JS604")
    return UsageError(
        f"cannot write {quote(shown(path))}: {error.strerror or type(error).__name__}; {what}",
        help=f"free disk space, make the folder writable, or {elsewhere}",
        code="JS604",
    )


def shown(path: Path) -> str:
    """Return the path relative to the working directory; as it is if it is not below that."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
