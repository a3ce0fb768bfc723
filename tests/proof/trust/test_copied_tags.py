"""Somebody else in the account copies the tags of a run to a task that runs another command."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from jobspec.local.api.app import application
from tests.local.calls import result
from tests.local.places import folder_of
from tests.processes import QUICK
from tests.projects import FOREVER, new_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tests.projects import Project


def copied(project: Project, **other: Any) -> str:
    """A copy of the task's run with all its tags, but for `other`; returns its id."""
    record = project.runs("train")[0]
    body = {key: value for key, value in record.items() if key in SENT}
    with closing(application(folder_of(project.root, project.kept), settings=QUICK)) as app:
        return str(result(app, "CreateCustomTask", **{**body, **other})["Id"])


SENT = (
    *(
        "Name",
        "Description",
        "Tags",
        "ImageSpec",
        "EntrypointPath",
        "Args",
        "Framework",
        "ActiveDeadlineSeconds",
    ),
    *("ResourceGroupId", "ResourceQueueId", "TaskRoleSpecs"),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Project]:
    """A task with one run, and another one that is not submitted yet."""
    with new_project(tmp_path) as project:
        project.declare("train", FOREVER)
        project.apply()
        project.declare("other", "true")
        yield project


def test_it_is_reported_and_left_alone_and_blocks_its_task_only(world: Project) -> None:
    false = copied(world, EntrypointPath=f"echo stolen; {FOREVER}")
    ended = world.apply(exits=0)
    records = {record["Id"]: record for record in world.runs("train")}
    assert len(records) == 2, "nothing was submitted beside it"
    assert not any(tag.startswith("jobspec-stop_") for record in records.values() for tag in record["Tags"])
    assert records[false]["State"] not in {"Killing", "Killed"}
    assert "inconsistent-tags" in ended.printed
    assert "spec.entrypoint" in ended.printed
    assert world.runs("other"), "other tasks go on"


def test_the_help_lines_work(world: Project) -> None:
    false = copied(world, EntrypointPath=f"echo stolen; {FOREVER}")
    said = world.run("plan").out
    assert f"jobspec task update {false} --remove-jobspec-tags" in said
    world.run("task", "update", false, "--remove-jobspec-tags", "--yes")
    assert world.plan("--only", "train")["train"]["reason"] == "in-progress"


def test_contradicting_tags_are_shown_with_the_command_that_takes_them_away(world: Project) -> None:
    tags = [*world.only_run("train")["Tags"], "jobspec-task_ghost"]
    ghost = copied(world, Tags=tags)
    for command in (("get", ghost), ("list",)):
        help_ = [
            line for line in world.run("task", *command).err.splitlines() if "--remove-jobspec-tags" in line
        ]
        assert len(help_) == 1
        assert ghost in help_[0]
    world.run("task", "update", ghost, "--remove-jobspec-tags", "--yes")
    assert "--remove-jobspec-tags" not in world.run("task", "list").printed
