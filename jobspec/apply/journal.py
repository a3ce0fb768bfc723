"""The advisory journal of intentions: what may be under way after a crash. Losing it costs only time.

Lines of JSON in the state folder of the scope, each flushed to disk before the create it speaks of is sent.
A line that cannot be read counts as an intention of the moment the file was last written.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Protocol

from jobspec import bounded_json
from jobspec.config.state_folder import (
    ELSEWHERE,
    PrivateFolder,
)
from jobspec.errors import JournalError, StateFolderError
from jobspec.quoting import quote
from jobspec.regular import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


NAME = "journal.jsonl"
_MAX_BYTES = 4 * 1024 * 1024
_MAX_UNREADABLE = 1000
_JITTER = 1.0
"""Seconds that a time may be ahead of the clock, which a time server sets back now and then."""


class Journal(Protocol):
    """Where intentions are noted."""

    def intend(self, run_id: str, address: str) -> None:
        """Note that a create may be under way; returns once that is on disk."""

    def settle(self, run_id: str) -> None:
        """Note that the outcome of the intention is known."""


@dataclass(frozen=True, slots=True)
class FileJournal:
    """The journal in the state folder of a scope. `clock` gives seconds since the epoch."""

    folder: PrivateFolder
    clock: Callable[[], float]

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder.path / NAME

    def intend(self, run_id: str, address: str) -> None:
        """Append the intention and flush it to disk. Raises `JournalError` when that is not possible."""
        try:
            self._append({"intent": run_id, "address": address, "time": self.clock()})
        except (OSError, StateFolderError) as error:
            raise self._unusable(error) from error

    def settle(self, run_id: str) -> None:
        """Append that the intention is settled."""
        # What is settled but not noted costs the next apply a wait, no more.
        with suppress(OSError, StateFolderError):
            self._append({"settled": run_id})

    def open_since(self, scope: str) -> float | None:
        """Return when the newest unsettled intention of the scope was noted; None when there is none.

        A time in the future is none that an apply on this machine noted, or its clock was set back: it does
        not count, so nothing in the file can make an apply wait longer than the settling time after now.
        """
        now = self.clock()
        times = [time for address, time in self._open().values() if _is_in(address, scope)]
        past = [time for time in times if time <= now + _JITTER]
        return min(max(past), now) if past else None

    def check(self) -> None:
        """Raise `JournalError` unless intentions can be noted; ask before anything is stopped for one.

        It writes an empty line, which also keeps the next entry apart from a torn one.
        """
        try:
            self._write(b"\n")
        except (OSError, StateFolderError) as error:
            raise self._unusable(error) from error

    def forget(self, older_than: float) -> None:
        """Drop the file when nothing younger in it is open, unless another process is at it.

        `older_than` is in seconds since the epoch: what was noted until then has taken effect or never will.
        """
        try:
            with os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                latest = self.clock() + _JITTER
                if not any(older_than < time <= latest for _, time in self._open().values()):
                    os.unlink(self.path)  # noqa: PTH108 - while the lock is held
        except (OSError, JournalError):  # not there, in use by another apply, or not ours: it may stay
            return

    def _append(self, entry: dict[str, object]) -> None:
        self._write(json.dumps(entry).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        self.folder.make()
        while True:
            descriptor = self._descriptor()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                if os.fstat(descriptor).st_nlink == 0:
                    continue  # another process dropped the settled file between our open and our lock
                os.write(descriptor, line)
                os.fsync(descriptor)
                return
            finally:
                os.close(descriptor)

    def _descriptor(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(self.path, flags, 0o600)

    def _unusable(self, error: OSError | StateFolderError) -> JournalError:
        cause = error.__cause__ if isinstance(error, StateFolderError) else error
        if isinstance(cause, OSError):
            return JournalError(
                f"cannot use the journal: {cause.strerror}; nothing was sent",
                help=f"make {quote(self.path)} writable, free disk space, or {ELSEWHERE}",
            )
        assert isinstance(error, StateFolderError)  # noqa: S101 - the only other one
        message = f"cannot use the journal: {error.message}; nothing was sent"
        return JournalError(message, help=error.help)

    def _open(self) -> dict[str, tuple[str, float]]:
        entries: dict[str, tuple[str, float]] = {}
        unreadable = 0
        for entry in self._entries():
            match entry:
                case {"settled": str(run_id)}:
                    entries.pop(run_id, None)
                case {"intent": str(run_id), "address": str(address), "time": float(time)} if isfinite(time):
                    entries[run_id] = (address, time)
                case _:
                    entries["unreadable"] = ("", self.path.stat().st_mtime)
                    unreadable += 1
            if unreadable > _MAX_UNREADABLE:  # no journal of ours, and it counts as new in any case
                break
        return entries

    def _entries(self) -> Iterator[object]:
        if not self.folder.exists():
            return
        try:
            data = read_regular(self.path, at_most=_MAX_BYTES + 1, follow_links=False)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error
        if len(data) > _MAX_BYTES:
            yield None  # what the rest holds is not known
        for line in filter(None, data[:_MAX_BYTES].splitlines()):
            try:
                yield bounded_json.parse(line)
            except ValueError:
                yield None


def _is_in(address: str, scope: str) -> bool:
    return not address or address.rpartition("/")[0] == scope
