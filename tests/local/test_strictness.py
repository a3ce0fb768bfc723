"""Where the local platform is as strict as the real one, and where it accepts differences between clients.

No supervisor is started: the tests put the tasks into their states.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from jobspec.local.api.app import application
from jobspec.local.api.requests import checked_create
from jobspec.local.store.store import Transition
from jobspec.local.supervisor.lifecycle import TERMINAL, Event, State
from tests.local.calls import call, create, get, result, send, task
from tests.local.conftest import QUICK
from tests.local.places import place

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.local.api.app import LocalPlatform

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
RUN = (Event.ADMIT, Event.LAUNCH)
WAYS: dict[State, tuple[Event, ...]] = {
    State.QUEUE: (),
    State.STAGING: (Event.ADMIT,),
    State.RUNNING: RUN,
    State.KILLING: (*RUN, Event.STOP),
    State.SUCCESS: (*RUN, Event.SUCCEED),
    State.FAILED: (*RUN, Event.FAIL),
    State.EXCEPTION: (*RUN, Event.LOSE),
    State.CANCELLED: (*RUN, Event.STOP, Event.STOPPED),
    State.SUCCESS_HOLDING: (*RUN, Event.HOLD_SUCCESS),
    State.FAILED_HOLDING: (*RUN, Event.HOLD_FAILURE),
}
STOPPED_AS = {
    **dict.fromkeys((State.QUEUE, State.STAGING, State.RUNNING), State.KILLING),
    State.SUCCESS_HOLDING: State.SUCCESS,
    State.FAILED_HOLDING: State.FAILED,
}


@pytest.fixture(autouse=True)
def without_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobspec.local.supervisor.launch.ensure_supervisor", lambda *_: None)


def task_in(app: LocalPlatform, state: State) -> str:
    task_id = create(app, Tags=["a"])
    for event in WAYS[state]:
        app.store(writing=False).move(task_id, event, Transition("as the test says"), now=NOW)
    assert get(app, task_id)["State"] == state
    return task_id


@pytest.mark.parametrize("state", WAYS)
def test_a_record_is_deleted_in_a_terminal_state_only(app: LocalPlatform, state: State) -> None:
    task_id = task_in(app, state)
    reply = call(app, "DeleteCustomTask", {"Id": task_id})
    if state in TERMINAL:
        assert reply.status == 200
        assert call(app, "GetCustomTask", {"Id": task_id}).error == "ResourceNotFound"
    else:
        assert (reply.status, reply.error) == (409, "CustomTaskNotInTerminalState")
        assert get(app, task_id)["State"] == state


@pytest.mark.parametrize("state", WAYS)
def test_a_task_is_stopped_in_the_states_that_allow_it(app: LocalPlatform, state: State) -> None:
    task_id = task_in(app, state)
    reply = call(app, "StopCustomTask", {"Id": task_id})
    if state in STOPPED_AS:
        assert reply.status == 200
    else:
        assert (reply.status, reply.error) == (400, "InvalidParameter")
    assert get(app, task_id)["State"] == STOPPED_AS.get(state, state)


@pytest.mark.parametrize("state", WAYS)
def test_name_description_and_tags_are_changed_in_any_state(app: LocalPlatform, state: State) -> None:
    task_id = task_in(app, state)
    result(app, "UpdateCustomTask", Id=task_id, Name="new", Description="d", Tags=[])
    found = get(app, task_id)
    assert (found["Name"], found["Description"], found["Tags"], found["State"]) == ("new", "d", [], state)


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_requested(app: LocalPlatform, state: State) -> None:
    assert result(app, "ListCustomTasks", States=[state]) == {"Total": 0, "List": []}


LACKING: list[tuple[str, dict[str, Any], str]] = [
    *(("CreateCustomTask", {name: None}, name) for name in ("Name", "EntrypointPath", "ImageSpec")),
    ("CreateCustomTask", {"TaskRoleSpecs": None}, "TaskRoleSpecs"),
    ("CreateCustomTask", {"TaskRoleSpecs": [{"RoleReplicas": 1}]}, "TaskRoleSpecs[0].RoleName"),
    ("CreateCustomTask", {"TaskRoleSpecs": [{"RoleName": "w"}]}, "TaskRoleSpecs[0].RoleReplicas"),
    ("CreateCustomTask", {"Envs": [{"Value": "x"}]}, "Envs[0].Name"),
    ("CreateCustomTask", {"Storages": [{"MountPath": "/d"}]}, "Storages[0].Type"),
    ("CreateCustomTask", {"Storages": [{"Type": "Tos"}]}, "Storages[0].MountPath"),
    ("CreateCustomTask", {"CodeSource": "WebIDE"}, "CodeOriPath"),
    ("UpdateCustomTask", {"Id": None, "Name": "x"}, "Id"),
    ("GetCustomTaskInstances", {"CustomTaskId": None}, "CustomTaskId"),
]


@pytest.mark.parametrize(("action", "change", "named"), LACKING)
def test_a_null_is_no_value_for_a_required_field(
    app: LocalPlatform, action: str, change: dict[str, Any], named: str
) -> None:
    body = task() | change if action == "CreateCustomTask" else change
    reply = call(app, action, body)
    assert (reply.status, reply.error, reply.message) == (400, "MissingParameter", f"`{named}` is required")


ENUMS: dict[str, tuple[object, ...]] = {
    "CodeSource": ("", "WebIDE", "Local"),
    "CacheType": ("Cloudfs", "Gpfs"),
    "Priority": (2, 4, 6),
    "AccessType": ("Public", "Queue", "Private"),
}


@pytest.mark.parametrize(("field", "value"), [(name, one) for name, all_ in ENUMS.items() for one in all_])
def test_each_documented_value_is_accepted(field: str, value: object) -> None:
    assert checked_create(task(CodeOriPath="/code") | {field: value})[field] == value


@pytest.mark.parametrize("field", ENUMS)
@pytest.mark.parametrize("value", ["nothing", "custom", 5, True, ["Custom"], {"a": 1}])
def test_any_other_value_is_refused(app: LocalPlatform, field: str, value: object) -> None:
    reply = call(app, "CreateCustomTask", task(CodeOriPath="/code") | {field: value})
    assert (reply.status, reply.error) == (400, "InvalidParameter")
    assert reply.message.startswith(f"`{field}` must be one of ")
    assert result(app, "ListCustomTasks")["Total"] == 0


FRAMEWORKS = (
    *("TensorFlowPS", "PyTorchDDP", "BytePS", "Horovod", "MPI", "MXNet", "Custom"),
    *("PyTorch", "HOROVOD", "custom", "Ray"),
)


@pytest.mark.parametrize("word", FRAMEWORKS)
def test_any_word_is_a_framework(app: LocalPlatform, word: str) -> None:
    assert get(app, create(app, Framework=word))["Framework"] == word


@pytest.mark.parametrize("name", ["训练_1-a", "한국어", "ひらがな", "a", "-", "_" * 200, "0"])
def test_names_have_the_documented_alphabet(app: LocalPlatform, name: str) -> None:
    assert get(app, create(app, name=name))["Name"] == name


@pytest.mark.parametrize("name", ["", "a" * 201, "a b", "a.b", "a/b", "é", "a\n", "😀"])
def test_other_names_are_refused(app: LocalPlatform, name: str) -> None:
    assert call(app, "CreateCustomTask", task(name)).error == "InvalidParameter"


DOCUMENTED: dict[str, Any] = {
    "ImageSpec": {"Url": "cr.example/team/train:1"},
    "ActiveDeadlineSeconds": 0,
    "AccessType": "Queue",
    "AccessUsers": ["ann"],
    "EnableIdleResource": True,
    "RetryOptions": {"EnableRetry": False, "EnableReserveResourceOnRetry": True, "MaxRetryTimes": 0},
    "DiagOptions": [
        {"Name": "PythonDetection", "Enable": True, "PythonDetectionInterval": 3600},
        {"Name": "LogDetection", "Enable": False, "LogDetectionInterval": 60},
    ],
    "PrivateNetwork": {"VpcId": "vpc-1", "SubnetId": "", "SecurityGroupIds": [""]},
    "CustomServices": [{"ListenPort": 9100, "Type": "Metrics", "Path": "/metrics"}],
    "TensorBoardStorage": {"Type": "Nas", "NasId": "n", "NasAddr": "a", "SubPath": "s"},
    "Storages": [
        {
            "Type": "Tos",
            "MountPath": "/t",
            "FsName": "f",
            "MetaCacheCapacity": 10**6,
            "MetaCacheExpiryMinutes": -1,
        },
        {"Type": "VepfsAP", "MountPath": "/v", "VepfsId": "v", "VepfsAccessPointId": "ap"},
        {"Type": "Nas", "MountPath": "/n", "NasAccessPointId": "ap", "ReadOnly": True},
    ],
    "TaskRoleSpecs": [
        {
            "RoleName": "worker",
            "RoleReplicas": 2,
            "FlexibleResourceClaim": {"Cpu": 108, "MemoryGiB": 1900.5, "GpuCount": 8, "GpuType": "A100-80G"},
            "RoleMinReplicas": 1,
            "RoleMaxFailed": 0,
            "RoleRestartPolicy": "OnFailure",
            "RoleRestartMaxRetryCount": 3,
            "GpuRate": 0.1,
            "ZoneId": "cn-beijing-a",
        }
    ],
    "CacheType": "",
}


def test_each_documented_field_is_answered(app: LocalPlatform) -> None:
    """Also by a platform whose caller has no list of secret names: nothing documented is a secret."""
    task_id = create(app, **DOCUMENTED)
    found = get(app, task_id)
    assert {name: found[name] for name in DOCUMENTED} == DOCUMENTED


TYPES: list[tuple[str, object, str]] = [
    ("AccessUsers", "ann", "AccessUsers"),
    ("EnableIdleResource", "yes", "EnableIdleResource"),
    ("RetryOptions", {"EnableReserveResourceOnRetry": 1}, "RetryOptions.EnableReserveResourceOnRetry"),
    ("DiagOptions", [{"Name": "x", "Enable": "true"}], "DiagOptions[0].Enable"),
    ("DiagOptions", [{"Name": "x", "LogDetectionInterval": "1h"}], "DiagOptions[0].LogDetectionInterval"),
    ("PrivateNetwork", {"SecurityGroupIds": "sg"}, "PrivateNetwork.SecurityGroupIds"),
    ("CustomServices", [{"ListenPort": 70000}], "CustomServices[0].ListenPort"),
    ("TensorBoardStorage", "nas", "TensorBoardStorage"),
    ("TensorBoardStorage", {"VepfsId": 5}, "TensorBoardStorage.VepfsId"),
    ("Storages", [{"Type": "Tos", "MountPath": "/t", "ReadOnly": "no"}], "Storages[0].ReadOnly"),
    ("Envs", [{"Name": "A=B"}], "Envs[0].Name"),
    ("Envs", [{"Name": "A\n"}], "Envs[0].Name"),
    *(
        ("TaskRoleSpecs", [{"RoleName": "w", "RoleReplicas": 1, "ResourceSpecId": "f", name: value}], field)
        for name, value, field in (
            ("FlexibleResourceClaim", {"Cpu": "8"}, "TaskRoleSpecs[0].FlexibleResourceClaim.Cpu"),
            ("RoleMinReplicas", -1, "TaskRoleSpecs[0].RoleMinReplicas"),
            ("RoleMaxFailed", 0.5, "TaskRoleSpecs[0].RoleMaxFailed"),
            ("RoleRestartPolicy", "never", "TaskRoleSpecs[0].RoleRestartPolicy"),
            ("GpuRate", "0.1", "TaskRoleSpecs[0].GpuRate"),
        )
    ),
]


@pytest.mark.parametrize(("field", "value", "named"), TYPES)
def test_a_documented_field_has_its_type(app: LocalPlatform, field: str, value: object, named: str) -> None:
    reply = call(app, "CreateCustomTask", task() | {field: value})
    assert (reply.status, reply.error) == (400, "InvalidParameter")
    assert reply.message.startswith(f"`{named}` must be ")


def test_a_role_without_any_resources_is_refused(app: LocalPlatform) -> None:
    reply = call(app, "CreateCustomTask", task(TaskRoleSpecs=[{"RoleName": "w", "RoleReplicas": 1}]))
    assert reply.message == "`TaskRoleSpecs[0].ResourceSpecId` is required"


def test_a_stop_answers_the_id(app: LocalPlatform) -> None:
    task_id = create(app)
    assert result(app, "StopCustomTask", Id=task_id) == {"Id": task_id}


def in_lower_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): in_lower_case(part) for key, part in value.items()}
    return [in_lower_case(part) for part in value] if isinstance(value, list) else value


def test_the_case_of_keys_does_not_matter_if_a_setting_says_so(root: Path) -> None:
    platform = application(place(root), settings=replace(QUICK, keys_in_any_case=True))
    task_id = create(platform, **DOCUMENTED)
    again = result(platform, "CreateCustomTask", **in_lower_case(task(**DOCUMENTED, Args="x")))["Id"]
    found = result(platform, "GetCustomTask", ID=again)
    ignored = {"Id", "CreateTime", "UpdateTime", "Args", "ServerTime"}
    same = {key: value for key, value in get(platform, task_id).items() if key not in ignored}
    assert {key: value for key, value in found.items() if key not in ignored} == same
    assert result(platform, "ListCustomTasks", LIMIT=1)["Total"] == 2
    twice = call(platform, "CreateCustomTask", task() | {"name": "x"})
    assert (twice.error, "`Name` is given twice" in twice.message) == ("InvalidParameter", True)


def test_the_case_of_keys_matters_by_default(app: LocalPlatform) -> None:
    assert call(app, "CreateCustomTask", in_lower_case(task())).error == "MissingParameter"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    *(("ListCustomTasks", {name: 5}, name) for name in ("Name", "Filter", "Id", "ResourceGroupId")),
    *(("ListCustomTasks", {name: "x"}, name) for name in ("ResourceQueueIds", "States", "Tags")),
    ("ListCustomTasks", {"CreatorUserIds": ["x"]}, "CreatorUserIds[0]"),
    ("ListCustomTasks", {"Offset": -1}, "Offset"),
    ("ListCustomTasks", {"Offset": "0"}, "Offset"),
    ("ListCustomTasks", {"Limit": -2}, "Limit"),
    ("ListCustomTasks", {"SortBy": "State"}, "SortBy"),
    ("ListCustomTasks", {"SortOrder": "asc"}, "SortOrder"),
    ("GetCustomTask", {"Id": 5}, "Id"),
    ("GetCustomTask", {"Id": ["t-1"]}, "Id"),
    ("StopCustomTask", {"Id": ""}, "Id"),
    ("UpdateCustomTask", {"Id": "t-1", "Name": "with space"}, "Name"),
    ("UpdateCustomTask", {"Id": "t-1", "Description": "d" * 501}, "Description"),
    ("UpdateCustomTask", {"Id": "t-1", "Tags": "a"}, "Tags"),
    ("GetCustomTaskInstances", {"CustomTaskId": "t-1", "SortBy": "Name"}, "SortBy"),
    ("GetCustomTaskInstances", {"CustomTaskId": "t-1", "Limit": "10"}, "Limit"),
    ("GetContainerLogs", {"CustomTaskId": "t-1", "Offset": -1}, "Offset"),
    ("GetContainerLogs", {"PodName": "../../etc/passwd"}, "PodName"),
]


@pytest.mark.parametrize(("action", "body", "named"), WRONG)
def test_a_wrong_value_is_named(app: LocalPlatform, action: str, body: dict[str, Any], named: str) -> None:
    reply = call(app, action, body)
    assert (reply.status, reply.error) == (400, "InvalidParameter")
    assert reply.message.startswith(f"`{named}` must be ")


NEWER: dict[str, Any] = {
    "ImageSpec": {"Type": "Custom", "Url": "cr.example/team/train:1", "Novelty": 1},
    "ResourceQueueId": "q-1",
    "Priority": 6,
    "Preemptible": True,
    "DelayExitTimeSeconds": 60,
    "RetryOptions": {
        "EnableRetry": True,
        "MaxRetryTimes": 3,
        "IntervalSeconds": 120,
        "PolicySets": ["Failed", "InstanceReclaimed", "MachineFailure", "NewPolicy"],
    },
    "AccessType": "Queue",
    "DiagOptions": [{"Name": "EnvironmentalDiagnosis", "Enable": True}],
    "Novelty": {"deep": [{"er": None}, 1.5, "训练", False]},
}
NEWER_ROLE = {
    "RoleName": "worker",
    "RoleReplicas": 1,
    "ResourceSpec": {"FlavorID": "ml.g3i.large", "Disk": 40},
}


def test_newer_and_unknown_fields_are_accepted_and_returned_by_get_and_list(app: LocalPlatform) -> None:
    task_id = create(app, **NEWER, TaskRoleSpecs=[NEWER_ROLE])
    [listed] = result(app, "ListCustomTasks", ResourceQueueIds=["q-1"])["List"]
    for document in (get(app, task_id), listed):
        assert {name: document[name] for name in NEWER} == NEWER
        assert document["TaskRoleSpecs"] == [NEWER_ROLE]


@pytest.mark.parametrize(
    "action", ["ListCustomTasks", "GetCustomTask", "GetCustomTaskInstances", "StopCustomTask"]
)
def test_unknown_fields_of_a_query_are_ignored(app: LocalPlatform, action: str) -> None:
    task_id = create(app)
    assert call(app, action, {"Id": task_id, "CustomTaskId": task_id, "Novelty": [1]}).status == 200


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("GetCustomTask", {"Id": "t-1"}),
        ("ListCustomTasks", {}),
        ("StopCustomTask", {"Id": "t-1"}),
        ("DeleteCustomTask", {"Id": "t-1"}),
        ("UpdateCustomTask", {"Id": "t-1", "Name": "x"}),
        ("GetCustomTaskInstances", {"CustomTaskId": "t-1"}),
        ("ListCustomTaskTimelines", {"CustomTaskId": "t-1"}),
        ("GetContainerLogs", {"CustomTaskId": "t-1"}),
    ],
)
def test_without_tasks_only_a_create_writes(
    root: Path, app: LocalPlatform, action: str, body: dict[str, Any]
) -> None:
    call(app, action, body)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("depth", [65, 900, *range(970, 1000)])
def test_a_task_that_could_not_be_read_again_is_refused(app: LocalPlatform, depth: int) -> None:
    body = json.dumps(task())[:-1] + f', "Extra": {"[" * depth}{"]" * depth}}}'
    reply = send(app, "POST", "/?Action=CreateCustomTask&Version=2021-10-01", data=body.encode())
    assert (reply.status, reply.error) == (400, "InvalidParameter")


@pytest.mark.parametrize(("field", "most"), [("Tags", 32), ("States", 1000), ("ResourceQueueIds", 1000)])
def test_a_list_is_filtered_by_many_values_but_not_by_any_number(
    app: LocalPlatform, field: str, most: int
) -> None:
    values = [f"v{number}" for number in range(most + 1)]
    assert result(app, "ListCustomTasks", **{field: values[:most]})["Total"] == 0
    refused = call(app, "ListCustomTasks", {field: values})
    assert (refused.status, refused.error) == (400, "InvalidParameter")
