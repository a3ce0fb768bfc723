"""Where state is kept: the local platform's stores and logs, journals, locks, and the keys of servers.

It is never inside a checkout unless the user puts it there by `JOBSPEC_STATE_DIR`. Finding the folder touches
no disk, so a command that needs no state works without a home.
"""

from __future__ import annotations

import os
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.errors import StateFolderError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "JOBSPEC_STATE_DIR"
ELSEWHERE = f"set {VARIABLE} to a folder on a local disk that only you can write to"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The user's state folder at `path`, which is absolute. It may not exist yet."""

    path: Path

    @property
    def projects(self) -> Path:
        """The folders of the local platform, one for each project root."""
        return self.path / "projects"

    @property
    def scopes(self) -> Path:
        """The folders of journals and apply locks, one for each scope of an account."""
        return self.path / "scopes"

    @property
    def servers(self) -> Path:
        """The files of running servers, one for each address."""
        return self.path / "servers"


def find_state_folder(environ: Mapping[str, str], home: Path) -> StateFolder:
    """Return where state is kept, without looking at the disk. Raises `StateFolderError`.

    As the XDG base directory specification says, a relative `XDG_STATE_HOME` is ignored.
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


@dataclass(frozen=True, slots=True)
class PrivateFolder:
    """A folder at `path` that is, with every folder from `top` down to it, the user's alone."""

    path: Path
    top: Path

    def make(self) -> Path:
        """Make it, and every folder between, with mode 0700; return its path.

        Raises `StateFolderError` when one is a link or no folder, belongs to another user, when others may
        write to it, or when they may enter it and something is in it: jobspec makes no such folder, but Git
        does, so a commit may have put it there. An empty one is narrowed to 0700.
        """
        try:
            self.top.parent.mkdir(parents=True, exist_ok=True)
            for each in self._chain():
                _make_one(each)
        except OSError as error:
            raise self._unusable("made", error) from error
        return self.path

    def exists(self) -> bool:
        """Whether it is there; nothing is made. Raises `StateFolderError` as `make` does."""
        try:
            return all(_is_there(each) for each in self._chain())
        except OSError as error:
            raise self._unusable("read", error) from error

    def _chain(self) -> list[Path]:
        between = [one for one in self.path.parents if one.is_relative_to(self.top)]
        return [*reversed(between), self.path]

    def _unusable(self, use: str, error: OSError) -> StateFolderError:
        said = error.strerror or type(error).__name__
        return StateFolderError(
            f"the state folder {quote(self.path)} cannot be {use}: {said}", help=ELSEWHERE
        )


def make_private(state: StateFolder, folder: Path) -> Path:
    """Make `folder`, which is in the state folder, for the user alone. Raises `StateFolderError`."""
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


def _is_there(folder: Path) -> bool:
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
