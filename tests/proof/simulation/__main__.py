"""`python -m tests.proof.simulation --minutes 10 --seed 1` explores for that long and prints the counts.

A quarter of the time goes to seeds, from the given one on, half to the small worlds, and the rest to code
that is broken on purpose. Exits 1 when an invariant broke, with the story of it, when broken code went
unnoticed, or when a kind of trouble was never met.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice

from tests.proof.simulation.broken_code import MUTANTS
from tests.proof.simulation.deeds import DEEDS
from tests.proof.simulation.explore import Tally, by_seeds, everything
from tests.proof.simulation.faults import KINDS
from tests.proof.simulation.hunt import Caught, hunt
from tests.proof.simulation.small_worlds import SMALL_WORLDS

SEEDS_AT_ONCE = 200
LONG_HUNT = 5_000


def main() -> int:
    """Explore, print what was met, and return the exit code."""
    options = _options()
    quarter = options.minutes * 60 / 4
    with ProcessPoolExecutor(options.workers) as pool:
        seeds = _seeds(pool, options.seed, time.monotonic() + quarter, options.workers)
        _say(_line("seeds", seeds, quarter))
        whole = Tally()
        share = 2 * quarter * options.workers / sum(map(len, SMALL_WORLDS.values()))
        for kind, worlds in SMALL_WORLDS.items():
            jobs = [pool.submit(_small_world, kind, number, share) for number in range(len(worlds))]
            tally = _sum(job.result() for job in jobs)
            _say(_line(kind, tally))
            whole.add(tally)
        until = time.monotonic() + quarter
        caught = [
            job.result() for job in [pool.submit(_hunted, number, until) for number in range(len(MUTANTS))]
        ]
    whole.add(seeds)
    return _summary(whole, [one for one in caught if one])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.simulation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long in all, roughly")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many processes")
    return parser.parse_args()


def _seeds(pool: ProcessPoolExecutor, first: int, until: float, workers: int) -> Tally:
    tally = Tally()
    starts = count(first, SEEDS_AT_ONCE)
    while time.monotonic() < until and not tally.tale:
        ranges = [range(start, start + SEEDS_AT_ONCE) for start in islice(starts, workers)]
        tally.add(_sum(pool.map(_some_seeds, ranges)))
    return tally


def _some_seeds(seeds: range) -> Tally:
    return by_seeds(seeds).told()


def _small_world(kind: str, number: int, seconds: float) -> Tally:
    setting, eventful = SMALL_WORLDS[kind][number]
    until = time.monotonic() + seconds
    return everything(setting, eventful=eventful, is_enough=lambda _: time.monotonic() > until).told()


def _hunted(number: int, until: float) -> Caught | None:
    """None when there was no time left for it."""
    return hunt(MUTANTS[number], most=LONG_HUNT) if time.monotonic() < until else None


def _sum(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


def _line(what: str, tally: Tally, seconds: float = 0.0) -> str:
    speed = f", {tally.runs / seconds:.0f} a second" if seconds else ""
    states = f", {tally.states} states, {tally.visits} visits" if tally.states else ""
    crashes = ", ".join(f"{tally.crashes[n]} with {n} crashes" for n in (1, 2))
    ends = f", {tally.pruned} ended in a known state" if tally.pruned else ""
    left = f", {tally.unexplored} ways left for a longer run" if tally.unexplored else ""
    return f"{what}: {tally.runs} runs{speed}{states}, {crashes}{ends}{left}"


def _summary(tally: Tally, caught: Sequence[Caught]) -> int:
    _say(_line("in all", tally))
    _table("reached", tally.reached, (*KINDS, *DEEDS))
    for one in caught:
        _say(f"  {one.mutant}: {one.by or 'NOT NOTICED'} after {one.runs} runs")
    missed = [one for one in caught if not one.by]
    never = [kind for kind in (*KINDS, *DEEDS) if not tally.reached[kind]]
    _say(f"broken on purpose: {len(caught)} of {len(MUTANTS)} tried, {len(caught) - len(missed)} noticed")
    if never:
        _say(f"never reached: {', '.join(never)}")
    if tally.tale:
        _say(tally.tale)
    return 1 if tally.tale or missed or never else 0


def _table(title: str, counts: Counter[str], names: Sequence[str]) -> None:
    _say(f"{title}:")
    for name in names:
        _say(f"  {counts[name]:8} {name}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
