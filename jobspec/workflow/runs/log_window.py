"""Selects the part of a log to show: its last lines, or those since a time. Pure.

The platform stores no time for a line. The timestamp at the start of a line is the only source.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.cloud.answers.wire import InstanceRecord
    from jobspec.workflow.runs.logs import Chunk

_STAMP = re.compile(
    rb".{0,24}?\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?", re.DOTALL
)
_MOST_HELD = 1024 * 1024
"""Bytes of lines without timestamps that are buffered until one shows whether they are old."""


class LogWindow(Struct, frozen=True):
    """At most `tail` lines of each replica, and none from before `since`; None means no limit."""

    tail: int | None = None
    since: datetime | None = None

    def skips(self, instance: InstanceRecord) -> bool:
        """Return whether a replica had finished before the window begins."""
        return (
            self.since is not None and instance.finish_time is not None and instance.finish_time < self.since
        )


class LastLines(Struct):
    """Collects the lines of each replica from chunks of any size; the last line may be incomplete."""

    rest: dict[str, bytes] = field(default_factory=lambda: defaultdict(bytes))

    def add(self, chunk: Chunk) -> list[bytes]:
        """Return the lines that the chunk completes."""
        *ended, rest = (self.rest[chunk.replica] + chunk.data).split(b"\n")
        self.rest[chunk.replica] = rest
        return [line + b"\n" for line in ended]

    def left(self) -> Iterator[tuple[str, bytes]]:
        """Yield the incomplete last line of each replica."""
        yield from ((name, rest) for name, rest in self.rest.items() if rest)


def lines_of(chunks: Iterable[Chunk]) -> Iterator[tuple[str, bytes]]:
    """Yield every line with the replica that wrote it."""
    lines = LastLines()
    for chunk in chunks:
        yield from ((chunk.replica, line) for line in lines.add(chunk))
    yield from lines.left()


def last_lines(lines: Iterable[tuple[str, bytes]], number: int) -> Iterator[tuple[str, bytes]]:
    """Yield the last lines of each replica, after reading everything."""
    kept: dict[str, deque[bytes]] = {}
    for name, line in lines:
        kept.setdefault(name, deque(maxlen=number)).append(line)
    for name, last in kept.items():
        yield from ((name, line) for line in last)


class Recent:
    """Selects the lines since a time, by the timestamps in the lines."""

    def __init__(self, since: datetime, launched: dict[str, datetime | None]) -> None:
        self._since = since
        self._launched = launched
        self._is_recent: dict[str, bool] = {}
        self._held: dict[str, list[bytes]] = defaultdict(list)
        self._untimed: list[str] = []

    @property
    def untimed(self) -> tuple[str, ...]:
        """The replicas shown in full, although they may be older, because no line has a timestamp."""
        return tuple(self._untimed)

    def of(self, lines: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield the recent lines; a line without a timestamp is as old as the one before it."""
        for name, line in lines:
            yield from self._judged(name, line)
        for name in list(self._held):
            yield from self._released(name)

    def _judged(self, name: str, line: bytes) -> Iterator[tuple[str, bytes]]:
        launched = self._launched.get(name)
        if launched is not None and launched >= self._since:
            self._is_recent[name] = True  # show everything
        else:
            time = time_of(line)
            if time is not None:
                self._is_recent[name] = time >= self._since
        if name not in self._is_recent:
            self._held[name].append(line)
            if sum(map(len, self._held[name])) > _MOST_HELD:
                yield from self._released(name)
            return
        held = self._held.pop(name, [])
        if self._is_recent[name]:
            yield from ((name, one) for one in (*held, line))

    def _released(self, name: str) -> Iterator[tuple[str, bytes]]:
        self._untimed.append(name)
        self._is_recent[name] = True
        yield from ((name, line) for line in self._held.pop(name))


def time_of(line: bytes) -> datetime | None:
    """Return the time at the start of a line; without a time zone, it is in local time."""
    match = _STAMP.match(line)
    if match is None:
        return None
    day, clock, zone = (part.decode() for part in match.groups(default=b""))
    try:
        return datetime.fromisoformat(f"{day}T{clock}{zone.replace('Z', '+00:00')}").astimezone()
    except (ValueError, OverflowError):
        return None
