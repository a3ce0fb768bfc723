"""Reports a `.jobspec` in a checkout, where an earlier release kept state; it is never read or followed."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from jobspec.config.project_state import project_folder
from jobspec.errors import StateFolderError
from jobspec.manifest.files.filenames import OWN_FOLDER
from jobspec.quoting import quote

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.workflow.surroundings import Surroundings


def report_old_folder(root: Path, surroundings: Surroundings) -> None:
    """Report anything called `.jobspec` in `root`, with what to do about it."""
    path = root / OWN_FOLDER
    if not _is_folder(path):
        if os.path.lexists(path):
            surroundings.notify(f"{quote(path)} is not used; remove it")
    elif _has_state(root, surroundings):
        surroundings.notify(f"{quote(path)} is not used: state is kept outside the checkout. Remove it")
    else:
        surroundings.notify(
            f"{quote(path)} is not used: state is kept outside the checkout. If it is your own and you want "
            f"to keep its runs, run: {_move(root)}; otherwise remove it"
        )


def check_nothing_is_left_behind(root: Path) -> None:
    """Raise `StateFolderError` if `root` has a folder `.jobspec`, before the project gets new state.

    An earlier release kept runs there. Without them, a plan would treat every task as new, and an apply would
    submit it beside its live run.
    """
    path = root / OWN_FOLDER
    if _is_folder(path):
        raise StateFolderError(
            f"{quote(path)} may contain runs of this project that jobspec does not see; "
            "nothing was submitted",
            help=f"if you created it, wait for its runs to end, then run: {_move(root)}; otherwise remove it",
        )


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _move(root: Path) -> str:
    return f"jobspec state move {shlex.quote(str(root / OWN_FOLDER))} {shlex.quote(str(root))}"


def _has_state(root: Path, surroundings: Surroundings) -> bool:
    try:
        return project_folder(surroundings.state, root.resolve()).path.exists()
    except (StateFolderError, OSError):  # the command that needs the folder reports the problem
        return False
