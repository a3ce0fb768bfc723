"""A value of the wrong kind is refused by the name of its parameter, before anything is sent."""

from __future__ import annotations

import math
from collections import UserDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobspec import errors
from jobspec.reconcile.runs import STATES
from jobspec.sdk import CustomTask
from jobspec.sdk.pages import NO_LIMIT
from tests.cloud.platform import client, ok, script
from tests.sdk.docstring import meanings

if TYPE_CHECKING:
    from tests.cloud.platform import Script


class Asking(CustomTask):
    """A class of its own, whose client a test may set."""


def platform() -> Script:
    return script(ok({"Id": "t-1", "State": "Running", "Total": 0, "List": []}))


def refused(asked: Script, act: Any) -> errors.UsageError:
    with Asking.use(client(asked)), pytest.raises(errors.UsageError) as caught:
        act()
    assert asked.requests == []
    assert caught.value.help
    return caught.value


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"states": "Running"}, "states"),
    ({"states": {"Running"}}, "states"),
    ({"states": [b"Running"]}, "states[0]"),
    ({"states": ["Running", "running"]}, "states[1]"),
    ({"states": ["Nope"]}, "states[0]"),
    ({"tags": "keep-me"}, "tags"),
    ({"tags": iter(["a"])}, "tags"),
    ({"tags": [5]}, "tags[0]"),
    ({"creator_user_ids": 1}, "creator_user_ids"),
    ({"creator_user_ids": ["1"]}, "creator_user_ids[0]"),
    ({"creator_user_ids": [True]}, "creator_user_ids[0]"),
    ({"task_name": 5}, "task_name"),
    ({"task_id": b"t-1"}, "task_id"),
]
WINDOWS: list[tuple[dict[str, Any], str]] = [
    ({"offset": "0"}, "offset"),
    ({"limit": 1.5}, "limit"),
    ({"limit": True}, "limit"),
    ({"sort_by": ["Id"]}, "sort_by"),
]


@pytest.mark.parametrize(("given", "named"), FILTERS)
def test_a_filter_of_the_wrong_kind_is_named(given: dict[str, Any], named: str) -> None:
    for act in (
        lambda: Asking.list(**given),
        lambda: Asking.list(**given, limit=NO_LIMIT),
        lambda: Asking.list_all(**given),
    ):
        assert refused(platform(), act).message.startswith(f"`{named}` must be ")


@pytest.mark.parametrize(("given", "named"), [*WINDOWS, ({"offset": None, "limit": NO_LIMIT}, "offset")])
def test_a_window_of_the_wrong_kind_is_named(given: dict[str, Any], named: str) -> None:
    for act in (lambda: Asking.list(**given), lambda: Asking("t-1").list_instances(**given)):
        assert refused(platform(), act).message.startswith(f"`{named}` must be ")


def test_a_state_that_is_none_is_told_with_those_that_there_are() -> None:
    assert "Running" in refused(platform(), lambda: Asking.list(states=["running"])).help
    assert all(f"`{state}`" in meanings(CustomTask.list)["states"] for state in STATES)


PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"tags": "abc"}, "tags"),
    ({"tags": {"a": 1}}, "tags"),
    ({"tags": {"a"}}, "tags"),
    ({"envs": "LR=0.1"}, "envs"),
    ({"task_role_specs": {"RoleName": "worker"}}, "task_role_specs"),
    ({"storages": iter(())}, "storages"),
    ({"name": b"job"}, "name"),
    ({"entrypoint_path": Path("train.py")}, "entrypoint_path"),
    ({"sidecar_memory_ratio": math.nan}, "sidecar_memory_ratio"),
    ({"envs": [{"Name": "A", "Value": b"x"}]}, "envs[0]['Value']"),
    ({"envs": {"A": math.inf}}, "envs[0]['Value']"),
    ({"storages": [{1: "x"}]}, "storages[0]"),
]


@pytest.mark.parametrize(("given", "named"), PARAMETERS)
def test_a_parameter_that_cannot_be_sent_is_named(given: dict[str, Any], named: str) -> None:
    assert refused(platform(), Asking(**given).submit).message.startswith(f"`{named}` must be ")


def test_any_mapping_and_any_tuple_can_be_sent() -> None:
    asked = platform()
    role = UserDict(RoleName="worker", RoleReplicas=1)
    CustomTask(task_role_specs=(role,), tags=("a",), client=client(asked)).submit()
    assert asked.bodies[0]["TaskRoleSpecs"] == [dict(role)]
    assert asked.bodies[0]["Tags"] == ["a"]


@pytest.mark.parametrize("given", [{"tags": "abc"}, {"tags": {"a": 1}}, {"tags": [1]}, {"name": 5}])
def test_an_update_with_a_value_of_the_wrong_kind_changes_nothing(given: dict[str, Any]) -> None:
    task = Asking("t-1", tags=["kept"])
    (parameter,) = given
    assert refused(platform(), lambda: task.update(**given)).message.startswith(f"`{parameter}")
    assert task.tags == ["kept"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"poll": -1}, "poll"),
        ({"poll": None}, "poll"),
        ({"poll": math.nan}, "poll"),
        ({"poll": math.inf}, "poll"),
        ({"poll": "5"}, "poll"),
        ({"timeout": "1"}, "timeout"),
        ({"timeout": math.nan}, "timeout"),
        ({"timeout": True}, "timeout"),
    ],
)
def test_a_time_that_is_none_is_named(given: dict[str, Any], named: str) -> None:
    assert refused(platform(), lambda: Asking("t-1").wait(**given)).message.startswith(f"`{named}` must be ")


@pytest.mark.parametrize("task_id", [5, b"t-1", ["t-1"]])
def test_an_id_that_is_no_text_is_refused(task_id: Any) -> None:
    assert "`custom_task_id` must be a string" in refused(platform(), Asking(task_id).get).message


class Unmade(Asking):
    """A class that forgets its base."""

    def __init__(self) -> None:
        self.mine = 1


def test_a_class_that_forgets_its_base_is_told_so() -> None:
    for method in ("submit", "get", "wait"):
        error = refused(platform(), getattr(Unmade(), method))
        assert "`Unmade`" in error.message
        assert "super().__init__()" in error.help
    assert repr(Unmade()) == "Unmade(custom_task_id=None, name=None)"
