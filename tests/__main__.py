"""`python -m tests --minutes 60 --seed 1` tries to break every promise for as long as one likes.

Most of the time goes to simulated worlds, the rest to real processes and to hostile input. Each part also
runs by itself: `python -m tests.proof.simulation`, `tests.proof.chaos`, `tests.proof.fuzz`. Exits 1 when one
of them failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

SHARES = {"tests.proof.simulation": 0.6, "tests.proof.chaos": 0.25, "tests.proof.fuzz": 0.15}
ALL_ROUNDS = {"tests.proof.chaos": ("--rounds", "1000000")}


def main() -> int:
    """Run the parts one after another and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long in all, roughly")
    parser.add_argument("--seed", type=int, default=1, help="what the runs follow from")
    options = parser.parse_args()
    return max(_part(module, options.minutes * share, options.seed) for module, share in SHARES.items())


def _part(module: str, minutes: float, seed: int) -> int:
    sys.stdout.write(f"{module}, {minutes:.1f} minutes\n")
    sys.stdout.flush()
    command = (sys.executable, "-m", module, "--minutes", str(minutes), "--seed", str(seed))
    return int(subprocess.run((*command, *ALL_ROUNDS.get(module, ())), check=False).returncode != 0)


if __name__ == "__main__":
    raise SystemExit(main())
