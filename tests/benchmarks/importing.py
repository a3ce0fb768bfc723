"""An import of many live tasks, measured as a whole: `python -m tests.benchmarks.importing --count 10000`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from shutil import rmtree

from jobspec.config.state_folder import VARIABLE as STATE
from tests.benchmarks.__main__ import measure
from tests.benchmarks.peers import Command, jobspec


def main() -> None:
    """Write a project and a local platform on which each of its tasks is done; import them all, and print."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.importing", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="number of live tasks")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="jobspec-benchmark-") as place:
        folder = Path(place) / "project"
        os.environ[STATE] = str(Path(place) / "state")
        plan = jobspec(folder, count)
        rmtree(folder / "tasks")
        arguments = (*plan.arguments[:-1], "import", "--filter", "train")
        found = measure(Command(arguments, folder, plan.environ, "is already a run of this task"))
        written = len(list((folder / "tasks").iterdir()))
    sys.stdout.write(
        f"{written:,} of {count:,} imported: {found.wall:.1f} s wall, {found.processor:.1f} s processor, "
        f"{found.memory:.0f} MB\n"
    )


if __name__ == "__main__":
    main()
