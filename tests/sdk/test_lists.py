"""Lists: what is sent, what comes back, and that "no limit" is everything or an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec import errors
from jobspec.sdk import CustomTask, Json
from jobspec.sdk.requests import FILTERS, WINDOW
from tests.cloud.platform import api_error, client, html, ok, script
from tests.sdk import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAY = "2026-01-31T01:02:{:02}+08:00"


def tasks(count: int) -> list[Json]:
    """Tasks whose names and times are in another order than their ids."""
    return [
        {
            "Id": f"t-{number:03}",
            "Name": f"job-{number * 7 % count:03}",
            "CreateTime": DAY.format(number * 11 % 60),
            "UpdateTime": DAY.format(number * 13 % 60),
            "State": "Running",
            "Tags": ["a", "b"],
        }
        for number in range(count)
    ]


def platform(stock: Sequence[Json], *, cap: int) -> Callable[[httpx.Request], httpx.Response]:
    """A platform that never gives more than `cap` items, however many are asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        listed = sorted(stock, key=lambda item: str(item.get("Id", item.get("PodName"))))
        if asked["SortOrder"] == "Descend":
            listed.reverse()
        end = asked["Offset"] + (cap if asked["Limit"] < 0 else min(cap, asked["Limit"]))
        return ok({"Total": len(stock), "List": listed[asked["Offset"] : end]})

    return answer


class Listed(CustomTask):
    """A class of its own, whose client a test may set."""


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"task_name": "job"}, {"Name": "job"}),
        ({"task_filter": "jo"}, {"Filter": "jo"}),
        ({"task_id": "t-1"}, {"Id": "t-1"}),
        ({"resource_group_id": "r-1"}, {"ResourceGroupId": "r-1"}),
        ({"creator_user_ids": [0, 1]}, {"CreatorUserIds": [0, 1]}),
        ({"states": ["Running", "Queue"]}, {"States": ["Running", "Queue"]}),
        ({"tags": ["a", "b"]}, {"Tags": ["a", "b"]}),
        ({"offset": 20}, {"Offset": 20}),
        ({"limit": 50}, {"Limit": 50}),
        ({"sort_by": "CreateTime"}, {"SortBy": "CreateTime"}),
        ({"sort_order": "Ascend"}, {"SortOrder": "Ascend"}),
    ],
)
def test_every_filter_is_sent_under_its_wire_name(given: Json, sent: Json) -> None:
    asked = script(ok({"Total": 0, "List": []}))
    with CustomTask.use(client(asked)):
        CustomTask.list(**given)
    usual = {"Offset": 0, "Limit": 10, "SortBy": "Id", "SortOrder": "Descend"}
    assert (asked.actions, asked.bodies) == (["ListCustomTasks"], [{**usual, **sent}])


def test_filters_may_be_given_by_position() -> None:
    asked = script(ok({"Total": 0, "List": []}))
    values: Any = ("n", "f", "t-1", "r", [1], ["Running"], ["a"], 1, 2, "Name", "Ascend")
    with CustomTask.use(client(asked)):
        CustomTask.list(*values)
    sent = dict(zip(reference.parameters(reference.LIST), values, strict=True))
    assert asked.bodies == [{wire: sent[name] for name, wire in {**FILTERS, **WINDOW}.items()}]


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        ({"Total": 5084, "List": [{"Id": "t-1"}]}, {"Total": 5084, "List": [{"Id": "t-1"}]}),
        ({"Total": 0, "List": None}, {"Total": 0, "List": []}),
        ({"List": [{"Id": "t-1", "New": 1}]}, {"Total": 1, "List": [{"Id": "t-1", "New": 1}]}),
        ({"Total": None, "List": []}, {"Total": 0, "List": []}),
    ],
)
def test_a_page_is_a_total_and_a_list(answer: Json, shape: Json) -> None:
    with Listed.use(client(script(ok(answer)))):
        assert Listed.list() == shape
        assert Listed("t-1").list_instances() == shape


@pytest.mark.parametrize("answer", [ok({"Total": 3}), ok({"List": "t-1"}), html(200), api_error(400, "No")])
def test_a_page_without_a_list_is_an_error(answer: httpx.Response) -> None:
    with Listed.use(client(script(answer))), pytest.raises(errors.PlatformError):
        Listed.list()


@given(count=st.integers(0, 40), cap=st.integers(2, 15), offset=st.integers(0, 45), order=st.data())
def test_no_limit_is_everything_in_order_whatever_a_page_holds(
    count: int, cap: int, offset: int, order: st.DataObject
) -> None:
    sort_by = order.draw(st.sampled_from(["Id", "Name", "CreateTime", "UpdateTime"]))
    sort_order = order.draw(st.sampled_from(["Ascend", "Descend"]))
    stock = tasks(count)
    with Listed.use(client(platform(stock, cap=cap))):
        page = Listed.list(limit=-1, offset=offset, sort_by=sort_by, sort_order=sort_order)
    ordered = sorted(stock, key=lambda task: (task[sort_by], task["Id"]), reverse=sort_order == "Descend")
    assert page == {"Total": count, "List": ordered[offset:]}


@pytest.mark.parametrize("sort_order", ["Ascend", "Descend"])
def test_no_limit_is_every_instance(sort_order: str) -> None:
    stock: list[Json] = [{"PodName": f"p-{number:02}", "LaunchTime": None} for number in range(23)]
    with Listed.use(client(platform(stock, cap=5))):
        page = Listed("t-1").list_instances(limit=-1, sort_order=sort_order, offset=2)
    ordered = stock if sort_order == "Ascend" else stock[::-1]
    assert page == {"Total": 23, "List": ordered[2:]}


@pytest.mark.parametrize("sort_by", ["LaunchTime", "FinishTime"])
def test_every_instance_can_be_sorted_by_time(sort_by: str) -> None:
    stock = [
        {"PodName": "p-0", sort_by: DAY.format(9)},
        {"PodName": "p-1"},
        {"PodName": "p-2", sort_by: DAY.format(1)},
    ]
    with Listed.use(client(platform(stock, cap=5))):
        page = Listed("t-1").list_instances(limit=-1, sort_by=sort_by)
    assert [item["PodName"] for item in page["List"]] == ["p-0", "p-2", "p-1"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sort_by": "Age"}, "invalid `sort_by`: `Age`"),
        ({"sort_order": "Up"}, "invalid `sort_order`: `Up`"),
        ({"offset": -1}, "`offset` must be 0 or more"),
    ],
)
def test_without_a_limit_a_wrong_window_is_refused_here(wrong: dict[str, Any], said: str) -> None:
    with Listed.use(client(platform([], cap=5))):
        with pytest.raises(errors.UsageError, match=said):
            Listed.list(limit=-1, **wrong)
        with pytest.raises(errors.UsageError, match=said):
            Listed("t-1").list_instances(limit=-1, **wrong)


def test_all_tasks_are_given_oldest_first_and_with_every_tag() -> None:
    stock = [*tasks(25), {"Id": "t-9", "Tags": ["a"]}, {"Id": "t-8", "Tags": ["ab", "b"]}]
    with Listed.use(client(platform(stock, cap=4))):
        assert list(Listed.list_all(tags=["a", "b"])) == tasks(25)


def test_all_tasks_are_complete_or_an_error() -> None:
    shifting = iter(range(1, 1000))

    def answer(_request: httpx.Request) -> httpx.Response:
        first = next(shifting) * 10
        return ok({"Total": 99, "List": [{"Id": f"t-{first + number:05}"} for number in range(3)]})

    with Listed.use(client(answer)), pytest.raises(errors.ListingIncomplete):
        Listed.list_all()


@pytest.mark.parametrize("wrong", [{"sort_by": "Nope"}, {"sort_order": "Up"}, {"offset": -1}])
def test_a_wrong_window_is_refused_before_anything_is_read(wrong: dict[str, Any]) -> None:
    asked = script(ok({"Total": 0, "List": []}))
    with Listed.use(client(asked)):
        for listed in (Listed.list, Listed("t-1").list_instances):
            with pytest.raises(errors.UsageError):
                listed(limit=-1, **wrong)
    assert asked.requests == []
