"""Scripts in the shape of public ones, changed in their import only, as processes against `jobspec serve`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.processes import line_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.projects import Project

IMPORTS = {
    "from volcengine_ml_platform.custom_task.custom_task import CustomTask": "from jobspec import CustomTask",
    "from volcengine_ml_platform.openapi import custom_task_client": (
        "from jobspec.sdk import custom_task_client"
    ),
    "from volcengine_ml_platform.openapi.custom_task_client import CustomTaskClient": (
        "from jobspec import CustomTaskClient"
    ),
}

END_TO_END = """\
import time

from volcengine_ml_platform.custom_task.custom_task import CustomTask


def test_custom_task_from_submit_to_delete():
    assert CustomTask.list()["Total"] == 0

    task = CustomTask(
        entrypoint_path="exec sleep 60",
        framework="Horovod",
        image_id="ml_platform/pytorch:1.7",
        name="task_from_python",
        resource_group_id="r-20211129110629-xxxxx",
        task_role_specs=[{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
        description="end to end",
    )
    task.submit()

    found = task.get()
    assert found["Name"] == task.name
    assert found["ImageSpec"]["Id"] == task.image_id
    assert found["EntrypointPath"] == task.entrypoint_path
    assert found["ResourceGroupId"] == task.resource_group_id
    assert found["TaskRoleSpecs"] == task.task_role_specs
    assert (found["Framework"], found["Description"]) == (task.framework, task.description)

    while found["State"] in ["Queue", "Staging", "Initialized"]:
        time.sleep(0.05)
        found = task.get()

    instances = task.list_instances()
    assert instances["Total"] == 1
    [instance] = instances["List"]
    assert (instance["RoleName"], instance["RoleIndex"]) == ("worker", "0")
    assert instance["ResourceSpecId"] == "ml.g1e.large"
    assert instance["PodName"] == f"{task.custom_task_id}-worker-0"
    assert instance["ContainerName"] == "mljob"

    task.cancel()
    while found["State"] not in ["Success", "Failed", "Cancelled"]:
        time.sleep(0.05)
        found = task.get()
    task.delete()


test_custom_task_from_submit_to_delete()
print("passed")
"""

SWEEP = """\
import json
import time

from volcengine_ml_platform.custom_task.custom_task import CustomTask

ledger = []
for lr in (0.1, 0.01):
    task = CustomTask(
        name=f"sweep_lr_{str(lr).replace('.', '_')}",
        image_id="ml_platform/pytorch:1.7",
        entrypoint_path='test "$LR" = 0.1',
        framework="PyTorchDDP",
        resource_group_id="default",
        task_role_specs=[{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
        envs=[{"Name": "LR", "Value": str(lr)}],
        ak="AKLT-half",
    )
    answer = task.submit()
    ledger.append({"name": task.name, "id": answer["Id"], "order": task.order_id})

for entry in ledger:
    task = CustomTask(custom_task_id=entry["id"])
    while task.get()["State"] not in ("Success", "Failed", "Cancelled", "Exception"):
        time.sleep(0.05)
    entry["state"] = task.get()["State"]
print(json.dumps(ledger))
"""

MANAGER = """\
import json
import time

from volcengine_ml_platform.openapi import custom_task_client


class TaskManager:
    def __init__(self):
        self.client = custom_task_client.CustomTaskClient()

    def submit(self, name, command):
        answer = self.client.create_custom_task(
            name=name,
            image_id="ml_platform/pytorch:1.7",
            entrypoint_path=command,
            framework="Custom",
            resource_group_id="default",
            task_role_specs=[{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
            tags=["managed"],
        )
        return answer["Result"]["Id"]

    def state(self, task_id):
        return self.client.get_custom_task(task_id)["Result"]["State"]

    def until(self, task_id, *states):
        while self.state(task_id) not in states:
            time.sleep(0.05)


manager = TaskManager()
first = manager.submit("long", "exec sleep 60")
manager.until(first, "Running")
instances = manager.client.get_custom_task_instances(first)["Result"]
listed = manager.client.list_custom_tasks(tags=["managed"], states=["Running"], limit=-1)["Result"]
manager.client.update_custom_task(first, task_name="renamed", tags=["managed", "new"])
stopped = manager.client.stop_custom_task(first)
manager.until(first, "Cancelled", "Killed")
timelines = manager.client.list_custom_task_timelines(first)["Result"]["List"]
deleted = manager.client.delete_custom_task(first)
try:
    manager.client.get_custom_task(first)
    failure = ""
except Exception as error:
    failure = type(error).__name__
print(json.dumps({
    "id": first,
    "instances": [one["PodName"] for one in instances["List"]],
    "listed": [one["Id"] for one in listed["List"]],
    "stopped": stopped["Result"]["Id"],
    "action": stopped["ResponseMetadata"]["Action"],
    "last": timelines[-1]["State"],
    "deleted": sorted(deleted),
    "failure": failure,
}))
"""

ONE_SHOT = """\
from volcengine_ml_platform.openapi.custom_task_client import CustomTaskClient

client = CustomTaskClient()
result = client.create_custom_task(
    "one-shot", "ml_platform/pytorch:1.7", "true", "MPI", "default",
    [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}],
)
created = result["Result"]
print(created["Id"], created["OrderNumber"] == "", result["ResponseMetadata"]["RequestId"] != "")
"""


POOL = """\
import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import RLock

from volcengine_ml_platform.openapi import custom_task_client

PENDING, ENDED = ("Initialized", "Queue", "Staging", "Waiting"), ("Success", "Failed", "Killed", "Exception")
CONFIG = {
    "image_id": "ml_platform/pytorch:1.7",
    "framework": "Custom",
    "resource_group_id": "default",
    "task_role_specs": [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
}
client = custom_task_client.CustomTaskClient()
region, lock, ids = client.service_info.credentials.region, RLock(), {}


def submit(name, command):
    status = client.create_custom_task(name=name, entrypoint_path=command, **CONFIG)
    with lock:
        ids[name] = status["Result"]["Id"]


def listed(limit=2):
    offset, found = 0, []
    while True:
        page = client.list_custom_tasks(task_filter="pool", offset=offset, limit=limit)["Result"]["List"]
        found.extend(page)
        if len(page) < limit:
            return {one["Name"]: one["State"] for one in found}
        offset += limit


with ThreadPoolExecutor(max_workers=8) as pool:
    for number in range(5):
        pool.submit(submit, f"pool_{number}", "true")
    pool.submit(submit, "pool_long", "exec sleep 60")
while listed()["pool_long"] in PENDING:
    time.sleep(0.05)
stopped = client.stop_custom_task(task_id=ids["pool_long"])["Result"]["Id"] == ids["pool_long"]
while any(state not in ENDED for state in listed().values()):
    time.sleep(0.05)
print(json.dumps({"region": region, "stopped": stopped, "states": listed()}))
"""


@contextmanager
def served(project: Project) -> Iterator[str]:
    with project.running("serve", "--port", "0") as server:
        yield line_with("http://", server.stdout).split("at ")[-1].strip()


def run(project: Project, script: str, endpoint: str) -> str:
    changed = script
    for vendors, ours in IMPORTS.items():
        changed = changed.replace(vendors, ours)
    assert "volcengine" not in changed
    project.write("script.py", changed)
    ended = project.run_python("script.py", environ={"JOBSPEC_ENDPOINT": endpoint})
    assert ended.code == 0, ended.printed
    return ended.out


def test_an_end_to_end_test_in_the_vendors_shape_passes(project: Project) -> None:
    with served(project) as endpoint:
        assert run(project, END_TO_END, endpoint) == "passed\n"


def test_a_sweep_keeps_its_ledger(project: Project) -> None:
    with served(project) as endpoint:
        ledger = json.loads(run(project, SWEEP, endpoint))
    assert [(one["name"], one["state"], one["order"]) for one in ledger] == [
        ("sweep_lr_0_1", "Success", ""),
        ("sweep_lr_0_01", "Failed", ""),
    ]


def test_a_task_manager_on_the_vendors_client_works(project: Project) -> None:
    with served(project) as endpoint:
        seen = json.loads(run(project, MANAGER, endpoint))
    task_id = seen.pop("id")
    assert seen == {
        "instances": [f"{task_id}-worker-0"],
        "listed": [task_id],
        "stopped": task_id,
        "action": "StopCustomTask",
        "last": "Cancelled",
        "deleted": ["ResponseMetadata", "Result"],
        "failure": "NotFound",
    }


def test_a_pool_of_submits_ends_as_on_a_platform_that_kills(project: Project) -> None:
    environ = {"JOBSPEC_LOCAL_STOPPED_STATE": "Killed"}
    with project.running("serve", "--port", "0", environ=environ) as server:
        seen = json.loads(run(project, POOL, line_with("http://", server.stdout).split("at ")[-1].strip()))
    assert (seen["region"], seen["stopped"]) == ("cn-beijing", True)
    assert seen["states"] == {**{f"pool_{n}": "Success" for n in range(5)}, "pool_long": "Killed"}


def test_a_client_takes_its_parameters_by_position(project: Project) -> None:
    with served(project) as endpoint:
        task_id, *rest = run(project, ONE_SHOT, endpoint).split()
    assert (task_id[:2], rest) == ("t-", ["True", "True"])


@pytest.mark.parametrize(
    ("mode", "tasks"), [("same-id", 1), ("new-id-with-tags", 2), ("new-id-without-tags", 2)]
)
@pytest.mark.parametrize("way", ["option", "variable", "project"])
def test_each_form_of_a_retry_can_be_chosen_in_each_way(
    project: Project, way: str, mode: str, tasks: int
) -> None:
    """By an option of `serve`, by a variable, and by the project file."""
    retry = "retry: {enabled: true, maxTimes: 1, interval: 0s, on: [Failed]}"
    project.declare("flaky", "false", spec=retry)
    environ = {"JOBSPEC_LOCAL_RETRY_MODE": mode} if way == "variable" else {}
    if way == "project":
        project.edit(
            "jobspec.yaml",
            "spec:\n  manifests",
            f"spec:\n  platform: {{kind: local, retryMode: {mode}}}\n  manifests",
        )
        project.run("apply", "--yes", "--wait", exits=1)
    elif way == "variable":
        project.run("apply", "--yes", "--wait", exits=1, environ=environ)
    else:
        with project.running("serve", "--port", "0", "--retry-mode", mode) as server:
            endpoint = line_with("http://", server.stdout).split("at ")[-1].strip()
            project.run("apply", "--yes", "--wait", "--endpoint", endpoint, exits=1)
    found = project.runs("flaky")
    assert len(found) == tasks
    assert bool(found[-1]["Tags"]) == (mode != "new-id-without-tags")
