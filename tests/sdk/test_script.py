"""A script written for the vendor's class runs unchanged, but for its import, against the local platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobspec import errors
from jobspec.cloud.connection.in_process import InProcess
from jobspec.local.api.app import application
from jobspec.local.settings import Settings
from jobspec.sdk import ClientSettings, Credentials, CustomTask, PlatformClient
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = Credentials("AKLT-script", "secret-of-the-script")

SCRIPT = """\
import time

from volcengine_ml_platform.custom_task.custom_task import CustomTask

task = CustomTask(
    name="task_demo",
    image_id="ml_platform/pytorch:1.7",
    entrypoint_path="exec sleep",
    args="3600",
    framework="Horovod",
    resource_group_id="default",
    task_role_specs=[{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
    tags=["jhy"],
    envs=[{"Name": "ENV_DEMO_NAME", "Value": "ENV_DEMO_VALUE"}],
    storages=[{"Type": "Tos", "MountPath": "/mount", "Bucket": "mybucket", "Prefix": "myprefix"}],
    description="This is a demo.",
)
submitted = task.submit()
while task.get()["State"] in ("Initialized", "Queue", "Staging"):
    time.sleep(0.05)
running = task.get()
listed = CustomTask.list(task_name="task_demo", states=["Running"], tags=["jhy"], limit=-1)
fuzzy = CustomTask.list(task_filter="demo", offset=0, limit=10, sort_by="Id", sort_order="Descend")
instances = task.list_instances()
try:
    task.delete()
except Exception as error:
    refusal = error
task.cancel()
same = CustomTask(custom_task_id=submitted["Id"])
while same.get()["State"] not in ("Success", "Failed", "Cancelled", "Exception"):
    time.sleep(0.05)
ended = same.get()
same.delete()
left = CustomTask.list()
"""


@pytest.fixture
def local(tmp_path: Path) -> Iterator[PlatformClient]:
    """A client of a local platform that checks signatures."""
    quick = Settings(slots=4, grace=0.3, linger=0.3)
    app = application(place(tmp_path), keys={KEY.access_key: KEY.secret_key}, settings=quick)
    settings = ClientSettings(KEY, endpoint="http://jobspec.local")
    with PlatformClient(settings=settings, transport=InProcess(app)) as client:
        yield client
    (place(tmp_path).path / "supervisor.lock").unlink(missing_ok=True)  # ends the supervisor
    app.close()


def run(script: str) -> dict[str, Any]:
    """The variables of a script when it has run."""
    ours = script.replace("from volcengine_ml_platform.custom_task.custom_task import", "from jobspec import")
    assert ours != script
    variables: dict[str, Any] = {}
    exec(compile(ours, "script.py", "exec"), variables)  # the text above
    return variables


def test_a_script_of_the_vendors_class_runs_after_changing_its_import(local: PlatformClient) -> None:
    with CustomTask.use(local):
        seen = run(SCRIPT)
    assert seen["submitted"] == {"Id": seen["task"].custom_task_id, "OrderNumber": ""}
    running = seen["running"]
    assert (running["State"], running["ImageSpec"], running["Tags"]) == (
        "Running",
        {"Id": "ml_platform/pytorch:1.7"},
        ["jhy"],
    )
    assert (running["EntrypointPath"], running["Args"]) == ("exec sleep", "3600")
    assert (seen["listed"]["Total"], seen["fuzzy"]["Total"], seen["left"]["Total"]) == (1, 1, 0)
    assert seen["listed"]["List"][0]["Id"] == seen["fuzzy"]["List"][0]["Id"] == running["Id"]
    (instance,) = seen["instances"]["List"]
    assert (instance["RoleIndex"], instance["PodName"]) == ("0", f"{running['Id']}-worker-0")
    assert isinstance(seen["refusal"], errors.NotInTerminalState)
    assert seen["ended"]["State"] == "Cancelled"


def test_what_goes_beyond_the_vendors_class_works_too(local: PlatformClient) -> None:
    task = CustomTask(
        name="short",
        image_id="ml_platform/python:3.11",
        entrypoint_path='test "$LR" = 0.1',
        framework="Custom",
        resource_group_id="default",
        task_role_specs=[{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
        envs={"LR": "0.1"},
        client=local,
    )
    task.submit()
    task.update(name="renamed", tags=["kept"])
    ended = task.wait(timeout=30, poll=0.05)
    assert (ended["State"], ended["Name"], ended["Tags"]) == ("Success", "renamed", ["kept"])
    assert [entry["State"] for entry in task.timelines()][-1] == "Success"
    with CustomTask.use(local):
        assert [one["Id"] for one in CustomTask.list_all(tags=["kept"])] == [task.custom_task_id]
