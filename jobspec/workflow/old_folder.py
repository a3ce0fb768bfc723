"""What is called `.jobspec` in a checkout: it held state once. It is reported, and never read or followed."""

from __future__ import annotations

import stat
from shlex import quote
from typing import TYPE_CHECKING

from jobspec.config.project_state import project_folder
from jobspec.errors import StateFolderError
from jobspec.manifest.filenames import OWN_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.workflow.connect import Surroundings


def report_old_folder(root: Path, surroundings: Surroundings) -> None:
    """Report what is called `.jobspec` in `root`, whatever it is, with what to do about it."""
    path = root / OWN_FOLDER
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISDIR(found.st_mode):
        surroundings.notify(f"`{path}` is not used, whatever it is: remove it")
    elif _has_state(root, surroundings):
        surroundings.notify(f"`{path}` is not used: state is kept outside the checkout. Remove it")
    else:
        move = f"jobspec state move {quote(str(path))} {quote(str(root))}"
        surroundings.notify(
            f"`{path}` is not used: state is kept outside the checkout. If it is your own and you want to "
            f"keep its runs, run: {move}; otherwise remove it"
        )


def _has_state(root: Path, surroundings: Surroundings) -> bool:
    try:
        return project_folder(surroundings.state, root.resolve()).path.exists()
    except (StateFolderError, OSError):  # the command that needs the folder says what is wrong with it
        return False
