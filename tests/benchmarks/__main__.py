"""Plans without changes, side by side: `python -m tests.benchmarks --against octodns --sizes 100 1000 10000`.

Prints a table, and exits with 1 when jobspec needs more of a peer's wall time than the ratio to reach. Each
round runs every program once; the least time of all rounds counts, because a busy machine only adds time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.config.state_folder import VARIABLE as STATE
from tests.benchmarks.peers import PEERS, Command, Peer, jobspec, python_of

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = "jobspec"
METER = str(Path(__file__).with_name("meter.py"))
KIBI_PER_MB = 1000**2 / 1024


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process took: seconds of the wall clock and of the processor, and its peak memory in MB."""

    wall: float
    processor: float
    memory: float


def main() -> int:
    """Measure, print, and return 1 when a ratio is missed."""
    chosen = _chosen()
    peers = [PEERS[name] for name in chosen.against]
    missed = [line for size in chosen.sizes for line in _compared(size, peers, chosen.rounds)]
    for line in missed:
        sys.stdout.write(f"missed: {line}\n")
    return 1 if missed else 0


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--against", nargs="+", choices=PEERS, default=["octodns"], help="the peers")
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 1_000, 10_000], help="numbers of tasks")
    parser.add_argument("--rounds", type=int, default=5, help="how often each program plans each world")
    return parser.parse_args()


def _compared(size: int, peers: Sequence[Peer], rounds: int) -> list[str]:
    """Print the rows of one size; return the ratios that are missed."""
    with tempfile.TemporaryDirectory(prefix="jobspec-benchmark-") as place:
        folder = Path(place)
        os.environ[STATE] = str(folder / "state")
        commands = {OURS: jobspec(folder / OURS, size)}
        commands |= {peer.name: peer.prepare(python_of(peer), folder / peer.name, size) for peer in peers}
        measured = _least(commands, rounds)
    ours = measured.pop(OURS)
    _row(size, OURS, ours, "")
    return [line for peer in peers for line in _beside(size, ours, peer, measured[peer.name])]


def _beside(size: int, ours: Figures, peer: Peer, theirs: Figures) -> list[str]:
    """Print the row of a peer; return its ratio if that is missed."""
    ratio, most, goal = ours.wall / theirs.wall, peer.most.get(size), peer.goals.get(size)
    note = f"{ratio:.2f} of its wall time, {ours.processor / theirs.processor:.2f} of its processor time"
    _row(
        size,
        peer.name,
        theirs,
        f"{OURS} takes {note}" + (f"; at most {most}" if most else "") + (f", goal {goal}" if goal else ""),
    )
    is_missed = most is not None and ratio > most
    return [f"{size} tasks against {peer.name}: {ratio:.2f}, at most {most}"] if is_missed else []


def _least(commands: dict[str, Command], rounds: int) -> dict[str, Figures]:
    """The least times of each program, and its greatest memory; a first round only warms up."""
    tries = [{name: measure(command) for name, command in commands.items()} for _ in range(rounds + 1)][1:]
    return {
        name: Figures(
            min(one[name].wall for one in tries),
            min(one[name].processor for one in tries),
            max(one[name].memory for one in tries),
        )
        for name in commands
    }


def measure(command: Command) -> Figures:
    """Run a command to its end. Raises `RuntimeError` unless it prints what it should."""
    meter = (sys.executable, "-I", "-S", METER, *command.arguments)
    done = subprocess.run(
        meter, cwd=command.cwd, env=command.environ, capture_output=True, text=True, check=True
    )
    code, wall, processor, memory = map(float, done.stdout.split())
    if code or command.says not in done.stderr:
        raise RuntimeError(f"exit code {code:.0f}, without `{command.says}`:\n{done.stderr[-2000:]}")
    return Figures(wall, processor, memory / KIBI_PER_MB)


def _row(size: int, name: str, found: Figures, note: str) -> None:
    figures = f"{found.wall:8.3f} s wall {found.processor:8.3f} s processor {found.memory:6.0f} MB"
    sys.stdout.write(f"{size:>7,} {name:<10}{figures}  {note}".rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
