"""Limits on how much one load may read of a checkout, which may come from an untrusted author. Pure.

It only counts. Code that opens, lists or matches anything must take it from the budget first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Part(StrEnum):
    """A counted quantity; the value is its name in messages."""

    FILES = "manifest files"
    ENTRIES = "names in folders"
    FOLDERS = "folders"
    BYTES = "bytes of manifests"
    LINKS = "symbolic links"
    ADDED = "values that defaults and variables add"
    PATTERNS = "patterns in `manifests`"
    COMPARISONS = "comparisons of paths with patterns"
    SECONDS = "seconds of reading"


LIMITS: Mapping[Part, int] = {
    Part.FILES: 50_000,
    Part.ENTRIES: 500_000,
    Part.FOLDERS: 50_000,
    Part.BYTES: 64 * 1024 * 1024,
    Part.LINKS: 500,
    Part.ADDED: 2_000_000,
    Part.PATTERNS: 500,
    Part.COMPARISONS: 750_000,
    Part.SECONDS: 120,
}
"""Each limit is several times what a project of 30,000 manifests needs."""
CHARACTERS_PER_PATTERN = 256
"""A longer pattern counts as several."""


class OverBudgetError(Exception):
    """A load has used up its budget."""

    def __init__(self, part: Part, counted: int, limit: int) -> None:
        super().__init__(f"{counted} {part}, limit {limit}")
        self.part = part
        self.counted = counted
        self.limit = limit


def no_clock() -> float:
    """A clock that never advances, for a load without a time limit."""
    return 0.0


class Budget(Struct):
    """The amounts that one load has used so far. `clock` is monotonic, in seconds."""

    clock: Callable[[], float] = no_clock
    limits: Mapping[Part, int] = field(default_factory=lambda: LIMITS)
    used: dict[Part, int] = field(default_factory=dict)
    _started: float = 0.0

    def __post_init__(self) -> None:
        self._started = self.clock()

    def take(self, part: Part, amount: int = 1) -> None:
        """Count an amount. Raises `OverBudgetError` if the total exceeds the limit."""
        counted = self.used.get(part, 0) + amount
        self.used[part] = counted
        if counted > self.limits[part]:
            raise OverBudgetError(part, counted, self.limits[part])

    def has_room(self, part: Part, amount: int) -> bool:
        """Whether an amount can be taken."""
        return self.used.get(part, 0) + amount <= self.limits[part]

    def take_patterns(self, patterns: Iterable[str]) -> None:
        """Count patterns; a long one counts as several."""
        self.take(Part.PATTERNS, sum(1 + len(one) // CHARACTERS_PER_PATTERN for one in patterns))

    def check_time(self) -> None:
        """Raise `OverBudgetError` if the load has taken too long."""
        seconds = int(self.clock() - self._started)
        if seconds > self.limits[Part.SECONDS]:
            raise OverBudgetError(Part.SECONDS, seconds, self.limits[Part.SECONDS])
