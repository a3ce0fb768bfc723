"""`python -m tests.proof.fuzz --minutes 5 --seed 1` feeds every reader for that long and prints the counts.

Each reader gets an equal share of the time. A seed gives the same inputs in the same order; how many of them
there is time for, and how long each takes, it does not. Exits 1 when an input failed: the smallest one that
fails alike is written to a file, to be added to the reader's corpus once the failure is mended.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.proof.fuzz.all_readers import NAMES, all_readers
from tests.proof.fuzz.campaign import Failure, Tally, explore, smallest
from tests.proof.fuzz.reader import Reader


def main() -> int:
    """Feed the readers, print what came of it, and return the exit code."""
    options = _options()
    names: Sequence[str] = options.readers or NAMES
    seconds = options.minutes * 60 / len(names)
    tallies = []
    with tempfile.TemporaryDirectory() as folder, all_readers(Path(folder)) as readers:
        for name in names:
            tallies.append(_fed(readers[name], options.seed, seconds))
            _say(str(tallies[-1]))
        found = [
            _kept(readers, one, options.failures) for tally in tallies for one in tally.failures.values()
        ]
    whole = sum(tally.inputs for tally in tallies), sum(tally.accepted for tally in tallies)
    _say(f"in all {whole[0]} inputs, {whole[1]} accepted, {len(found)} kinds of failures")
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long in all, roughly")
    parser.add_argument("--seed", type=int, default=1, help="what the inputs follow from")
    parser.add_argument(
        "--failures", type=Path, default=Path("fuzz-failures"), help="the folder for inputs that fail"
    )
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"only these: {', '.join(NAMES)}")
    return parser.parse_args()


def _fed(reader: Reader, seed: int, seconds: float) -> Tally:
    until = time.monotonic() + seconds
    return explore(reader, seed, lambda _: time.monotonic() > until)


def _kept(readers: Mapping[str, Reader], failure: Failure, folder: Path) -> Path:
    """Write the smallest input that fails alike; return the file."""
    found = smallest(readers[failure.reader], failure)
    file = folder / found.reader / hashlib.sha256(found.data).hexdigest()[:12]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(found.data)
    _say(f"\n{found.reader}: {len(found.data)} bytes in {file}\n{found.told}")
    return file


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
