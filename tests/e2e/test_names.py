"""Names in place of ids: looked up once, hashed as ids, and never a reason to run a task twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.projects import FOREVER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project

QUEUE = "resourceQueue: {name: research}"
NAMES: dict[str, Any] = {
    "queues": [{"Id": "q-1", "Name": "research"}, {"Id": "q-2", "Name": "production"}],
    "mounts": [{"VepfsId": "vepfs-1", "VepfsName": "data", "ReadWriteDirectories": ["/team"]}],
}


class Cluster:
    """The inventory of the platform, which a test can change between two commands."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def has(self, **parts: Any) -> dict[str, str]:
        """Write the inventory; return the environment of a command that uses it."""
        self._file.write_text(json.dumps(NAMES | parts), encoding="utf-8")
        return {"JOBSPEC_LOCAL_INVENTORY": str(self._file)}


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "inventory.json")


def queues(*named: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Id": one, "Name": name} for one, name in named]


def test_a_task_with_names_is_submitted_with_ids(project: Project, cluster: Cluster) -> None:
    storage = "storages: [{type: Vepfs, name: data, mountPath: /data, subPath: team}]"
    project.declare("train", spec=f"{QUEUE}\n{storage}")
    shown = project.apply(environ=cluster.has()).out
    assert "looked up: queue research is q-1, vePFS data is vepfs-1" in shown
    record = project.only_run("train")
    assert record["ResourceQueueId"] == "q-1"
    assert record["Storages"][0]["VepfsId"] == "vepfs-1"


def test_a_name_and_its_id_are_the_same_spec(project: Project, cluster: Cluster) -> None:
    project.declare("train", FOREVER, spec=QUEUE)
    project.apply(environ=cluster.has())
    project.edit("tasks/train.yaml", QUEUE, "resourceQueue: q-1")
    assert "nothing to do" in project.run("plan", environ=cluster.has()).out
    assert len(project.runs("train")) == 1


def test_a_queue_that_is_renamed_changes_no_run(project: Project, cluster: Cluster) -> None:
    project.declare("train", FOREVER, spec=QUEUE)
    project.apply(environ=cluster.has())
    renamed = cluster.has(queues=queues(("q-1", "science"), ("q-2", "production")))
    project.apply(exits=1, environ=renamed)  # the name is unknown now: nothing is planned, nothing removed
    assert project.states() == {"train": "Running"} or len(project.runs("train")) == 1
    project.edit("tasks/train.yaml", "research", "science")
    assert "nothing to do" in project.run("plan", environ=renamed).out
    project.apply(environ=renamed)
    assert len(project.runs("train")) == 1


def test_a_name_that_moves_to_another_queue_is_a_change_of_the_spec(
    project: Project, cluster: Cluster
) -> None:
    project.declare("train", FOREVER, spec=QUEUE)
    project.apply(environ=cluster.has())
    moved = cluster.has(queues=queues(("q-1", "old"), ("q-9", "research")))
    view = project.run("plan", "-o", "json", environ=moved).json
    assert [(one["action"], one["reason"]) for one in view["changes"]] == [("replace", "spec-changed")]


def test_a_lookup_that_is_not_possible_any_more_submits_nothing(project: Project, cluster: Cluster) -> None:
    project.declare("train", FOREVER, spec=QUEUE)
    project.apply(environ=cluster.has())
    without = cluster.has() | {"JOBSPEC_LOCAL_OPTIONAL_ACTIONS": "off"}
    for command in ("plan", "apply", "status", "drift"):
        ended = project.attempt(command, *(["--yes"] if command == "apply" else []), environ=without)
        assert (ended.code, "JS442" in ended.err) == (1, True), ended.printed
    assert len(project.runs("train")) == 1
    assert "nothing to do" in project.run("plan", environ=cluster.has()).out


@pytest.mark.parametrize(
    ("queue", "code", "help_"),
    [
        ("reserch", "JS440", "did you mean `research`?"),
        ("twice", "JS441", "`q-3`, `q-4`"),
    ],
)
def test_a_name_without_one_id_is_an_error_at_its_line(
    project: Project, cluster: Cluster, *, queue: str, code: str, help_: str
) -> None:
    project.declare("train", spec=f"resourceQueue: {{name: {queue}}}")
    environ = cluster.has(queues=NAMES["queues"] + queues(("q-3", "twice"), ("q-4", "twice")))
    err = project.run("plan", exits=1, environ=environ).err
    assert f"error[{code}]" in err
    assert "tasks/train.yaml:7:25" in err
    assert help_ in err


def test_a_name_can_contain_a_variable_and_needs_no_platform_to_be_valid(
    project: Project, cluster: Cluster
) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  vars: {team: research}\n  defaults:")
    project.declare("train", spec='resourceQueue: {name: "${{ vars.team }}"}')
    project.run("validate", environ={"JOBSPEC_LOCAL_OPTIONAL_ACTIONS": "off"})
    assert "research is q-1" in project.run("plan", environ=cluster.has()).out


def test_commands_about_live_runs_need_no_names(project: Project, cluster: Cluster) -> None:
    project.declare("train", "echo hello; exec sleep 60", spec=QUEUE)
    project.apply("--wait", "running", environ=cluster.has())
    without = {"JOBSPEC_LOCAL_OPTIONAL_ACTIONS": "off"}
    project.run("history", "train", environ=without)
    project.run("logs", "train", environ=without)
    project.run("cancel", "train", "--yes", environ=without)


def test_names_are_looked_up_with_one_request(project: Project, cluster: Cluster) -> None:
    for number in range(3):
        project.declare(f"t{number}", spec=f"{QUEUE}\nactiveDeadline: {number + 1}h")
    project.apply("--wait", environ=cluster.has())
    err = project.run("--debug", "plan", environ=cluster.has()).err
    assert err.count("ListResourceQueues") == 1
    assert "GetResourceQueue" not in err


def test_a_task_is_selected_by_the_name_of_its_queue_and_by_its_id(
    project: Project, cluster: Cluster
) -> None:
    project.declare("a", spec=QUEUE)
    project.declare("b", spec="resourceQueue: q-2")
    for selector in ("queue:research", "queue:q-1"):
        view = project.run("plan", "-o", "json", "--only", selector, environ=cluster.has()).json
        assert [one["task"] for one in view["changes"]] == ["a"]


def test_a_destroy_excludes_the_queue_of_a_run_by_its_id(project: Project, cluster: Cluster) -> None:
    project.declare("a", FOREVER, spec=QUEUE)
    project.declare("b", FOREVER, spec="resourceQueue: q-2")
    project.apply("--wait", "running", environ=cluster.has())
    project.run("destroy", "--yes", "--exclude", "queue:q-1", environ=cluster.has())
    assert project.states()["a"] == "Running"


def test_a_saved_plan_does_not_change_with_the_name_of_the_queue(project: Project, cluster: Cluster) -> None:
    project.declare("train", spec=QUEUE)
    project.run("plan", "-o", "plan.json", environ=cluster.has())
    renamed = cluster.has(queues=queues(("q-1", "science")))
    project.edit("tasks/train.yaml", "research", "science")
    project.run("apply", "plan.json", "--yes", environ=renamed)
    assert len(project.runs("train")) == 1


def test_adopt_compares_with_the_id(project: Project, cluster: Cluster) -> None:
    project.declare("train", FOREVER, spec=QUEUE)
    project.apply(environ=cluster.has())
    project.run("release", "train", "--yes", environ=cluster.has())
    run = project.only_run("train")["Id"]
    project.run("adopt", run, "train", "--yes", environ=cluster.has())
    assert "nothing to do" in project.run("plan", environ=cluster.has()).out
