"""The one place where every choice of a run is made: which fault, whose turn, which lag, what people do.

A choice is a number below the count of its options, and 0 is always the uneventful one. So a run is a list
of numbers: written down it replays to the byte, with numbers set to 0 it becomes simpler, and an explorer
enumerates runs by enumerating lists.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

# How often a rare thing comes, of one request; half of all things never come in one run.
_RATES = (0.0, 0.0, 0.0, 0.01, 0.03, 0.1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice as it was made. A rare one is a fault, a crash or a deed; the others are just many ways."""

    what: str
    options: tuple[str, ...]
    picked: int
    is_rare: bool

    @property
    def option(self) -> str:
        """What was chosen."""
        return self.options[self.picked]


class Source(Protocol):
    """Where the numbers come from."""

    def rare(self, options: Sequence[str]) -> int:
        """Return 0, or now and then the number of something eventful."""

    def even(self, options: Sequence[str]) -> int:
        """Return any number, each as likely."""


@dataclass(slots=True)
class Fate:
    """Makes the choices of one run and remembers them. Once it is calm, nothing eventful is chosen."""

    source: Source
    choices: list[Choice] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    is_calm: bool = False

    def pick(self, what: str, options: Sequence[str]) -> str:
        """Choose the first option, or rarely another one."""
        return options[0] if self.is_calm else self._note(what, options, self.source.rare(options), rare=True)

    def draw(self, what: str, options: Sequence[str]) -> str:
        """Choose any of the options."""
        if self.is_calm or len(options) == 1:
            return options[0]
        return self._note(what, options, self.source.even(options), rare=False)

    @property
    def numbers(self) -> list[int]:
        """What replays this run."""
        return [choice.picked for choice in self.choices]

    def _note(self, what: str, options: Sequence[str], picked: int, *, rare: bool) -> str:
        self.choices.append(Choice(what, tuple(options), picked, rare))
        if rare and picked:
            self.reached[options[picked]] += 1
        return options[picked]


class Seeded:
    """Numbers from a seed; the mix of what may happen is drawn from it too."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._rates: dict[str, float] = {}

    def rare(self, options: Sequence[str]) -> int:
        """Return 0 unless one of the others comes, by the rate it has in this run."""
        chance = self._random.random()
        for number, option in enumerate(options[1:], 1):
            chance -= self._rate(option)
            if chance < 0:
                return number
        return 0

    def even(self, options: Sequence[str]) -> int:
        """Return any number, each as likely."""
        return self._random.randrange(len(options))

    def _rate(self, option: str) -> float:
        if option not in self._rates:
            self._rates[option] = self._random.choice(_RATES)
        return self._rates[option]


class Written:
    """Numbers from a list; after its end, and where it does not fit, nothing eventful."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers
        self._next = 0

    def rare(self, options: Sequence[str]) -> int:
        """Return the next number of the list."""
        return self._take(len(options))

    def even(self, options: Sequence[str]) -> int:
        """Return the next number of the list."""
        return self._take(len(options))

    def _take(self, count: int) -> int:
        if self._next >= len(self._numbers):
            return 0
        number = self._numbers[self._next]
        self._next += 1
        return number if 0 <= number < count else 0


@dataclass
class Ordered:
    """Fate as it is ordered: each event once, as soon as it can be."""

    events: list[str]
    ways: Sequence[str] = ()

    def rare(self, options: Sequence[str]) -> int:
        """Return the number of the next event, if it is among the options."""
        return options.index(self.events.pop(0)) if self.events and self.events[0] in options else 0

    def even(self, options: Sequence[str]) -> int:
        """Return the number of the first way that is among the options."""
        return next((options.index(way) for way in self.ways if way in options), 0)
