"""Reading files that somebody else may have put there: a pipe or a device never blocks, a limit holds."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_regular(path: Path, *, at_most: int, follow_links: bool) -> bytes:
    """Return at most so many bytes of a regular file. Raises `OSError` for anything else."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_links else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(at_most)
    finally:
        os.close(descriptor)


def utf8(data: bytes) -> str | None:
    """Return the text, or None when it is none: the error of Python would hold all of `data`."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
