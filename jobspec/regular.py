"""Read files that another user may have placed: a pipe or a device never blocks, and the size is limited."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_regular(path: Path, *, at_most: int, follow_links: bool) -> bytes:
    """Return at most `at_most` bytes of a regular file. Raises `OSError` for anything else."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_links else os.O_NOFOLLOW)
    return _read(os.open(path, flags), str(path), at_most)


def _read(descriptor: int, path: str, at_most: int) -> bytes:
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(at_most)
    finally:
        os.close(descriptor)


def read_below(folder: Path, name: str, *, at_most: int) -> bytes:
    """Return at most `at_most` bytes of a regular file below a folder, following no link below the folder.

    `name` is a path without `..`. Raises `OSError` for anything else, with `ELOOP` or `ENOTDIR` for a link.
    """
    *parents, last = name.split("/")
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    here = os.open(folder, flags)
    try:
        for parent in parents:
            below = os.open(parent, flags | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        descriptor = os.open(last, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)
    return _read(descriptor, str(folder / name), at_most)


def utf8(data: bytes) -> str | None:
    """Return the text, or None if it is not UTF-8: Python's own exception would hold all of `data`."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
