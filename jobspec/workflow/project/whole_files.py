"""Writes a file completely or not at all: a reader never sees half of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from jobspec.errors import UsageError
from jobspec.quoting import quote


def write_whole(path: Path, text: str) -> None:
    """Write the file, readable only by its owner; after a crash, either the old or the new file exists.

    A link at the path is replaced, not followed. Raises `OSError` with the path.
    """
    try:
        _replace(path, text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_writable(path: Path) -> None:
    """Raise `UsageError` if the file certainly cannot be written."""
    if path.is_dir():
        raise UsageError(f"{quote(path)} is a folder", help="use a file, not a folder", code="JS604")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        what = "is not writable" if path.parent.is_dir() else "does not exist"
        raise UsageError(
            f"the folder of {quote(path)} {what}", help="create the folder, or use another file", code="JS604"
        )


def _replace(path: Path, text: str) -> None:
    import tempfile  # noqa: PLC0415 - only commands that write files need it

    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise
