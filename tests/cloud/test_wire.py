"""Records are read from any input; only a missing Id is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.answers.timestamps import read_time
from jobspec.cloud.answers.wire import (
    RoleRecord,
    read_container_log,
    read_created,
    read_instances,
    read_page,
    read_task,
    read_timelines,
)
from jobspec.errors import BadAnswer

TASK = {
    "Id": "t-20211118123318-76qwq",
    "Name": "task_demo",
    "CreateTime": "2021-11-18T12:33:21+08:00",
    "LaunchTime": "2021-11-18T12:33:31Z",
    "FinishTime": "",
    "UpdateTime": "2021-11-24T20:36:19.192439602+08:00",
    "CreatorUserId": 7,
    "Tags": ["jhy", "jobspec-scope_x"],
    "State": "Running",
    "ResourceGroupId": "r-zz",
    "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}],
    "ExitCode": 0,
    "DiagInfo": "all pods are running",
    "Description": "demo",
    "IsTrial": False,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_every_field_of_a_task_is_read() -> None:
    task = read_task(TASK, action="GetCustomTask")
    assert (task.id, task.name, task.state) == ("t-20211118123318-76qwq", "task_demo", "Running")
    assert (task.description, task.diag_info) == ("demo", "all pods are running")
    assert task.tags == ("jhy", "jobspec-scope_x")
    assert task.create_time == datetime(2021, 11, 18, 4, 33, 21, tzinfo=UTC)
    assert task.finish_time is None
    assert (task.exit_code, task.creator_user_id, task.queue) == (0, 7, "r-zz")
    assert task.roles == (RoleRecord("worker", 2, "ml.g1e.large"),)
    assert task.raw["IsTrial"] is False


def test_a_queue_is_preferred_to_a_group() -> None:
    assert read_task({**TASK, "ResourceQueueId": "q-1"}, action="x").queue == "q-1"


def test_the_newer_form_of_a_flavor_is_read() -> None:
    role = {"RoleName": "worker", "RoleReplicas": 1, "ResourceSpec": {"FlavorID": "ml.g3i.large"}}
    assert read_task({**TASK, "TaskRoleSpecs": [role]}, action="x").roles[0].flavor == "ml.g3i.large"


def test_a_task_is_hashable_and_keeps_its_content_out_of_its_repr() -> None:
    task = read_task({**TASK, "Envs": [{"Name": "K", "Value": "hidden"}]}, action="x")
    assert hash(task)
    assert "hidden" not in repr(task)


def test_missing_keys_are_not_an_error() -> None:
    task = read_task({"Id": "t-1"}, action="x")
    assert (task.name, task.tags, task.state, task.exit_code) == ("", (), "", None)


@given(value=JSON)
def test_a_key_of_any_type_does_not_crash(value: object) -> None:
    task = read_task({**dict.fromkeys(TASK, value), "Id": "t-1"}, action="x")
    assert task.id == "t-1"
    read_instances(
        {"List": [dict.fromkeys(("RoleName", "LogURL", "ExitCode", "LaunchTime"), value)]}, action="x"
    )
    read_timelines({"List": [value, {"State": value, "Time": value}]})
    read_container_log({"Content": value, "NextOffset": value}, offset=0)


@pytest.mark.parametrize("raw", [{}, {"Id": None}, {"Id": ""}, {"Id": []}, None, [], "t-1"])
def test_a_task_without_an_id_is_a_bad_answer(raw: object) -> None:
    with pytest.raises(BadAnswer):
        read_task(raw, action="GetCustomTask")


def test_one_bad_task_makes_the_page_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        read_page({"Total": 2, "List": [TASK, {"Name": "x"}]}, action="x")


@pytest.mark.parametrize(
    ("total", "read"), [(3, 3), ("3", 3), (None, None), (3.0, 3), (True, None), ("x", None)]
)
def test_a_total_is_a_number_or_nothing(total: object, read: int | None) -> None:
    assert read_page({"Total": total, "List": []}, action="x").total == read


@pytest.mark.parametrize("total", [5, -1, None, "x", float("nan")])
def test_a_null_list_without_a_total_of_zero_is_a_bad_answer(total: object) -> None:
    with pytest.raises(BadAnswer, match="is null"):
        read_page({"Total": total, "List": None}, action="x")


def test_a_null_list_is_empty_and_a_missing_one_is_not() -> None:
    assert read_page({"Total": 0, "List": None}, action="x").tasks == ()
    results: list[dict[str, object]] = [{"Total": 0}, {"List": {}}, {"List": "x"}]
    for result in results:
        with pytest.raises(BadAnswer):
            read_page(result, action="x")


@pytest.mark.parametrize("result", [{}, {"Id": None}, {"Id": ""}])
def test_a_create_without_an_id_is_a_bad_answer(result: dict[str, object]) -> None:
    with pytest.raises(BadAnswer):
        read_created(result, action="CreateCustomTask")


def test_an_instance_keeps_its_index_as_text() -> None:
    (one,) = read_instances({"List": [{"RoleName": "worker", "RoleIndex": 0, "ExitCode": "1"}]}, action="x")
    assert (one.role_name, one.role_index, one.exit_code) == ("worker", "0", 1)


def test_the_address_of_a_log_is_not_in_a_repr() -> None:
    (one,) = read_instances({"List": [{"LogURL": "http://h/?token=hidden"}]}, action="x")
    assert one.log_url.endswith("hidden")
    assert "hidden" not in repr(one)


@pytest.mark.parametrize("key", ["List", "Timelines"])
@pytest.mark.parametrize("time", ["Time", "StartTime"])
def test_timelines_are_read_in_several_spellings(key: str, time: str) -> None:
    (one,) = read_timelines({key: [{"State": "Running", time: "2026-01-01T00:00:00Z"}]})
    assert (one.state, one.time) == ("Running", datetime(2026, 1, 1, tzinfo=UTC))


def test_a_log_without_a_next_offset_counts_its_bytes() -> None:
    assert read_container_log({"Content": "aé"}, offset=5).next_offset == 8
    assert read_container_log({"Content": "a", "NextOffset": 9}, offset=5).next_offset == 9


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-11-24T12:36:19Z", datetime(2021, 11, 24, 12, 36, 19, tzinfo=UTC)),
        ("2021-11-24T20:36:19+08:00", datetime(2021, 11, 24, 12, 36, 19, tzinfo=UTC)),
        ("2021-11-24T20:36:19.123456789+08:00", datetime(2021, 11, 24, 12, 36, 19, 123456, tzinfo=UTC)),
        ("2021-11-24T12:36:19.5Z", datetime(2021, 11, 24, 12, 36, 19, 500000, tzinfo=UTC)),
        ("2021-11-24T12:36:19", datetime(2021, 11, 24, 12, 36, 19, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+08:00", None),
        ("9999-12-31T23:59:59-08:00", None),
        ("", None),
        ("yesterday, I think", None),
        ("2021", None),
        (None, None),
        (1637757379, None),
    ],
)
def test_times_are_read_in_every_documented_form(text: object, time: datetime | None) -> None:
    assert read_time(text) == time


@given(text=st.text(max_size=40))
def test_no_text_crashes_the_time_parser(text: str) -> None:
    time = read_time(text)
    assert time is None or time.tzinfo is UTC
