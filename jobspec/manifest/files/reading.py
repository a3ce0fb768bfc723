"""Read single files of a checkout: regular files only, never through a link, each once."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.manifest.files.budget import (
    Budget,
    Part,
)
from jobspec.manifest.files.filenames import PROJECT_FILE, is_of_git, joined
from jobspec.manifest.files.problems import leaving_link, not_a_file, unreadable

if TYPE_CHECKING:
    from jobspec.diagnostics import Diagnostic

READ_LIMIT = 2 * 1024 * 1024 + 1
"""One byte more than the maximum size of a manifest, to detect a larger file without reading all of it."""
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW


def project_root(path: str) -> str | None:
    """Return the folder of the nearest project file in or above a path, whether or not the file is usable."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120 - measured: fast
    while True:
        if os.path.lexists(os.path.join(folder, PROJECT_FILE)):  # noqa: PTH118
            return folder
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return None
        folder = above


def real_path(path: str, root: str) -> str | None:
    """Return the real path, or None if it is outside `root` (also a real path) or in its `.git`."""
    real = os.path.realpath(path)
    if real == root:
        return real
    top = f"{root.rstrip('/')}/"
    return real if real.startswith(top) and not is_of_git(real.removeprefix(top)) else None


class Reader(Struct):
    """Reads files for one load, each real file once even if it has several names.

    With `naming`, only the manifests that can declare one of these tasks are wanted.
    """

    budget: Budget
    naming: frozenset[str] = frozenset()
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def read(self, path: str, shown: str) -> bytes | Diagnostic | None:
        """Return the content of a regular file, or its problem; None if it was read under another name.

        `path` contains no links: a link is not followed. It never blocks, and never opens anything but a
        regular file.
        """
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):  # a cycle of links resolves to a link
                return unreadable(shown, OSError(errno.ELOOP, os.strerror(errno.ELOOP)))
            if not stat.S_ISREG(status.st_mode):
                return not_a_file(shown)
            if (status.st_dev, status.st_ino) in self._seen:
                return None
            self._seen.add((status.st_dev, status.st_ino))
            self.budget.take(Part.BYTES, min(status.st_size, READ_LIMIT))
            return _content(path, shown)
        except OSError as error:
            return unreadable(shown, error)

    def is_wanted(self, manifest: bytes) -> bool:
        """Whether a manifest can declare one of the wanted tasks: it contains the name, or computes one."""
        if not self.naming:
            return True
        is_named = any(name.encode("utf-8", "surrogatepass") in manifest for name in self.naming)
        return is_named or b"\\" in manifest or _computes_a_name(manifest)

    def read_project_file(self, root: str, shown: str) -> bytes | Diagnostic:
        """Return the content of the project file in a folder, given by its real path."""
        name = joined(shown, PROJECT_FILE)
        real = real_path(f"{root}/{PROJECT_FILE}", root)
        if real is None:
            return leaving_link(name, PROJECT_FILE)
        return self.read(real, name) or b""


def _computes_a_name(manifest: bytes) -> bool:
    if b"${{" not in manifest:
        return False
    return any(b"${{" in line and b"name" in line for line in manifest.split(b"\n"))


def _content(path: str, shown: str) -> bytes | Diagnostic:
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return not_a_file(shown)
        # One byte more than the size: a read of exactly the size is then the whole file. Some file systems
        # return less than was requested.
        content = os.read(descriptor, min(status.st_size + 1, READ_LIMIT))
        if len(content) == status.st_size:
            return content
        while len(content) < READ_LIMIT and (more := os.read(descriptor, READ_LIMIT - len(content))):
            content += more
        return content
    finally:
        os.close(descriptor)
