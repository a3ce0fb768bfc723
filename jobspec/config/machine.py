"""The id of this machine. It identifies a state folder that was copied from another machine."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.regular import read_regular

if TYPE_CHECKING:
    from jobspec.config.state_folder import StateFolder

_SYSTEM = Path("/etc/machine-id")
_OWN = "machine-id"
_ID = re.compile(r"[0-9a-f]{32}")


def system_machine_id() -> str:
    """Return the operating system's id; empty if it has none, as in many containers."""
    return _read(_SYSTEM, follow_links=True)


def machine_id(state: StateFolder) -> str:
    """Return the id of this machine: the system's, else the one in the state folder, else an empty text."""
    return system_machine_id() or _read(state.path / _OWN, follow_links=False)


def make_machine_id(state: StateFolder) -> str:
    """Return the id of this machine; store a random one in the state folder if there is none."""
    found = machine_id(state)
    if found:
        return found
    draft = state.path / f"{_OWN}.{os.urandom(8).hex()}"
    draft.write_text(f"{os.urandom(16).hex()}\n", encoding="ascii")
    try:
        with suppress(FileExistsError):  # another process was first
            os.link(draft, state.path / _OWN)
    finally:
        draft.unlink()
    return machine_id(state)


def _read(path: Path, *, follow_links: bool) -> str:
    try:
        text = read_regular(path, at_most=64, follow_links=follow_links).decode("ascii", "replace").strip()
    except OSError:
        return ""
    return text if _ID.fullmatch(text) else ""
