"""The state folder of a project: where its files are, and that only their owner can read them.

It is handed over by the caller and is outside the checkout. The environment and the credentials of tasks
are in there, so a folder that is a link or somebody else's is refused.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobspec.local.errors import FolderRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


ELSEWHERE = "set JOBSPEC_STATE_DIR to a folder of your own on a local disk"


def _nothing() -> None:
    """Make nothing: the folder above is there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The places below the state folder at `path` of the project at `root`; both are absolute.

    Tasks run in `root`, and nothing else is done there. `make` makes what is above `path`, and notes there
    whose folder it is, before the first file is written.
    """

    root: Path
    path: Path
    make: Callable[[], None] = field(default=_nothing, repr=False, compare=False)

    @property
    def store(self) -> Path:
        """The database of tasks."""
        return self.path / "local.db"

    @property
    def store_lock(self) -> Path:
        """Held while the store is being made."""
        return self.path / "local.db.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the one supervisor for as long as it lives."""
        return self.path / "supervisor.lock"

    @property
    def supervisor_log(self) -> Path:
        """What supervisors had to say."""
        return self.path / "supervisor.log"

    def logs(self, task_id: str) -> Path:
        """The folder of a task's logs."""
        return self.path / "logs" / task_id

    def log(self, task_id: str, replica: str) -> Path:
        """The log of one replica, `worker-0` say."""
        return self.logs(task_id) / f"{replica}.log"


def prepare(folder: Folder) -> None:
    """Make the folder, for its owner alone. Raises `FolderRefused`."""
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
    """Return if the folder is absent or our own. Raises `FolderRefused` otherwise."""
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
    """A file descriptor of `path`, made with mode 0600 if it is new; a link is never followed."""
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def make_log_folder(folder: Folder, task_id: str) -> None:
    """Make the folder of a task's logs. Raises `OSError` if it, or the one above, is a link or no folder."""
    for path in _log_folders(folder, task_id):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if not _is_real(path):
            raise NotADirectoryError(errno.ENOTDIR, f"`{path}` must be a folder, not a link; remove it")


def has_log_folder(folder: Folder, task_id: str) -> bool:
    """Whether the folder of a task's logs is there, and is reached without following a link."""
    return all(_is_real(path) for path in _log_folders(folder, task_id))


def _log_folders(folder: Folder, task_id: str) -> tuple[Path, Path]:
    return folder.logs(task_id).parent, folder.logs(task_id)


def _is_real(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def make_private(path: Path) -> None:
    """Make an empty file with mode 0600 unless there is a file. Raises `FolderRefused` for a link.

    It appears whole, by a link: a descriptor of the database must never be closed in a process that uses
    it, since that would drop every lock SQLite holds on the file there.
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
