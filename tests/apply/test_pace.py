"""One rate for all writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

import pytest

from jobspec.apply.pace import Pace


@dataclass
class FakeClock:
    time: float = 0.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def turns(pace: Pace, clock: FakeClock, count: int) -> list[float]:
    times = []
    for _ in range(count):
        pace.wait()
        times.append(clock.time)
    return times


@pytest.mark.parametrize(
    ("per_second", "expected"), [(2, [0, 0.5, 1, 1.5]), (0.5, [0, 2, 4, 6]), (0, [0, 0, 0, 0])]
)
def test_turns_are_evenly_spaced(per_second: float, expected: list[float]) -> None:
    clock = FakeClock()
    assert turns(Pace(per_second, clock), clock, 4) == expected


def test_a_pause_earns_no_burst() -> None:
    clock = FakeClock()
    pace = Pace(1, clock)
    pace.wait()
    clock.time = 100
    assert turns(pace, clock, 3) == [100, 101, 102]


def test_threads_share_one_rate() -> None:
    asked: list[float] = []

    class Still(FakeClock):
        def sleep(self, seconds: float) -> None:
            asked.append(seconds)

    pace = Pace(4, Still())
    wait: Callable[[], None] = pace.wait
    threads = [Thread(target=wait) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == [number * 0.25 for number in range(1, 9)]
