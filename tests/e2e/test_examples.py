"""The example projects do what their descriptions promise."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.projects import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS = Path(__file__).parents[2] / "specs"


def example(name: str, folder: Path) -> Iterator[Project]:
    """A copy of an example, applied to its end."""
    shutil.copytree(SPECS / name, folder / name)
    project = Project(folder / name, folder / "home")
    project.home.mkdir()
    project.apply("--wait")
    yield project
    project.close()


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    yield from example("quickstart", tmp_path_factory.mktemp("quickstart"))


@pytest.fixture
def distributed(tmp_path: Path) -> Iterator[Project]:
    yield from example("distributed", tmp_path)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    yield from example("sweep", tmp_path_factory.mktemp("sweep"))


def test_every_task_of_the_quickstart_succeeds(quickstart: Project) -> None:
    assert quickstart.states() == {"hello": "Success", "train": "Success", "flaky": "Success"}


def test_the_platform_retries_the_flaky_task_and_the_apply_waits_for_that(quickstart: Project) -> None:
    first, second = quickstart.runs("flaky")
    assert first["State"] == "Failed"
    assert quickstart.log(second["Id"]).splitlines() == ["second try: it works"]


def test_applying_again_has_nothing_to_do_and_writes_nothing(quickstart: Project) -> None:
    before = quickstart.runs()
    assert "plan: nothing to do; 3 unchanged" in quickstart.apply().out
    assert quickstart.runs() == before


def test_the_replicas_of_the_distributed_example_find_each_other_and_the_line(distributed: Project) -> None:
    logs = distributed.run("logs", "regression", "--role", "worker", "--index", "0").out
    assert "y = 3.000x + 2.000" in logs


def test_the_sweep_runs_every_cell_and_then_compares_all_of_them(sweep: Project) -> None:
    states = sweep.states()
    assert len(states) == 13
    assert set(states.values()) == {"Success"}
    assert sweep.run("logs", "select").out.startswith("best of 12: ")
    last = max(sweep.runs(), key=lambda run: str(run["CreateTime"]))
    assert last["Name"] == "select"
    assert "set/sweep (succeeded): 12 tasks; 12 succeeded" in sweep.run("status", "--by", "set").out


def test_a_value_that_is_added_submits_its_own_tasks_and_compares_again(sweep: Project) -> None:
    """The runs of the other cells stay the same."""
    before = {run["Id"] for run in sweep.runs()}
    file = sweep.root / "tasks" / "sweep.yaml"
    file.write_text(file.read_text().replace("rate: [0.02, 0.1, 0.4]", "rate: [0.4, 0.02, 0.2, 0.1]"))
    plan = sweep.run("plan").out
    assert "+ submit   set/sweep: 4 of 16 tasks  new" in plan
    sweep.apply("--wait")
    added = [run for run in sweep.runs() if run["Id"] not in before]
    assert min(run["Name"] for run in added) == "select"
    assert len(added) == 5
    assert sweep.run("logs", "select").out.startswith("best of 16: ")
