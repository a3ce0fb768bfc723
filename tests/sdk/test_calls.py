"""What each method sends, gives back and raises, over a transport of the test's choice."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from jobspec import errors
from jobspec.sdk import CustomTask, Json
from tests.cloud.platform import FakeClock, Script, api_error, client, html, ok, script
from tests.sdk import reference
from tests.sdk.everything import REQUEST, TASK

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[CustomTask], object]

ROLES = [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}]
CREATED = ok({"Id": "t-1", "OrderNumber": "o-1"})
RESET = httpx.ReadError("reset")


def talking(*steps: httpx.Response | Exception, **parameters: Any) -> tuple[CustomTask, Script]:
    """A task whose platform answers these, and what it was asked."""
    asked = script(*steps)
    return CustomTask(client=client(asked), **parameters), asked


def test_every_parameter_is_sent_under_its_wire_name() -> None:
    task, asked = talking(CREATED, **TASK)
    task.submit()
    assert (asked.actions, asked.bodies) == (["CreateCustomTask"], [REQUEST])
    assert set(TASK) == set(reference.parameters(reference.CONSTRUCTOR)) - {"custom_task_id"}


def test_what_is_not_given_is_not_sent() -> None:
    task, asked = talking(CREATED, name="job", task_role_specs=ROLES)
    task.submit()
    assert asked.bodies == [
        {
            "Name": "job",
            "TaskRoleSpecs": ROLES,
            "ActiveDeadlineSeconds": 432000,
            "EnableTensorBoard": False,
            "CacheType": "Cloudfs",
        }
    ]


def test_variables_may_be_a_plain_mapping() -> None:
    task, asked = talking(CREATED, envs={"LR": "0.1"})
    task.submit()
    assert asked.bodies[0]["Envs"] == [{"Name": "LR", "Value": "0.1"}]


def test_a_submit_takes_over_the_id_and_answers_as_the_vendors() -> None:
    task, _ = talking(CREATED)
    assert task.submit() == {"Id": "t-1", "OrderNumber": "o-1"}
    assert (task.custom_task_id, task.order_number, task.order_id) == ("t-1", "o-1", "o-1")


def test_before_a_submit_there_is_no_order() -> None:
    task = CustomTask(name="job")
    assert (task.order_number, task.order_id) == (None, None)


@pytest.mark.parametrize("answer", [{"Id": "t-1"}, {"Id": "t-1", "OrderNumber": None}])
def test_an_order_number_that_is_missing_is_empty(answer: object) -> None:
    task, _ = talking(ok(answer))
    assert task.submit() == {"Id": "t-1", "OrderNumber": ""}


@pytest.mark.parametrize("given", ["ak", "sk"])
def test_half_a_storage_key_is_not_sent(given: str) -> None:
    task, asked = talking(CREATED, **{given: "a-key"})
    task.submit()
    assert "Credential" not in asked.bodies[0]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (RESET, errors.Unavailable),
        (html(502), errors.Unavailable),
        (html(200), errors.BadAnswer),
        (ok({}), errors.BadAnswer),
        (api_error(429, "FlowLimitExceeded"), errors.Throttled),
        (api_error(400, "MissingParameter"), errors.Refused),
        (httpx.ConnectError("refused"), errors.NotSent),
    ],
)
def test_a_submit_is_sent_once_and_leaves_no_id_when_it_fails(
    fault: httpx.Response | Exception, kind: type[errors.PlatformError]
) -> None:
    task, asked = talking(fault)
    with pytest.raises(kind):
        task.submit()
    assert (len(asked.requests), task.custom_task_id) == (1, None)


def test_an_error_carries_code_action_request_id_and_status() -> None:
    task, _ = talking(api_error(409, "CustomTaskNotInTerminalState"), custom_task_id="t-1")
    with pytest.raises(Exception, match="CustomTaskNotInTerminalState") as caught:
        task.delete()
    error = caught.value
    assert isinstance(error, errors.NotInTerminalState)
    assert (error.code, error.api_code) == ("JS522", "CustomTaskNotInTerminalState")
    assert (error.action, error.request_id, error.status) == ("DeleteCustomTask", "r-2", 409)


def test_no_secret_is_in_an_error_that_repeats_the_request() -> None:
    said = "bad request: secret-storage AKLT-storage hf-secret"
    private = [{"Name": "TOKEN", "Value": "hf-secret", "IsPrivate": True}]
    task, _ = talking(
        api_error(400, "InvalidParameter", said), ak="AKLT-storage", sk="secret-storage", envs=private
    )
    with pytest.raises(errors.Refused) as caught:
        task.submit()
    told = "".join(traceback.format_exception(caught.value))
    assert "bad request" in told
    assert not any(secret in told for secret in said.split()[2:])


@pytest.mark.parametrize(
    ("act", "action", "body"),
    [
        (CustomTask.get, "GetCustomTask", {"Id": "t-1"}),
        (CustomTask.cancel, "StopCustomTask", {"Id": "t-1"}),
        (CustomTask.delete, "DeleteCustomTask", {"Id": "t-1"}),
        (CustomTask.timelines, "ListCustomTaskTimelines", {"CustomTaskId": "t-1"}),
        (lambda task: task.update(tags=[]), "UpdateCustomTask", {"Id": "t-1", "Tags": []}),
        (lambda task: task.update(name="n"), "UpdateCustomTask", {"Id": "t-1", "Name": "n"}),
        (lambda task: task.update(description=""), "UpdateCustomTask", {"Id": "t-1", "Description": ""}),
        (CustomTask.wait, "GetCustomTask", {"Id": "t-1"}),
        (
            CustomTask.list_instances,
            "GetCustomTaskInstances",
            {"CustomTaskId": "t-1", "Offset": 0, "Limit": 10, "SortBy": "Id", "SortOrder": "Descend"},
        ),
        (
            lambda task: task.list_instances(2, 3, "LaunchTime", "Ascend"),
            "GetCustomTaskInstances",
            {"CustomTaskId": "t-1", "Offset": 2, "Limit": 3, "SortBy": "LaunchTime", "SortOrder": "Ascend"},
        ),
    ],
)
def test_each_method_asks_about_its_task(act: Act, action: str, body: Json) -> None:
    task, asked = talking(ok({"Id": "t-1", "State": "Success", "List": []}), custom_task_id="t-1")
    act(task)
    assert (asked.actions, asked.bodies) == ([action], [body])


METHODS = ("cancel", "get", "delete", "timelines", "wait", "list_instances")


@pytest.mark.parametrize("task_id", [None, ""])
@pytest.mark.parametrize("method", METHODS)
def test_without_an_id_nothing_is_asked(method: str, task_id: str | None) -> None:
    task, asked = talking(ok({}), custom_task_id=task_id)
    with pytest.raises(errors.UsageError, match="`custom_task_id` is not set") as caught:
        getattr(task, method)()
    assert "submit it first" in caught.value.help
    assert asked.requests == []


@pytest.mark.parametrize("method", METHODS)
def test_a_read_a_stop_and_a_delete_are_tried_again(method: str) -> None:
    answer = ok({"Id": "t-1", "State": "Success", "List": []})
    task, asked = talking(RESET, html(503), answer, custom_task_id="t-1")
    getattr(task, method)()
    assert len(asked.requests) == 3


def test_an_update_is_sent_once() -> None:
    task, asked = talking(RESET, custom_task_id="t-1", name="old")
    with pytest.raises(errors.Unavailable):
        task.update(name="new")
    assert (len(asked.requests), task.name) == (1, "old")


def test_an_update_is_kept_in_the_object() -> None:
    task, _ = talking(ok(), custom_task_id="t-1", name="old", tags=["a"], description="d")
    task.update(name="new", tags=["b"])
    assert (task.name, task.tags, task.description) == ("new", ["b"], "d")


def test_an_update_of_nothing_is_refused() -> None:
    task, asked = talking(ok(), custom_task_id="t-1")
    with pytest.raises(errors.UsageError, match="nothing to update"):
        task.update()
    assert asked.requests == []


def test_a_task_comes_back_as_the_platform_writes_it() -> None:
    raw = {"Id": "t-1", "State": "Running", "ExitCode": None, "Novelty": {"a": [1]}}
    task, _ = talking(ok(raw), custom_task_id="t-1")
    assert task.get() == raw


def test_transitions_come_back_as_the_platform_writes_them() -> None:
    listed = [{"State": "Queue", "Time": "x"}, {"State": "Running", "Novelty": 1}]
    task, _ = talking(ok({"List": listed}), custom_task_id="t-1")
    assert task.timelines() == listed


def test_waiting_looks_until_the_task_has_ended() -> None:
    states = [ok({"Id": "t-1", "State": state}) for state in ("Running", "Novelty", "Killing", "Cancelled")]
    task, asked = talking(*states, custom_task_id="t-1")
    assert task.wait(poll=0)["State"] == "Cancelled"
    assert len(asked.requests) == 4


def test_waiting_is_over_when_the_record_is_gone() -> None:
    task, _ = talking(api_error(404, "ResourceNotFound"), custom_task_id="t-1")
    with pytest.raises(errors.NotFound):
        task.wait()


def test_waiting_without_time_looks_once() -> None:
    task, asked = talking(ok({"Id": "t-1", "State": "Running"}), custom_task_id="t-1")
    with pytest.raises(TimeoutError, match="task `t-1` did not finish within 0 s: its state is `Running`"):
        task.wait(timeout=0)
    assert len(asked.requests) == 1


def test_pauses_between_tries_are_the_clients() -> None:
    clock = FakeClock()
    task = CustomTask("t-1", client=client(script(RESET, ok({"Id": "t-1"})), clock))
    task.get()
    assert clock.slept == [0.25]
