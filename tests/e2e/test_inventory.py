"""The inventory of a local platform: its file, through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes import line_with

if TYPE_CHECKING:
    from tests.projects import Project

YAML = "queues:\n  - {Id: q-1, Name: 示例队列}\n  - {Id: q-2, State: Closed}\n"
QUEUES = """\
from jobspec.sdk import CustomTask
listed = CustomTask.client.call("ListResourceQueues", {"Limit": -1})
print(*(one["Id"] for one in listed["List"]))
"""


@pytest.mark.parametrize(("name", "text"), [("c.yaml", YAML), ("c.json", '{\n\t"queues": [{"Id": "q-1"}]}')])
def test_a_project_finds_the_file_of_the_variable(project: Project, name: str, text: str) -> None:
    project.write(name, text)
    environ = {"JOBSPEC_LOCAL_INVENTORY": name}
    project.declare("train", spec="resourceQueue: q-1")
    project.apply("--wait", environ=environ)
    project.declare("other", spec="resourceQueue: q-3")
    ended = project.apply("--force", "preflight", exits=1, environ=environ)
    assert "resource queue `q-3` does not exist" in ended.out


def test_without_an_inventory_any_queue_is_accepted(project: Project) -> None:
    project.declare("train", spec="resourceQueue: q-3")
    project.apply("--wait")


def test_a_server_offers_the_queues_of_its_file(project: Project) -> None:
    project.write("cluster.yaml", YAML)
    project.write("queues.py", QUEUES)
    with project.running("serve", "--port", "0", "--inventory", "cluster.yaml") as server:
        endpoint = line_with("http://", server.stdout).split("at ")[-1].strip()
        ended = project.run_python("queues.py", environ={"JOBSPEC_ENDPOINT": endpoint})
    assert (ended.out, ended.code) == ("q-1 q-2\n", 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("queues: [{Id: a, Id: b}]", "the inventory `c.yaml:1:18` is invalid: duplicate key `Id`"),
        ("queues: [", "the inventory `c.yaml:1:"),
        ("queues: []\n---\nqueues: []\n", "has several documents"),
        ("queues: [{Name: a}]", "`queues[0].Id` is required"),
        ("- a", "must be an object"),
        ("flavors: [{Id: f, GPUNum: many}]", "`flavors[0].GPUNum` must be an integer"),
        ("a" * (2 * 1024 * 1024 + 1), "help: keep only the queues, flavors and mounts that the tasks need"),
    ],
)
def test_a_wrong_file_is_refused_by_each_way_to_name_it(project: Project, text: str, said: str) -> None:
    project.declare("train")
    project.write("c.yaml", text)
    served = project.run("serve", "--port", "0", "--inventory", "c.yaml", exits=1)
    assert "error[JS601]" in served.err
    assert said in served.err
    planned = project.run("plan", environ={"JOBSPEC_LOCAL_INVENTORY": "c.yaml"}, exits=1)
    assert said in planned.err


@pytest.mark.parametrize("path", ["none.yaml", "tasks", "/dev/null"])
def test_a_file_that_cannot_be_read_is_named(project: Project, path: str) -> None:
    served = project.run("serve", "--port", "0", "--inventory", path, exits=1)
    assert f"error[JS601]: the inventory `{path}` cannot be read: " in served.err
    assert "help: check the path in --inventory" in served.err
    project.declare("train")
    planned = project.run("plan", environ={"JOBSPEC_LOCAL_INVENTORY": path}, exits=1)
    assert "help: check the path in `JOBSPEC_LOCAL_INVENTORY`" in planned.err
