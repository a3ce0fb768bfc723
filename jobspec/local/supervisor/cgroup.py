"""A control group (version 2) for each replica, if this user may create one: no process can escape it.

It is an addition: with it, a replica's processes are ended even if both its shim and its supervisor were
killed, and all at once, so that none can fork faster than it is killed. Without it (no Linux, or a group that
belongs to root), only parents and marks are used.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_MOUNTS = Path("/proc/self/mountinfo")
_OWN = Path("/proc/self/cgroup")
_MOUNT = re.compile(r"\S+ \S+ \S+ (?P<root>\S+) (?P<point>\S+) .* - cgroup2 ")


class Cgroups(Struct, frozen=True):
    """The groups of one store's replicas, below `parent`; None if none can be created."""

    parent: Path | None
    store_mark: str

    def make(self, task_id: str, replica: str) -> Path | None:
        """Return the new, empty group of a replica, or None."""
        if self.parent is None:
            return None
        group = self.parent / f"jobspec-{self.store_mark}-{task_id}-{replica}"
        try:
            group.mkdir(exist_ok=True)
        except OSError:
            return None
        return group

    def of_task(self, task_id: str) -> tuple[Path, ...]:
        """Return the remaining groups of a task."""
        pattern = f"jobspec-{self.store_mark}-{task_id}-*"
        return () if self.parent is None else tuple(self.parent.glob(pattern))


def own_group() -> Path | None:
    """Return the group of this process if groups can be created in it, or None."""
    try:
        mounts, own = _MOUNTS.read_text(encoding="utf-8"), _OWN.read_text(encoding="utf-8")
    except OSError:
        return None
    path = next((line[3:] for line in own.splitlines() if line.startswith("0::/")), None)
    mount = next((match for line in mounts.splitlines() if (match := _MOUNT.match(line))), None)
    if path is None or mount is None:
        return None
    below = os.path.relpath(path, mount["root"])
    group = Path(mount["point"], below)
    is_usable = not below.startswith("..") and os.access(group / "cgroup.procs", os.W_OK)
    return group if is_usable and os.access(group, os.W_OK) else None


def kill(group: Path) -> None:
    """Kill all processes of a group at once."""
    with suppress(OSError):  # gone, or a kernel before 5.14, which has no such file
        (group / "cgroup.kill").write_text("1", encoding="ascii")


def is_empty(group: Path) -> bool:
    """Return whether no process of a group is alive. A group that is gone has none."""
    try:
        return "populated 0" in (group / "cgroup.events").read_text(encoding="ascii")
    except OSError:
        return True


def remove(group: Path) -> None:
    """Remove an empty group."""
    with suppress(OSError):
        group.rmdir()
