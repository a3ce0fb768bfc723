"""Where tests store the state of a project: never in its folder."""

from __future__ import annotations

import os
from pathlib import Path

from jobspec.config.home import NO_HOME
from jobspec.config.project_state import project_folder
from jobspec.config.state_folder import PrivateFolder, StateFolder, find_state_folder
from jobspec.local.folder import Folder
from jobspec.workflow.account.connect import ProjectPlace, local_folder


def place(root: Path) -> Folder:
    """The folder of a platform that is private to this test and whose tasks run in `root`."""
    return Folder(root, root.with_name(f"{root.name}-state"))


def state_of_test() -> StateFolder:
    """The state folder of the current test or fixture."""
    return find_state_folder(os.environ, NO_HOME)


def state_of(root: Path) -> Path:
    """Where commands that a test starts store the state of `root`."""
    return project_folder(state_of_test(), root.resolve()).path


def folder_of(root: Path, state: StateFolder) -> Folder:
    """The folder of the platform that commands find for the project at `root`."""
    return local_folder(ProjectPlace(root), state)


def journals() -> list[Path]:
    """The journals of all scopes in the state folder of the test."""
    return sorted(state_of_test().scopes.glob("*/journal.jsonl"))


def private(path: Path) -> PrivateFolder:
    """A folder that is its own root."""
    return PrivateFolder(path, path)


def make_parents(path: Path) -> None:
    """Make the folders above a file, private to the user, as jobspec makes those of its state."""
    for folder in reversed(path.parents):
        folder.mkdir(mode=0o700, exist_ok=True)
