"""`python -m tests.proof.chaos --rounds 200 --seed 1` plays that many rounds and prints the counts.

A seed fixes the edits, the commands, the faults, the kills and people's deeds of a round. It does not fix
what the machine decides: when a process gets to its n-th request, and who of several comes first. Exits 1
when a round broke an invariant, with its story, or when many rounds never met something that they should.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf

from tests.proof.chaos.rounds import Story
from tests.proof.chaos.tally import Tally, play_seed

MANY = 200
"""Rounds from which on everything has to have been met."""


def main() -> int:
    """Play, print what was met, and return the exit code."""
    options = _options()
    seeds = range(options.seed, options.seed + options.rounds)
    tally, begun = Tally(), time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # rounds under way tidy up after themselves
    with ThreadPoolExecutor(options.workers) as pool:
        try:
            stories = _in_order(pool, seeds, options.workers)
            _play(stories, tally, until=begun + options.minutes * 60)
        finally:
            pool.shutdown(cancel_futures=True)
    return _summary(tally, time.monotonic() - begun)


def _play(stories: Iterable[Story], tally: Tally, *, until: float) -> None:
    for story in stories:
        tally.add(story)
        if tally.tale or time.monotonic() > until:
            break
        if tally.rounds % 20 == 0:
            _say(f"{tally.rounds} rounds")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=MANY, help="how many rounds")
    parser.add_argument("--minutes", type=float, default=inf, help="begin no round after so long")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first; the others follow")
    parser.add_argument("--workers", type=int, default=1, help="how many rounds at once")
    return parser.parse_args()


def _in_order(pool: ThreadPoolExecutor, seeds: Iterable[int], workers: int) -> Iterator[Story]:
    """A few at a time, so that nothing is under way for long after one that breaks."""
    waiting = list(seeds)
    while waiting:
        some, waiting = waiting[: 4 * workers], waiting[4 * workers :]
        yield from pool.map(play_seed, some)


def _summary(tally: Tally, seconds: float) -> int:
    _say(f"{tally.rounds} rounds in {seconds:.0f} s: {tally.commands} commands, {tally.requests} requests")
    for kind, count in sorted(tally.reached.items()):
        _say(f"  {count:6} {kind}")
    if tally.slow:
        _say(f"not judged, the machine was too slow: {len(tally.slow)} rounds, seeds {tally.slow}")
    missed = tally.never_reached() if tally.rounds >= MANY else []
    if missed:
        _say(f"never met: {', '.join(missed)}")
    if tally.tale:
        _say(tally.tale)
    return 1 if tally.tale or missed else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
