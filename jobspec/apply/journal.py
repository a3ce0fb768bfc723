"""The advisory journal of intentions: creates that may be in flight after a crash. Losing it only costs time.

It is lines of JSON in the state folder of the scope, each flushed to disk before its create is sent. An
unreadable line counts as an intention recorded when the file was last written.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

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
"""Seconds by which a recorded time may be ahead of the clock, which a time server may set back."""


class Journal(Protocol):
    """Records intentions."""

    def intend(self, run_id: str, address: str) -> None:
        """Record that a create may be in flight; return once that is on disk."""

    def settle(self, run_id: str) -> None:
        """Record that the outcome of the intention is known."""


class FileJournal(Struct, frozen=True):
    """The journal in the state folder of a scope. `clock` gives seconds since the epoch."""

    folder: PrivateFolder
    clock: Callable[[], float]

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.folder.path / NAME

    def intend(self, run_id: str, address: str) -> None:
        """Append the intention and flush it to disk. Raises `JournalError` if that fails."""
        try:
            self._write(_line({"intent": run_id, "address": address, "time": self.clock()}))
        except (OSError, StateFolderError) as error:
            raise self._unusable(error) from error

    def settle(self, run_id: str) -> None:
        """Append that the intention is settled."""
        # An unrecorded settlement only costs the next apply a wait, so it is not flushed to disk either.
        with suppress(OSError, StateFolderError):
            self._write(_line({"settled": run_id}), is_flushed=False)

    def open_since(self, scope: str) -> float | None:
        """Return when the newest unsettled intention of the scope was recorded, or None.

        A time in the future was not recorded by an apply on this machine, or its clock was set back. Such a
        time is ignored, so nothing in the file can make an apply wait longer than the settling time from now.
        """
        now = self.clock()
        times = [time for address, time in self._open().values() if _is_in(address, scope)]
        past = [time for time in times if time <= now + _JITTER]
        return min(max(past), now) if past else None

    def check(self) -> None:
        """Raise `JournalError` unless intentions can be recorded; call before anything is stopped for one.

        It writes an empty line, which also separates the next entry from a torn one.
        """
        try:
            self._write(b"\n")
        except (OSError, StateFolderError) as error:
            raise self._unusable(error) from error

    def forget(self, older_than: float) -> None:
        """Delete the file if it has no newer unsettled intention, unless another process uses it.

        `older_than` is in seconds since the epoch: creates recorded before it have taken effect or never
        will.
        """
        try:
            with os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                latest = self.clock() + _JITTER
                if not any(older_than < time <= latest for _, time in self._open().values()):
                    os.unlink(self.path)  # noqa: PTH108 - while the lock is held
        except (OSError, JournalError):  # missing, in use by another apply, or not ours: leave it
            return

    def _write(self, line: bytes, *, is_flushed: bool = True) -> None:
        self.folder.make()
        while True:
            descriptor = self._descriptor()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                if os.fstat(descriptor).st_nlink == 0:
                    continue  # another process deleted the settled file between our open and our lock
                os.write(descriptor, line)
                if is_flushed:
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
            if unreadable > _MAX_UNREADABLE:  # not one of our journals, and it counts as new in any case
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
            yield None  # the content of the rest is unknown
        for line in filter(None, data[:_MAX_BYTES].splitlines()):
            try:
                yield bounded_json.parse(line)
            except ValueError:
                yield None


def _line(entry: dict[str, object]) -> bytes:
    return json.dumps(entry).encode() + b"\n"


def _is_in(address: str, scope: str) -> bool:
    return not address or address.rpartition("/")[0] == scope
