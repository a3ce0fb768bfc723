"""`python -m tests.proof.quick --accepted 1000000` compares both readings of so many accepted mutants.

Prints the counts. Exits 1 if one mutant is read differently, after printing it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice

from tests.proof.quick.comparing import TERMS, difference, project_difference
from tests.proof.quick.mutants import mutants, originals, projects

AT_ONCE = 5_000


def main() -> int:
    """Compare until enough were accepted, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof.quick", description=__doc__)
    parser.add_argument("--accepted", type=int, default=1_000_000, help="how many accepted mutants")
    parser.add_argument("--seed", type=int, default=1, help="what the mutants follow from")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="how many processes")
    options = parser.parse_args()
    tried = accepted = 0
    different: list[str] = []
    with ProcessPoolExecutor(options.workers) as pool:
        seeds = count(options.seed)
        while accepted < options.accepted and not different:
            for some, wrong in pool.map(_compared, islice(seeds, options.workers)):
                tried, accepted, different = tried + AT_ONCE, accepted + some, [*different, *wrong]
    _print([f"{tried:,} mutants, {accepted:,} accepted, {len(different)} read differently", *different[:3]])
    return int(bool(different))


def _compared(seed: int) -> tuple[int, list[str]]:
    accepted, different = 0, []
    texts = islice(mutants(seed, projects() if seed % 10 == 0 else originals()), AT_ONCE)
    for number, text in enumerate(texts):
        is_accepted, why = (
            project_difference(text) if seed % 10 == 0 else difference(text, TERMS[number % len(TERMS)])
        )
        accepted += is_accepted
        if why:
            different.append(f"{why}:\n{text}")
    return accepted, different


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
