"""The log of a replica in a file of bounded size: the beginning and the end are kept, the middle is dropped.

A log within its limit is the plain output. A longer one begins with a line that states which bytes are
missing, and has another one in their place. Positions refer to the whole output, so that a reader can
continue to follow the log. The shim loads this file by its path: only the standard library may be imported.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import NamedTuple

NOTE = 160
"""Bytes of each of the two lines: a fixed length, so that the following bytes keep their positions."""
SMALLEST = 4096
_HEADER = re.compile(rb"\[jobspec: bytes +([0-9]{1,18}) to +([0-9]{1,18}) of this log are dropped\] *\n")
_WHY = "it is longer than logLimit"
_CHUNK = 1 << 20


class Layout(NamedTuple):  # imports faster than a dataclass, for the shim
    """The layout of a file of `size` bytes: output up to `head`, a note, and output from `tail` on.

    A complete log has no notes, and its `tail` is 0.
    """

    size: int
    head: int = 0
    tail: int = 0

    @property
    def begin(self) -> int:
        """The position in the file where the output begins."""
        return NOTE if self.tail else 0

    @property
    def end(self) -> int:
        """The number of output bytes so far, including dropped ones."""
        return self.tail + self.size - self._tail_begin

    def stretch(self, position: int) -> tuple[int, int, int]:
        """Return the next readable position from `position`, and where in the file that part begins and ends.

        A dropped position is either within the note, or it is moved to where the log continues.
        """
        if position < self._tail_begin - self.begin:
            return position, self.begin + position, self._tail_begin
        start = max(position, self.tail)
        return start, self._tail_begin + start - self.tail, self.size

    @property
    def _tail_begin(self) -> int:
        return NOTE + self.head + NOTE if self.tail else 0


def layout_of(descriptor: int) -> Layout:
    """Return the layout of an open file.

    Output that only looks like the first line of a long log is output.
    """
    size = os.fstat(descriptor).st_size
    match = _HEADER.fullmatch(os.pread(descriptor, NOTE, 0))
    if match is None:
        return Layout(size)
    head, tail = int(match[1]), int(match[2])
    is_one = head + NOTE <= tail and 2 * NOTE + head <= size
    return Layout(size, head, tail) if is_one else Layout(size)


class BoundedLog:
    """Appends to the file at `path`, which never exceeds `limit` bytes, not even while it is rewritten.

    Nothing is raised: bytes that cannot be written are counted, and noted as soon as there is room.
    """

    def __init__(self, path: str, limit: int) -> None:
        self._path = path
        self._limit = max(limit, SMALLEST)
        self._lost = 0

    def write(self, data: bytes) -> None:
        """Append `data` as far as possible."""
        piece = self._limit // 16
        for start in range(0, len(data), piece):
            self._append(data[start : start + piece])

    def _append(self, data: bytes) -> None:
        note = f"\n[jobspec: {self._lost} bytes could not be written]\n".encode() if self._lost else b""
        written = 0
        with suppress(OSError):
            self._make_room(len(note) + len(data))
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                for part in (note, data):
                    written += _written(descriptor, part)
            finally:
                os.close(descriptor)
        kept = written - len(note)
        self._lost = (0 if kept >= 0 else self._lost) + len(data) - max(kept, 0)

    def _make_room(self, more: int) -> None:
        """Drop the middle if `more` bytes would be too many; the draft copy counts toward the limit."""
        descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            layout = layout_of(descriptor)
            if layout.size + more > self._limit * 5 // 8 - 2 * NOTE:
                self._rewrite(descriptor, layout)
        finally:
            os.close(descriptor)

    def _rewrite(self, old: int, layout: Layout) -> None:
        head = min(layout.head or layout.size, self._limit // 8)
        tail = layout.end - self._limit // 4
        draft = f"{self._path}.new"
        with suppress(FileNotFoundError):
            os.unlink(draft)  # noqa: PTH108 - pathlib would double the shim's start-up time
        new = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            _all_written(new, _padded(f"[jobspec: bytes {head:>18} to {tail:>18} of this log are dropped]"))
            _copy(old, new, layout.begin, layout.begin + head)
            _all_written(
                new, _padded(f"\n[jobspec: {tail - head} bytes of this log were dropped here: {_WHY}]")
            )
            _copy(old, new, layout.stretch(tail)[1], layout.size)
            os.rename(draft, self._path)  # noqa: PTH104 - as above
        finally:
            os.close(new)
            with suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 - as above


def _padded(note: str) -> bytes:
    return note.encode().ljust(NOTE - 1) + b"\n"


def _copy(old: int, new: int, start: int, end: int) -> None:
    while start < end and (piece := os.pread(old, min(end - start, _CHUNK), start)):
        _all_written(new, piece)
        start += len(piece)


def _written(descriptor: int, data: bytes) -> int:
    """Return the number of bytes that could be written."""
    written = 0
    with suppress(OSError):
        while written < len(data):
            written += os.write(descriptor, data[written:])
    return written


def _all_written(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
