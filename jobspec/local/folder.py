"""The state folder of a project: the places of its files, which only their owner can read.

The caller passes it, and it is outside the checkout. It contains the environment and the credentials of
tasks, so a folder that is a link or belongs to another user is refused.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from jobspec.concealing import Concealing
from jobspec.local.errors import FolderRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


ELSEWHERE = "set JOBSPEC_STATE_DIR to a folder of your own on a local disk"


def _nothing() -> None:
    """Make nothing: the parent folder exists."""


class Folder(Concealing, frozen=True):
    """The places below the state folder at `path` of the project at `root`; both are absolute.

    Tasks run in `root`, and nothing else happens there. `make` creates the parents of `path`, and records
    there which root the folder belongs to, before the first file is written.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"make"})
    root: Path
    path: Path
    make: Callable[[], None] = _nothing

    @property
    def store(self) -> Path:
        """The database of tasks."""
        return self.path / "local.db"

    @property
    def store_lock(self) -> Path:
        """Held while the store is created."""
        return self.path / "local.db.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the only supervisor as long as it runs."""
        return self.path / "supervisor.lock"

    @property
    def supervisor_log(self) -> Path:
        """The log of the supervisors."""
        return self.path / "supervisor.log"

    def logs(self, task_id: str) -> Path:
        """Return the folder of a task's logs."""
        return self.path / "logs" / task_id

    def log(self, task_id: str, replica: str) -> Path:
        """Return the log of one replica, for example `worker-0`."""
        return self.logs(task_id) / f"{replica}.log"


def prepare(folder: Folder) -> None:
    """Create the folder, accessible only to its owner. Raises `FolderRefused`."""
    check(folder)
    folder.make()
    try:
        folder.path.mkdir(mode=0o700, exist_ok=True)
        mode = stat.S_IMODE(folder.path.lstat().st_mode)
        if mode & 0o077:
            folder.path.chmod(mode & 0o700)
    except OSError as error:
        raise FolderRefused(f"`{folder.path}` cannot be created: {error.strerror}", help=ELSEWHERE) from error


def check(folder: Folder) -> None:
    """Return if the folder does not exist or is our own. Raises `FolderRefused` otherwise."""
    try:
        found = folder.path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise FolderRefused(f"`{folder.path}` cannot be read: {error.strerror}", help=ELSEWHERE) from error
    if stat.S_ISLNK(found.st_mode):
        raise _refused(folder, "is a symbolic link")
    if not stat.S_ISDIR(found.st_mode):
        raise _refused(folder, "is not a folder")
    if found.st_uid != os.geteuid():
        raise _refused(folder, "belongs to another user")


def _refused(folder: Folder, why: str) -> FolderRefused:
    return FolderRefused(f"`{folder.path}` {why}", help=f"remove it, or {ELSEWHERE}")


def open_private(path: Path, flags: int) -> int:
    """Return a file descriptor of `path`, created with mode 0600 if it is new; links are never followed."""
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def make_log_folder(folder: Folder, task_id: str) -> None:
    """Create the folder of a task's logs. Raises `OSError` if it or its parent is a link or not a folder."""
    for path in _log_folders(folder, task_id):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if not _is_real(path):
            raise NotADirectoryError(errno.ENOTDIR, f"`{path}` must be a folder, not a link; remove it")


def has_log_folder(folder: Folder, task_id: str) -> bool:
    """Return whether the folder of a task's logs exists and is reached without following a link."""
    return all(_is_real(path) for path in _log_folders(folder, task_id))


def _log_folders(folder: Folder, task_id: str) -> tuple[Path, Path]:
    return folder.logs(task_id).parent, folder.logs(task_id)


def _is_real(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def make_private(path: Path) -> None:
    """Create an empty file with mode 0600 unless a file exists. Raises `FolderRefused` for a link.

    It is created atomically, by a hard link: a process that uses the database must never close a descriptor
    of it, because that would drop every lock that SQLite holds on the file there.
    """
    draft = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    try:
        if not path.is_file() or path.is_symlink():
            os.close(open_private(draft, os.O_EXCL))
            os.link(draft, path)
            draft.unlink()
    except FileExistsError:
        draft.unlink(missing_ok=True)
    if path.is_symlink() or not path.is_file():
        raise FolderRefused(f"`{path}` must be a file with a single name", help="remove it")
