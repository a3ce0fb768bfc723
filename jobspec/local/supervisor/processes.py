"""Finds and signals the processes of a task, by the mark in their environment or as orphans.

The mark names the store by its id, its place on the disk and the boot, so that processes of one store are
never mistaken for those of a copy: one beside it, on another machine, or restored after a reboot. A mark
survives parents, sessions and supervisors. On Linux it is read from `/proc`; a process is pinned before its
mark is read, so a reused process id is never hit. A process without a mark that has killed its parents
becomes a child of the supervisor, which adopts orphans and knows all its other children. Without `/proc`
(macOS), nothing is found: only the process group that a shim knows is reached.
"""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.local.supervisor.environment import MARK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"
_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 20
"""A process may fork while it is being killed: its children are then next."""


def mark_of_store(store_id: str, file: Path) -> str:
    """Return the prefix of the marks of a store: its id, and the place of its file in this boot."""
    found = file.stat()
    return f"{store_id}-{sha256(f'{_boot()} {found.st_dev} {found.st_ino}'.encode()).hexdigest()[:16]}"


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:  # macOS: no process is found by its mark there
        return ""


def adopt_orphans() -> None:
    """Become the parent of all descendants whose parents end, if the kernel supports it."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans(children: Collection[int]) -> bool:
    """Kill all children except `children`, and their descendants; return whether none is left.

    Those left after some rounds are handled by the next call.
    """
    for _ in range(_ROUNDS):
        parents = {pid: parent for pid in _process_ids() if (parent := _parent(pid)) is not None}
        orphans = [pid for pid, parent in parents.items() if parent == os.getpid() and pid not in children]
        if not orphans:
            return True
        for pid in _with_descendants(orphans, parents):
            _kill(pid, parents[pid])
        for pid in orphans:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
    return False


def _with_descendants(found: Iterable[int], parents: Mapping[int, int]) -> list[int]:
    tree: list[int] = []
    new = set(found)
    while new:
        tree += new
        new = {pid for pid, parent in parents.items() if parent in new}
    return tree


def _kill(pid: int, parent: int) -> None:
    with _pinned(pid) as pin:
        if pin is not None and _parent(pid) == parent:  # else the id was reused
            _send(pin, signal.SIGKILL)


def _parent(pid: int) -> int | None:
    try:
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[1]) if fields else None


def marked(mark: str) -> list[int]:
    """Return the ids of the living processes whose mark starts with `mark`. An unreaped process is dead."""
    return [pid for pid in _process_ids() if _is_marked(pid, mark)]


def signal_marked(mark: str, signum: int) -> None:
    """Send a signal to every process whose mark starts with `mark`."""
    for pid in marked(mark):
        with _pinned(pid) as pin:
            if pin is not None and _is_marked(pid, mark):
                _send(pin, signum)


def _process_ids() -> list[int]:
    if not _PROC.is_dir():
        return []
    return [int(name) for name in os.listdir(_PROC) if name.isdecimal() and int(name) != os.getpid()]  # noqa: PTH208


def _is_marked(pid: int, mark: str) -> bool:
    try:
        environ = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:  # gone, or another user's
        return False
    return f"\0{MARK}={mark}".encode() in b"\0" + environ


@contextmanager
def _pinned(pid: int) -> Iterator[int | None]:
    try:
        pin = os.pidfd_open(pid)
    except OSError:
        yield None
        return
    try:
        yield pin
    finally:
        os.close(pin)


def _send(pin: int, signum: int) -> None:
    try:
        signal.pidfd_send_signal(pin, signum)
    except ProcessLookupError:
        return
