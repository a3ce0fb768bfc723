"""The answers of the API, and its refusals."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.local.api.app import application
from jobspec.redaction.names import names_secret
from tests.local.calls import call, create, ended, get, result, roles, send, task
from tests.local.conftest import QUICK
from tests.local.places import place

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.local.api.app import LocalPlatform

ALL_ACTIONS = [
    ("GetCustomTask", {"Id": "t-1"}),
    ("StopCustomTask", {"Id": "t-1"}),
    ("DeleteCustomTask", {"Id": "t-1"}),
    ("UpdateCustomTask", {"Id": "t-1", "Name": "x"}),
    ("GetCustomTaskInstances", {"CustomTaskId": "t-1"}),
    ("ListCustomTaskTimelines", {"CustomTaskId": "t-1"}),
    ("GetContainerLogs", {"CustomTaskId": "t-1"}),
]


def test_a_created_task_is_returned_as_in_the_reference(app: LocalPlatform) -> None:
    created = result(app, "CreateCustomTask", **task(Tags=["a", "b"], ResourceGroupId="default"))
    assert created.keys() == {"Id", "OrderNumber"}
    document = get(app, created["Id"])
    assert document.keys() >= {
        *("Id", "Name", "CreateTime", "LaunchTime", "FinishTime", "UpdateTime", "ServerTime"),
        *("CreatorUserId", "Tags", "EnableTensorBoard", "State", "CodeSource", "CodeOriPath", "ImageSpec"),
        *("TOSCodePath", "LocalCodePath", "EntrypointPath", "Args", "Framework", "ActiveDeadlineSeconds"),
        *("ResourceGroupId", "TaskRoleSpecs", "TensorBoardPath", "ExitCode", "DiagInfo", "Description"),
        "IsTrial",
    }
    assert (document["Tags"], document["ActiveDeadlineSeconds"]) == (["a", "b"], 432000)


def test_fields_it_does_not_know_are_kept_and_echoed(app: LocalPlatform) -> None:
    more = {"ResourceQueueId": "q-1", "Novelty": {"a": [1]}, "ImageSpec": {"Url": "u", "Type": "Custom"}}
    document = get(app, create(app, **more))
    assert {key: document[key] for key in more} == more


def test_fields_of_a_create_for_the_platform_only_are_not_echoed(app: LocalPlatform) -> None:
    secret = "canary-3f9a"
    task_id = create(
        app,
        Envs=[{"Name": "TOKEN", "Value": secret, "IsPrivate": True}, {"Name": "LR", "Value": "1"}],
        Credential={"AccessKeyId": secret, "SecretAccessKey": secret},
        ImageSpec={"Url": "u", "RegistryCredential": {"Username": "u", "Password": secret}},
        Storages=[
            {"Type": "Tos", "MountPath": "/d", "SecretKey": secret, "sessionToken": secret},
            {"Type": "Tos", "MountPath": "/e", "options": {"Passphrase": secret, "apiKey": secret}},
        ],
        SessionToken=secret,
    )
    answers = [
        call(app, "GetCustomTask", {"Id": task_id}),
        call(app, "ListCustomTasks", {}),
        call(app, "GetCustomTaskInstances", {"CustomTaskId": task_id}),
    ]
    assert all(secret.encode() not in answer.body for answer in answers)
    assert get(app, task_id)["Envs"] == [{"Name": "TOKEN", "IsPrivate": True}, {"Name": "LR", "Value": "1"}]


def test_platform_fields_in_a_create_are_overridden(app: LocalPlatform) -> None:
    task_id = create(app, Id="t-mine", State="Success", CreateTime="never")
    assert get(app, task_id)["Id"] == task_id
    assert get(app, task_id)["CreateTime"] != "never"


@pytest.mark.parametrize("field", ["Name", "EntrypointPath", "ImageSpec", "TaskRoleSpecs"])
def test_a_missing_field_is_named(app: LocalPlatform, field: str) -> None:
    body = {key: value for key, value in task().items() if key != field}
    reply = call(app, "CreateCustomTask", body)
    assert (reply.status, reply.error, reply.message) == (400, "MissingParameter", f"`{field}` is required")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("Name", "with space", "Name"),
        ("Name", "x" * 201, "Name"),
        ("Name", 5, "Name"),
        ("Framework", "my framework", "Framework"),
        ("Framework", "", "Framework"),
        ("Priority", 3, "Priority"),
        ("Priority", True, "Priority"),
        ("Tags", "one", "Tags"),
        ("Tags", ["ok", 1], "Tags[1]"),
        ("Description", "d" * 501, "Description"),
        ("ActiveDeadlineSeconds", "5", "ActiveDeadlineSeconds"),
        ("ActiveDeadlineSeconds", -1, "ActiveDeadlineSeconds"),
        ("SidecarMemoryRatio", 1, "SidecarMemoryRatio"),
        ("EntrypointPath", "a\0b", "EntrypointPath"),
        ("Envs", [{"Name": "A=B", "Value": ""}], "Envs[0].Name"),
        ("TaskRoleSpecs", [], "TaskRoleSpecs"),
        ("TaskRoleSpecs", [roles("../x")], "TaskRoleSpecs[0].RoleName"),
        ("TaskRoleSpecs", [roles("worker", 0)], "TaskRoleSpecs[0].RoleReplicas"),
        ("TaskRoleSpecs", [roles("worker"), roles("Worker")], "TaskRoleSpecs[1].RoleName"),
        ("RetryOptions", {"MaxRetryTimes": -1}, "RetryOptions.MaxRetryTimes"),
        ("AccessType", "Everyone", "AccessType"),
    ],
)
def test_a_wrong_field_is_named(app: LocalPlatform, field: str, value: object, named: str) -> None:
    reply = call(app, "CreateCustomTask", task() | {field: value})
    assert (reply.status, reply.error) == (400, "InvalidParameter")
    assert reply.message.startswith(f"`{named}` must be ")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ImageSpec": {"Type": "Custom"}}, "`ImageSpec.Id` or `ImageSpec.Url` is required"),
        ({"CodeSource": "Local"}, "`CodeOriPath` is required"),
        (
            {"TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 1}]},
            "`TaskRoleSpecs[0].ResourceSpecId` is required",
        ),
    ],
)
def test_fields_that_need_each_other(app: LocalPlatform, more: dict[str, Any], message: str) -> None:
    reply = call(app, "CreateCustomTask", task() | more)
    assert (reply.error, reply.message) == ("MissingParameter", message)


def test_a_null_is_an_absent_field(app: LocalPlatform) -> None:
    assert get(app, create(app, Tags=None, Args=None, Priority=None))["Tags"] == []


def test_more_replicas_than_slots_exceed_the_quota(app: LocalPlatform) -> None:
    reply = call(app, "CreateCustomTask", task(TaskRoleSpecs=[roles("ps", 2), roles("worker", 3)]))
    assert (reply.status, reply.error) == (400, "QuotaExceeded")
    assert reply.message.startswith("The requested resources exceed the upper limit: 5 replicas")


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"3",
        b'"x"',
        b"\xff",
        b"[" * 100_000,
        b'{"Id": NaN}',
        b'{"Id": "\\ud800"}',
        b'{"Id": 1e999}',
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(app: LocalPlatform, data: bytes) -> None:
    reply = send(app, "POST", "/?Action=GetCustomTask&Version=2021-10-01", data=data)
    assert (reply.status, reply.error) == (400, "InvalidParameter")


def test_a_body_that_is_too_long_is_refused(app: LocalPlatform) -> None:
    data = b" " * (8 * 1024 * 1024 + 1)
    reply = send(app, "POST", "/?Action=GetCustomTask&Version=2021-10-01", data=data)
    assert (reply.status, reply.error) == (413, "InvalidParameter")


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("POST", "/?Action=Explode&Version=2021-10-01", 400),
        ("POST", "/?Action=GetCustomTask&Version=2020-01-01", 400),
        ("POST", "/elsewhere?Action=GetCustomTask&Version=2021-10-01", 400),
        ("GET", "/?Action=GetCustomTask&Version=2021-10-01", 405),
    ],
)
def test_an_unknown_action_is_refused(app: LocalPlatform, method: str, url: str, status: int) -> None:
    reply = send(app, method, url)
    assert (reply.status, reply.error) == (status, "InvalidActionOrVersion")


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "HEAD"])
def test_another_method_is_refused_with_the_allowed_one(app: LocalPlatform, method: str) -> None:
    url = "/?Action=GetCustomTask&Version=2021-10-01"
    reply = send(app, method, url, headers={"Content-Type": "text/plain"})
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert bool(reply.body) == (method != "HEAD")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_a_body_in_another_encoding_is_refused(app: LocalPlatform, encoding: str) -> None:
    data = '{"Id": "t-1"}'.encode(encoding)
    reply = send(app, "POST", "/?Action=GetCustomTask&Version=2021-10-01", data=data)
    assert (reply.status, reply.error) == (400, "InvalidParameter")


@pytest.mark.parametrize(("action", "body"), ALL_ACTIONS)
def test_an_unknown_id_is_not_found(app: LocalPlatform, action: str, body: dict[str, str]) -> None:
    reply = call(app, action, body)
    assert (reply.status, reply.error) == (404, "ResourceNotFound")


@pytest.mark.parametrize(("action", "body"), ALL_ACTIONS)
def test_an_id_is_required(app: LocalPlatform, action: str, body: dict[str, str]) -> None:
    assert call(app, action, {}).error == "MissingParameter"


def test_every_envelope_names_the_request(app: LocalPlatform) -> None:
    replies = [call(app, "ListCustomTasks", {}), call(app, "GetCustomTask", {"Id": "t-1"})]
    metadata = [reply.json["ResponseMetadata"] for reply in replies]
    assert metadata[0].keys() == {"RequestId", "Action", "Version", "Service", "Region"}
    assert metadata[1]["Error"].keys() == {"Code", "CodeN", "Message"}
    assert metadata[0]["RequestId"] != metadata[1]["RequestId"]
    assert metadata[0]["Action"] == "ListCustomTasks"


def test_reading_writes_nothing(root: Path, app: LocalPlatform) -> None:
    assert result(app, "ListCustomTasks") == {"Total": 0, "List": []}
    assert list(root.iterdir()) == []


def test_an_update_changes_name_description_and_all_tags(app: LocalPlatform) -> None:
    task_id = create(app, name="old", Tags=["a", "b"])
    result(app, "UpdateCustomTask", Id=task_id, Name="new", Description="d", Tags=["c"])
    document = get(app, task_id)
    assert (document["Name"], document["Description"], document["Tags"]) == ("new", "d", ["c"])
    totals = [result(app, "ListCustomTasks", Tags=[tag])["Total"] for tag in ("a", "c")]
    assert totals == [0, 1]


def test_an_update_of_anything_else_is_refused(app: LocalPlatform) -> None:
    reply = call(app, "UpdateCustomTask", {"Id": create(app), "Args": "--more"})
    assert reply.error == "InvalidParameter"


def test_the_record_of_an_ended_task_can_be_deleted_with_its_logs(root: Path, app: LocalPlatform) -> None:
    task_id = create(app, command="echo x")
    ended(app, task_id)
    assert (place(root).path / "logs" / task_id).exists()
    result(app, "DeleteCustomTask", Id=task_id)
    assert call(app, "GetCustomTask", {"Id": task_id}).error == "ResourceNotFound"
    assert result(app, "ListCustomTasks")["Total"] == 0
    assert not (place(root).path / "logs" / task_id).exists()


def test_a_stop_of_an_ended_task_is_refused(app: LocalPlatform) -> None:
    task_id = create(app)
    ended(app, task_id)
    reply = call(app, "StopCustomTask", {"Id": task_id})
    assert (reply.status, reply.error) == (400, "InvalidParameter")
    assert reply.message == "custom task is already in a terminal state"


def test_instances_are_paged_and_sorted(app: LocalPlatform) -> None:
    task_id = create(app, TaskRoleSpecs=[roles("ps"), roles("worker", 3)])
    ended(app, task_id)

    def names(**page: object) -> list[str]:
        listed = result(app, "GetCustomTaskInstances", CustomTaskId=task_id, **page)
        assert listed["Total"] == 4
        return [one["PodName"].removeprefix(f"{task_id}-") for one in listed["List"]]

    assert names(SortOrder="Ascend") == ["ps-0", "worker-0", "worker-1", "worker-2"]
    assert names(Offset=1, Limit=2) == ["worker-1", "worker-0"]
    assert len(names(SortBy="FinishTime", Limit=-1)) == 4


def test_unexpected_exceptions_are_answered_without_their_text(
    app: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret-in-a-message")

    monkeypatch.setattr("jobspec.local.store.store.Store.page", fail)
    reply = call(app, "ListCustomTasks", {})
    assert (reply.status, reply.error) == (500, "InternalError")
    assert b"secret" not in reply.body


def test_health_is_answered(app: LocalPlatform) -> None:
    assert send(app, "GET", "/healthz").body == b"ok"


def test_names_may_be_in_chinese_and_are_returned_unchanged(app: LocalPlatform) -> None:
    task_id = create(app, name="训练-1", Description="“é”")
    assert json.dumps(get(app, task_id)["Name"]) == json.dumps("训练-1")


@pytest.mark.parametrize(
    "name", ["sessionToken", "SessionToken", "apiKey", "passphrase", "SecretKey", "MY_KEY"]
)
def test_one_list_of_names_decides_what_a_project_s_own_platform_shows(root: Path, name: str) -> None:
    with closing(application(place(root), settings=QUICK, hides=names_secret)) as app:
        storage = {"Type": "Tos", "MountPath": "/d", "cacheMode": "fast", name: "canary-3f9a"}
        document = get(app, create(app, Storages=[storage], Later={name: "canary-3f9a", "a": "b"}))
    assert document["Storages"] == [{"Type": "Tos", "MountPath": "/d", "cacheMode": "fast"}]
    assert document["Later"] == {"a": "b"}
