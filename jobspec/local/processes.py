"""Finding and signalling the processes of a task by the mark in their environment.

The mark names the store by its id, its place on the disk and the boot, so the processes of one store are
never those of a copy: not of one beside it, on another machine, or restored after a reboot.
A mark outlives parents, sessions and supervisors. On Linux it is read from `/proc`; a process is pinned
before its mark is read, so a process id that was used again is never hit. Without `/proc` (macOS)
nothing is found: there only the process group that a shim knows of is reached.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.local.environment import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"


def mark_of_store(store_id: str, file: Path) -> str:
    """What the marks of a store begin with: its id, and where its file is in this boot of this machine."""
    found = file.stat()
    return f"{store_id}-{sha256(f'{_boot()} {found.st_dev} {found.st_ino}'.encode()).hexdigest()[:16]}"


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:  # macOS: there no process is found by its mark
        return ""


def marked(mark: str) -> list[int]:
    """The ids of the living processes whose mark starts with `mark`. One that is only unreaped is dead."""
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
