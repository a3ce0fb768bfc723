"""Measured ratios, each against a floor or a peer in the same run: a machine's own speed says nothing.

Run with `pytest -m benchmark tests/benchmarks -s` to see the figures.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import pytest
from ruamel.yaml import YAML

from jobspec.manifest.load import LoadRequest, load
from tests.benchmarks.world import finish_every_task, load_project, write_project, write_set

pytestmark = pytest.mark.benchmark


ROOT = Path(__file__).parent.parent.parent


def environ(cwd: Path) -> dict[str, str]:
    """As on a user's machine, where Python keeps what it has compiled."""
    ours = {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cwd / "compiled")}
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"} | ours


def process(*arguments: str, cwd: Path, stream: str = "stdout") -> str:
    """What a whole Python process prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environ(cwd), check=True, capture_output=True, text=True
    )
    return str(getattr(done, stream))


def process_seconds(*arguments: str, cwd: Path) -> float:
    """The processor's time for a whole Python process: what else runs on the machine is not in it."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    process(*arguments, cwd=cwd)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def call_seconds(call: Callable[[], object]) -> float:
    """The processor's time for a call."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def ratio(
    name: str, ours: Callable[[], float], peer: Callable[[], float], *, most: float, rounds: int = 5
) -> None:
    """Measure both in turn and hold the ratio of the least times; the first round only warms up."""
    pairs = [(ours(), peer()) for _ in range(rounds + 1)][1:]
    own, other = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    figures = f"{own * 1000:.0f} ms against {other * 1000:.0f} ms: {own / other:.2f}, at most {most}"
    sys.stdout.write(f"\n{name}: {figures}\n")
    assert own / other <= most


def test_the_version_costs_little_more_than_an_empty_program(tmp_path: Path) -> None:
    ratio(
        "--version against python -c pass",
        lambda: process_seconds("-m", "jobspec", "--version", cwd=tmp_path),
        lambda: process_seconds("-c", "pass", cwd=tmp_path),
        most=3,
        rounds=15,
    )


IMPORTED = """
import sys
sys.modules["httpx._main"] = None  # as the entry point does
from jobspec.cli.main import run
run(["plan"])
sys.stdout.write("\\n--\\n" + " ".join(name for name in sys.modules if sys.modules[name] is not None))
"""


def test_a_plan_of_one_unchanged_task_costs_little_more_than_its_imports(tmp_path: Path) -> None:
    write_project(tmp_path, 1)
    finish_every_task(tmp_path)
    listed = process("-c", IMPORTED, cwd=tmp_path).partition("\n--\n")[2]
    names = [name for name in listed.split() if not name.startswith("__")]
    imports = tmp_path / "imports.py"
    imports.write_text(
        "import importlib, sys\nsys.modules['httpx._main'] = None\n"
        f"for name in {names!r}:\n"
        "    try:\n        importlib.import_module(name)\n    except ImportError:\n        continue\n"
    )
    ratio(
        "plan of one unchanged task against its imports",
        lambda: process_seconds("-m", "jobspec", "plan", cwd=tmp_path),
        lambda: process_seconds(str(imports), cwd=tmp_path),
        most=2,
    )


def test_planning_a_thousand_costs_little_more_than_parsing_them(tmp_path: Path) -> None:
    files = write_project(tmp_path, 1000)
    finish_every_task(tmp_path)
    parser = YAML(typ="safe", pure=False)
    ratio(
        "plan of 1,000 manifests against 1,000 runs, and ruamel.yaml (safe, C) parsing the files",
        lambda: process_seconds("-m", "jobspec", "plan", cwd=tmp_path),
        lambda: call_seconds(lambda: [parser.load(file.read_text()) for file in files]),
        most=1.3,  # measured: 0.45 to 0.8 of the processor's time, a third of it imports
        rounds=3,
    )


def test_loading_is_linear_in_the_number_of_manifests(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    write_project(few, 400)
    write_project(many, 1600)
    ratio(
        "loading 1,600 manifests against 400",
        lambda: call_seconds(lambda: load_project(many)),
        lambda: call_seconds(lambda: load_project(few)),
        most=8,  # four times as many: 4 is linear, 16 would be quadratic
    )


def test_planning_a_set_costs_little_more_than_planning_as_many_manifests(tmp_path: Path) -> None:
    task_set, manifests = tmp_path / "set", tmp_path / "manifests"
    write_set(task_set, 2000)
    write_project(manifests, 2000)
    for folder in (task_set, manifests):
        finish_every_task(folder)
    ratio(
        "plan of a set of 2,000 tasks against a plan of 2,000 manifests",
        lambda: process_seconds("-m", "jobspec", "plan", cwd=task_set),
        lambda: process_seconds("-m", "jobspec", "plan", cwd=manifests),
        most=1.5,
    )


def test_importing_a_thousand_costs_a_few_times_a_plan_of_them(tmp_path: Path) -> None:
    planned, imported = tmp_path / "planned", tmp_path / "imported"
    for folder in (planned, imported):
        write_project(folder, 1000)
        finish_every_task(folder)

    def import_seconds() -> float:
        rmtree(imported / "tasks")
        return process_seconds("-m", "jobspec", "import", "--filter", "train", cwd=imported)

    ratio(
        "import of 1,000 live tasks against a plan of 1,000 manifests",
        import_seconds,
        lambda: process_seconds("-m", "jobspec", "plan", cwd=planned),
        most=7.5,  # measured: 4.6
        rounds=3,
    )


@pytest.mark.parametrize("command", ["history", "logs", "get"])
def test_a_command_about_one_task_costs_the_same_among_many_manifests(tmp_path: Path, command: str) -> None:
    alone, among_many = tmp_path / "alone", tmp_path / "many"
    for folder, manifests in ((alone, 1), (among_many, 1000)):
        write_project(folder, manifests)
        finish_every_task(folder)
    [name] = [task.name for task in load_project(alone).tasks]
    name += ".id" if command == "get" else ""
    ratio(
        f"{command} of one task among 1,000 manifests against 1",
        lambda: process_seconds("-m", "jobspec", command, name, cwd=among_many),
        lambda: process_seconds("-m", "jobspec", command, name, cwd=alone),
        most=1.5,
    )


def test_finding_one_manifest_among_many_costs_little_of_loading_them(tmp_path: Path) -> None:
    """As `cancel` does, for its note about `restartPolicy: Always`."""
    write_project(tmp_path, 1000)
    wanted = LoadRequest(paths=(tmp_path,), cwd=tmp_path, naming=frozenset({"train-00500"}))
    ratio(
        "loading one of 1,000 manifests by its task's name against loading them all",
        lambda: call_seconds(lambda: load(wanted)),
        lambda: call_seconds(lambda: load_project(tmp_path)),
        most=0.15,  # measured: 0.08
    )
