"""Many inputs, one after another and the same for the same seed; and the smallest input that fails alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.proof.fuzz.mutation import mutated
from tests.proof.fuzz.reader import Reader
from tests.proof.fuzz.trial import Trial, attempt, kind

SHRINKING_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that a reader cannot take, and what came of it."""

    reader: str
    data: bytes
    told: str


@dataclass(slots=True)
class Tally:
    """What many inputs of one reader came to."""

    reader: str
    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    largest: int = 0
    grown: int = 0
    failures: dict[str, Failure] = field(default_factory=dict)

    def add(self, data: bytes, trial: Trial) -> None:
        """Count one; of failures of a kind the smallest is kept."""
        self.inputs += 1
        self.accepted += trial.accepted and not trial.failure
        self.seconds += trial.seconds
        self.slowest = max(self.slowest, trial.seconds)
        self.largest = max(self.largest, len(data))
        self.grown = max(self.grown, trial.grown)
        known = self.failures.get(kind(trial.failure))
        if trial.failure and (known is None or len(data) < len(known.data)):
            self.failures[kind(trial.failure)] = Failure(self.reader, data, trial.failure)

    @property
    def refused(self) -> int:
        """How many were refused as they may be."""
        return self.inputs - self.accepted

    def __str__(self) -> str:
        return (
            f"{self.reader:13} {self.inputs:8} inputs, {self.accepted:7} accepted, {self.refused:7} refused; "
            f"slowest {self.slowest:.2f} s, largest {self.largest:,} bytes, at most {self.grown >> 20} MiB"
        )


def inputs(reader: Reader, seed: int) -> Iterator[bytes]:
    """Inputs without end: the corpus as it is, then what becomes of it."""
    yield from reader.seeds
    for number in count():
        yield mutated(reader, Random(f"{seed} {reader.name} {number}"))


def explore(reader: Reader, seed: int, is_enough: Callable[[Tally], bool]) -> Tally:
    """Give the reader inputs until it is enough."""
    tally = Tally(reader.name)
    for data in inputs(reader, seed):
        if is_enough(tally):
            break
        tally.add(data, attempt(reader, data))
    return tally


def smallest(reader: Reader, failure: Failure) -> Failure:
    """The smallest input found, in some time, that fails in the same way."""
    until = time.monotonic() + SHRINKING_SECONDS
    best = failure
    size = max(1, len(best.data) // 2)
    while size and time.monotonic() < until:
        smaller = next(
            (one for one in _cut(reader, best, size) if one is not None or time.monotonic() > until), None
        )
        if smaller is None:
            size //= 2
        else:
            best, size = smaller, min(size, max(1, len(smaller.data) // 2))
    return best


def _cut(reader: Reader, failure: Failure, size: int) -> Iterator[Failure | None]:
    """The input without each stretch of so many bytes, where it fails still."""
    for start in range(0, len(failure.data), size):
        data = failure.data[:start] + failure.data[start + size :]
        trial = attempt(reader, data)
        alike = bool(trial.failure) and kind(trial.failure) == kind(failure.told)
        yield Failure(reader.name, data, trial.failure) if alike else None
