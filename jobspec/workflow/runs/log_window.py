"""Which part of a log is shown: its last lines, or those since a moment; pure.

The platform keeps no time for a line. The timestamp at the start of a line is the only source.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.cloud.answers.wire import InstanceRecord
    from jobspec.workflow.runs.logs import Chunk

_STAMP = re.compile(
    rb".{0,24}?\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?", re.DOTALL
)
_MOST_HELD = 1024 * 1024
"""Bytes without a time that are held back until one shows whether they are old."""


@dataclass(frozen=True, slots=True)
class LogWindow:
    """At most `tail` lines of each replica, and none from before `since`; None for no bound."""

    tail: int | None = None
    since: datetime | None = None

    def skips(self, instance: InstanceRecord) -> bool:
        """Whether a replica had finished before the window begins."""
        return (
            self.since is not None and instance.finish_time is not None and instance.finish_time < self.since
        )


@dataclass(slots=True)
class LastLines:
    """The lines of each replica in chunks of any size; the last may have no end yet."""

    rest: dict[str, bytes] = field(default_factory=lambda: defaultdict(bytes))

    def add(self, chunk: Chunk) -> list[bytes]:
        """Return the lines that the chunk ends."""
        *ended, rest = (self.rest[chunk.replica] + chunk.data).split(b"\n")
        self.rest[chunk.replica] = rest
        return [line + b"\n" for line in ended]

    def left(self) -> Iterator[tuple[str, bytes]]:
        """Yield what has no line end, by replica."""
        yield from ((name, rest) for name, rest in self.rest.items() if rest)


def lines_of(chunks: Iterable[Chunk]) -> Iterator[tuple[str, bytes]]:
    """Yield every line with the replica that wrote it."""
    lines = LastLines()
    for chunk in chunks:
        yield from ((chunk.replica, line) for line in lines.add(chunk))
    yield from lines.left()


def last_lines(lines: Iterable[tuple[str, bytes]], number: int) -> Iterator[tuple[str, bytes]]:
    """Yield the last lines of each replica, once all are read."""
    kept: dict[str, deque[bytes]] = {}
    for name, line in lines:
        kept.setdefault(name, deque(maxlen=number)).append(line)
    for name, last in kept.items():
        yield from ((name, line) for line in last)


class Recent:
    """The lines from a moment on, by the timestamps in the lines."""

    def __init__(self, since: datetime, launched: dict[str, datetime | None]) -> None:
        self._since = since
        self._launched = launched
        self._is_recent: dict[str, bool] = {}
        self._held: dict[str, list[bytes]] = defaultdict(list)
        self._untimed: list[str] = []

    @property
    def untimed(self) -> tuple[str, ...]:
        """The replicas that are shown whole although they may be older, since no line has a time."""
        return tuple(self._untimed)

    def of(self, lines: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield the lines; a line without a time is as old as the one before it."""
        for name, line in lines:
            yield from self._judged(name, line)
        for name in list(self._held):
            yield from self._released(name)

    def _judged(self, name: str, line: bytes) -> Iterator[tuple[str, bytes]]:
        launched = self._launched.get(name)
        if launched is not None and launched >= self._since:
            self._is_recent[name] = True  # all of it is
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
    """Return the time a line begins with; without a zone it is one of this computer's."""
    match = _STAMP.match(line)
    if match is None:
        return None
    day, clock, zone = (part.decode() for part in match.groups(default=b""))
    try:
        return datetime.fromisoformat(f"{day}T{clock}{zone.replace('Z', '+00:00')}").astimezone()
    except (ValueError, OverflowError):
        return None
