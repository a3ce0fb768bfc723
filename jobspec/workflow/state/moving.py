"""Moves the state of a project to another root, or out of the checkout, when a person requests it.

A folder called `.jobspec` in a checkout may come from anyone: it is only moved if it is named explicitly, and
if it only contains files of the user.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

from jobspec.config.machine import make_machine_id
from jobspec.config.project_state import (
    ProjectRecord,
    project_folder,
    project_folders,
    read_record,
    write_record,
)
from jobspec.config.state_folder import (
    StateFolder,
    make_private,
)
from jobspec.errors import UsageError
from jobspec.manifest.files.filenames import OWN_FOLDER
from jobspec.quoting import quote
from jobspec.workflow.state.lock import no_live_runs

_LIST = "to list the folders, run: jobspec state list"
_LEFT_BEHIND = (".gitignore", "journal.jsonl", "apply.lock")


def move_state(old: Path, new: Path, state: StateFolder) -> Path:
    """Move the state of `old`, a root or a folder `.jobspec`, to the root `new`; return its folder.

    Raises `UsageError` if there is none, if one of its runs is live, or if `new` already has state.
    """
    root = new.resolve()
    if not root.is_dir():
        raise UsageError(f"{quote(new)} is not a folder", help="use the current folder of the project")
    source = _in_checkout(old) if old.name == OWN_FOLDER else _of_root(old, state)
    target = project_folder(state, root)
    record = read_record(source)
    is_moved = source == target.path
    if is_moved and record is not None and record.root == str(root):
        raise UsageError(f"the state of {quote(root)} is already in place", help=_LIST)
    if target.exists() and not is_moved:
        raise UsageError(f"{quote(root)} already has state: {quote(target.path)}", help=_LIST)
    make_private(state, state.projects)
    if not is_moved:  # else an earlier move was interrupted before it wrote the record
        with no_live_runs(source, "moved"):
            _carry(source, target.path)
    project = record.project if record is not None and old.name != OWN_FOLDER else ""
    write_record(target.path, ProjectRecord(str(root), make_machine_id(state), project))
    return target.path


def _of_root(old: Path, state: StateFolder) -> Path:
    named = {os.path.abspath(old), os.path.realpath(old)}  # noqa: PTH100 - a missing root cannot be resolved
    found = [one for one in project_folders(state) if one.record and one.record.root in named]
    ours = [one for one in found if one.is_of_this_machine] or found
    if len(ours) == 1:
        return ours[0].path
    what = "there is no state" if not ours else "there are several folders with state"
    raise UsageError(f"{what} of {quote(old)}", help=_LIST)


def _in_checkout(old: Path) -> Path:
    """Return the folder itself, without following a link, if everything in it belongs to the user."""
    path = old.parent.resolve() / old.name
    _check_own(path, must_be_folder=True)
    for where, folders, files in os.walk(path):
        for name in (*folders, *files):
            _check_own(Path(where) / name, must_be_folder=name in folders)
    return path


def _check_own(path: Path, *, must_be_folder: bool) -> None:
    found = path.lstat()
    is_folder = stat.S_ISDIR(found.st_mode)
    is_file = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and not must_be_folder
    if found.st_uid != os.geteuid():
        raise _refused(path, "belongs to another user")
    if not is_folder and not is_file:
        raise _refused(path, "is a link, or not a regular file or folder")


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"{quote(path)} {why}; nothing was moved", help="check it, and remove it")


def _carry(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
        try:
            shutil.copytree(source, draft, symlinks=True)
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        shutil.rmtree(source)
    for name in _LEFT_BEHIND:
        (target / name).unlink(missing_ok=True)
    _narrow(target)


def _narrow(folder: Path) -> None:
    folder.chmod(0o700)
    for where, folders, files in os.walk(folder):
        for name in folders:
            (Path(where) / name).chmod(0o700)
        for name in files:
            (Path(where) / name).chmod(0o600)
