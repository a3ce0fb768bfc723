"""Writes a file completely or not at all: a reader never sees half of it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from pathlib import Path


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write the file; after a crash, either the old or the new file exists.

    By default, only its owner can read it; the umask limits `mode`. A link at the path is replaced, not
    followed. Raises `OSError` with the path.
    """
    try:
        _replace(path, text, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_writable(path: Path) -> None:
    """Raise `UsageError` if a file cannot be written there, or something else than a file is in its place."""
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        raise UsageError(
            f"{quote(path)} is not a regular file; it was not overwritten",
            help="use another name",
            code="JS604",
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        what = "is not writable" if path.parent.is_dir() else "does not exist"
        raise UsageError(
            f"the folder of {quote(path)} {what}", help="create the folder, or use another file", code="JS604"
        )


def _replace(path: Path, text: str, mode: int) -> None:
    draft = path.parent / f".{path.name}.{os.urandom(8).hex()}.tmp"
    try:
        with os.fdopen(os.open(draft, _NEW_FILE, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
