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
