"""The state folder: the local platform's stores and logs, journals, locks, and the keys of servers.

It is never inside a checkout unless the user sets `JOBSPEC_STATE_DIR` to such a path. Finding the folder does
not access the disk, so a command that needs no state works without a home folder.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.errors import StateFolderError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "JOBSPEC_STATE_DIR"
ELSEWHERE = f"set {VARIABLE} to a folder on a local disk that only you can write to"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class StateFolder(Struct, frozen=True):
    """The user's state folder at the absolute `path`. It may not exist yet."""

    path: Path

    @property
    def projects(self) -> Path:
        """The folders of the local platform, one per project root."""
        return self.path / "projects"

    @property
    def scopes(self) -> Path:
        """The folders of journals and apply locks, one per scope of an account."""
        return self.path / "scopes"

    @property
    def servers(self) -> Path:
        """The files of running servers, one per address."""
        return self.path / "servers"


def find_state_folder(environ: Mapping[str, str], home: Path) -> StateFolder:
    """Return the state folder, without accessing the disk. Raises `StateFolderError`.

    A relative `XDG_STATE_HOME` is ignored, as the XDG base directory specification requires.
    """
    chosen = environ.get(VARIABLE, "")
    if chosen:
        return StateFolder(_absolute(chosen))
    base = Path(environ.get("XDG_STATE_HOME", ""))
    return StateFolder((base if base.is_absolute() else home / ".local" / "state") / "jobspec")


def _absolute(chosen: str) -> Path:
    if "\0" in chosen or not Path(chosen).is_absolute():
        raise StateFolderError(
            f"`{VARIABLE}` must be an absolute path, not {quote(chosen)}",
            help=f"set {VARIABLE} to an absolute path",
        )
    return Path(os.path.normpath(chosen))


class PrivateFolder(Struct, frozen=True):
    """A folder that only the user can access, like every folder from `top` down to it."""

    path: Path
    top: Path

    def make(self) -> Path:
        """Create the folder and its missing parents with mode 0700; return its path.

        Raises `StateFolderError` if one of them is a link or not a folder, belongs to another user, or is
        writable by others. A folder that others may enter is refused unless it is empty, because jobspec
        creates no such folder but Git does: a commit may have added it. An empty one is restricted to 0700.
        """
        try:
            self.top.parent.mkdir(parents=True, exist_ok=True)
            for each in self._chain():
                _make_one(each)
        except OSError as error:
            raise self._unusable("made", error) from error
        return self.path

    def exists(self) -> bool:
        """Whether the folder exists; creates nothing. Raises `StateFolderError` as `make` does."""
        try:
            return all(_exists(each) for each in self._chain())
        except OSError as error:
            raise self._unusable("read", error) from error

    def _chain(self) -> list[Path]:
        between = [one for one in self.path.parents if one.is_relative_to(self.top)]
        return [*reversed(between), self.path]

    def _unusable(self, use: str, error: OSError) -> StateFolderError:
        reason = error.strerror or type(error).__name__
        return StateFolderError(
            f"the state folder {quote(self.path)} cannot be {use}: {reason}", help=ELSEWHERE
        )


def make_private(state: StateFolder, folder: Path) -> Path:
    """Create `folder`, which is in the state folder, for this user only. Raises `StateFolderError`."""
    return PrivateFolder(folder, state.path).make()


def check_private(state: StateFolder, folder: Path) -> bool:
    """Whether `folder`, which is in the state folder, exists. Raises `StateFolderError` if it is refused."""
    return PrivateFolder(folder, state.path).exists()


def _make_one(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        _check(folder, found)
        if found.st_mode & _OTHERS:
            folder.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def _exists(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    _check(folder, found)
    return True


def _check(folder: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise _refused(folder, "is a symbolic link", "use the folder that the link points to")
    if not stat.S_ISDIR(found.st_mode):
        raise _refused(folder, "is not a folder", "remove it")
    if found.st_uid != os.geteuid():
        raise _refused(folder, "belongs to another user", "use a folder of your own")
    if found.st_mode & _OTHERS_WRITE:
        raise _refused(folder, "is writable by other users", f"run: chmod 700 {shlex.quote(str(folder))}")
    if found.st_mode & _OTHERS and any(folder.iterdir()):
        advice = f"if nobody else has added files to it, run: chmod 700 {shlex.quote(str(folder))}"
        raise _refused(folder, "was not created by jobspec, and other users can enter it", advice)


def _refused(folder: Path, why: str, advice: str) -> StateFolderError:
    return StateFolderError(f"the state folder {quote(folder)} {why}", help=f"{advice}, or {ELSEWHERE}")
