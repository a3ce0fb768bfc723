"""`CustomTaskClient` has the vendor's methods and parameters, and returns whole responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import jobspec
from jobspec import errors
from jobspec.sdk import CustomTaskClient
from tests.cloud.platform import api_error, client, ok, script
from tests.sdk import reference
from tests.sdk.everything import REQUEST, TASK

if TYPE_CHECKING:
    import httpx

    from tests.cloud.platform import Script

CREATE = (
    "create_custom_task(name: str, image_id: str, entrypoint_path: str, framework: str, "
    "resource_group_id: str, task_role_specs: list, active_deadline_seconds: int = 432000, "
    "tags: list = None, enable_tensorboard: bool = False, code_source: str = None, "
    "code_ori_path: str = None, tos_code_path: str = None, local_code_path: str = None, "
    "envs: list = None, args: str = None, "
    "storages: list = None, tensor_board_path: str = None, description: str = None, ak: str = None, "
    "sk: str = None, sidecar_memory_ratio: float = None, cache_type: str = None, sidecar_image: str = None, "
    "sidecar_resource_cpu: float = None, sidecar_resource_memory: float = None)"
)
SIGNATURES = {
    "create_custom_task": CREATE,
    "get_custom_task": "get_custom_task(task_id)",
    "list_custom_tasks": reference.LIST,
    "stop_custom_task": "stop_custom_task(task_id)",
    "delete_custom_task": "delete_custom_task(task_id)",
    "update_custom_task": "update_custom_task(task_id, task_name=None, description=None, tags=None)",
    "get_custom_task_instances": "get_custom_task_instances(custom_task_id, "
    "offset=0, limit=10, sort_by='Id', sort_order='Descend')",
    "list_custom_task_timelines": "list_custom_task_timelines(custom_task_id)",
}
METHODS: list[tuple[str, tuple[Any, ...], str, dict[str, Any]]] = [
    ("get_custom_task", ("t-1",), "GetCustomTask", {"Id": "t-1"}),
    ("stop_custom_task", ("t-1",), "StopCustomTask", {"Id": "t-1"}),
    ("delete_custom_task", ("t-1",), "DeleteCustomTask", {"Id": "t-1"}),
    (
        "update_custom_task",
        ("t-1", "n", "d", ["a"]),
        "UpdateCustomTask",
        {"Id": "t-1", "Name": "n", "Description": "d", "Tags": ["a"]},
    ),
    (
        "list_custom_tasks",
        ("n", None, None, "r", [1], ["Running"], ["a"], 5, 20, "Name", "Ascend"),
        "ListCustomTasks",
        {
            "Name": "n",
            "ResourceGroupId": "r",
            "CreatorUserIds": [1],
            "States": ["Running"],
            "Tags": ["a"],
            "Offset": 5,
            "Limit": 20,
            "SortBy": "Name",
            "SortOrder": "Ascend",
        },
    ),
    (
        "get_custom_task_instances",
        ("t-1", 1, 2),
        "GetCustomTaskInstances",
        {"CustomTaskId": "t-1", "Offset": 1, "Limit": 2, "SortBy": "Id", "SortOrder": "Descend"},
    ),
    ("list_custom_task_timelines", ("t-1",), "ListCustomTaskTimelines", {"CustomTaskId": "t-1"}),
]


def talking(*steps: httpx.Response | Exception) -> tuple[CustomTaskClient, Script]:
    asked = script(*steps)
    return CustomTaskClient(client=client(asked)), asked


@pytest.mark.parametrize("method", SIGNATURES)
def test_parameters_are_the_vendors_in_name_order_and_default(method: str) -> None:
    accepted = reference.accepted(getattr(CustomTaskClient(client=client(script())), method))
    assert list(accepted.items()) == list(reference.with_required(SIGNATURES[method]).items())


@pytest.mark.parametrize(("method", "given", "action", "body"), METHODS)
def test_each_method_sends_its_action_and_returns_the_whole_response(
    method: str, given: tuple[Any, ...], action: str, body: dict[str, Any]
) -> None:
    vendors, asked = talking(ok({"Total": 0, "List": []}))
    answer = getattr(vendors, method)(*given)
    assert (asked.actions, asked.bodies) == ([action], [body])
    assert answer["Result"] == {"Total": 0, "List": []}
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_create_sends_every_parameter_and_returns_the_whole_response() -> None:
    vendors, asked = talking(ok({"Id": "t-1", "OrderNumber": "o-1"}))
    answer = vendors.create_custom_task(**TASK)
    assert (asked.actions, asked.bodies) == (["CreateCustomTask"], [REQUEST])
    assert answer["Result"] == {"Id": "t-1", "OrderNumber": "o-1"}


def test_no_limit_reads_every_page() -> None:
    vendors, asked = talking(ok({"Total": 1, "List": [{"Id": "t-1", "State": "Running"}]}))
    answer = vendors.list_custom_tasks(limit=-1)
    assert [one["Id"] for one in answer["Result"]["List"]] == ["t-1"]
    assert -1 not in [body["Limit"] for body in asked.bodies]


def test_an_answer_without_an_id_is_no_success() -> None:
    vendors, _ = talking(ok({}))
    with pytest.raises(errors.BadAnswer):
        vendors.create_custom_task(**TASK)


def test_an_error_is_an_exception_with_its_code() -> None:
    vendors, _ = talking(api_error(404, "ResourceNotFound"))
    with pytest.raises(errors.NotFound):
        vendors.get_custom_task("t-1")


@pytest.mark.parametrize("wrong", [None, 5, ["t-1"]])
def test_an_id_of_the_wrong_type_is_refused_before_anything_is_sent(wrong: Any) -> None:
    vendors, asked = talking(ok({}))
    with pytest.raises(errors.UsageError, match="custom_task_id"):
        vendors.stop_custom_task(wrong)
    assert asked.requests == []


def test_the_key_can_be_read_as_in_the_vendors_client_but_is_not_shown() -> None:
    vendors, _ = talking()
    key = vendors.client.settings.credentials
    info = vendors.service_info
    found = info.credentials
    assert (found.ak, found.sk, found.session_token) == (key.access_key, key.secret_key, key.session_token)
    assert (found.region, found.service) == (vendors.client.settings.region, "ml_platform")
    assert key.secret_key not in f"{info!r} {found} {vendors!r}"
    assert key.access_key not in f"{info!r} {found} {vendors!r}"


def test_the_package_offers_the_class() -> None:
    assert jobspec.CustomTaskClient is CustomTaskClient
