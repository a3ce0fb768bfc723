"""The folders of the local platform: one per project root on this machine, with a record of the root.

A folder is found by the real path of the root and the id of the machine, never by anything in the checkout.
Therefore neither a copy of a project nor a copy of the state folder on another machine shares the runs.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from jobspec import bounded_json
from jobspec.config.machine import machine_id, make_machine_id, system_machine_id
from jobspec.config.state_folder import (
    PrivateFolder,
    StateFolder,
)
from jobspec.errors import StateFolderError
from jobspec.quoting import quote
from jobspec.regular import read_regular

RECORD = "project.json"
_MAX_BYTES = 64 * 1024
_MAX_STEM = 40


class ProjectRecord(Struct, frozen=True):
    """The owner of a folder: the root of a project, the machine, and the project's name if it is known."""

    root: str
    machine: str
    project: str = ""


class ProjectFolder(Struct, frozen=True):
    """A folder in `projects/`. `record` is None if the folder has no readable record."""

    path: Path
    record: ProjectRecord | None
    is_of_this_machine: bool


def project_folder(state: StateFolder, root: Path) -> PrivateFolder:
    """Return the folder for the state of the project at the real path `root`; creates nothing."""
    digest = sha256(system_machine_id().encode() + b"\0" + os.fsencode(root)).hexdigest()[:16]
    return PrivateFolder(state.projects / f"{_stem(root)}-{digest}", state.path)


def _stem(root: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", root.name)[:_MAX_STEM].lstrip(".") or "root"


def check_project_folder(state: StateFolder, root: Path) -> bool:
    """Whether the project has state. Raises `StateFolderError` for a folder of another project or machine."""
    folder = project_folder(state, root)
    if not folder.exists():
        return False
    record = read_record(folder.path)
    if record is not None and (record.root, record.machine) != (str(root), machine_id(state)):
        raise StateFolderError(
            f"the state folder {quote(folder.path)} was copied from another project or machine",
            help="run `jobspec state list` to see its contents, or remove it to start empty",
        )
    return True


def make_project_folder(state: StateFolder, root: Path, project: str) -> None:
    """Create the project's folder and record its owner in it. Raises `StateFolderError`."""
    if check_project_folder(state, root) and read_record(project_folder(state, root).path) is not None:
        return
    folder = project_folder(state, root)
    path = folder.make()
    try:
        write_record(path, ProjectRecord(str(root), make_machine_id(state), project))
    except OSError as error:
        raise StateFolderError(
            f"the state folder {quote(path)} cannot be written: {error.strerror}", help="free disk space"
        ) from error


def write_record(path: Path, record: ProjectRecord) -> None:
    """Record the owner of a folder, atomically. Raises `OSError`."""
    draft = path / f"{RECORD}.{os.urandom(8).hex()}"
    try:
        draft.write_text(json.dumps(asdict(record)) + "\n", encoding="ascii")
        draft.replace(path / RECORD)
    finally:
        draft.unlink(missing_ok=True)


def read_record(path: Path) -> ProjectRecord | None:
    """Return the owner of a folder; None without a readable record."""
    with suppress(OSError, ValueError):
        match bounded_json.parse(read_regular(path / RECORD, at_most=_MAX_BYTES, follow_links=False)):
            case {"root": str(root), "machine": str(machine), **rest}:
                project = rest.get("project")
                return ProjectRecord(root, machine, project if isinstance(project, str) else "")
    return None


def project_folders(state: StateFolder) -> tuple[ProjectFolder, ...]:
    """Return every folder in `projects/`, by name. Raises `StateFolderError` if one is refused."""
    if not PrivateFolder(state.projects, state.path).exists():
        return ()
    found = sorted(one for one in state.projects.iterdir() if one.is_dir() and not one.is_symlink())
    return tuple(_described(state, one) for one in found)


def _described(state: StateFolder, path: Path) -> ProjectFolder:
    record = read_record(path)
    return ProjectFolder(path, record, record is not None and record.machine == machine_id(state))


def is_gone(root: str) -> bool:
    """Whether nothing exists at the path of a root any more; False if the path cannot be inspected."""
    try:
        os.lstat(root)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def moved_from(state: StateFolder, root: Path, project: str) -> str:
    """Return the root that a project without state was certainly moved from; empty if none is certain.

    A root is certain if it was on this machine, had the same project name, no longer exists, and is the only
    one.
    """
    if not project or project_folder(state, root).path.exists():
        return ""
    records = [one.record for one in project_folders(state) if one.is_of_this_machine and one.record]
    gone = [one.root for one in records if one.project == project and is_gone(one.root)]
    return gone[0] if len(gone) == 1 else ""
