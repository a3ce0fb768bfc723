"""Filters as they are sent, and as they are applied on our side."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.cloud.answers.query import ListQuery
from tests.cloud.records import task

WINDOW = {"Offset": 20, "Limit": 100, "SortBy": "Id", "SortOrder": "Descend"}


def test_an_empty_query_sends_no_filter() -> None:
    assert ListQuery().body(offset=20) == WINDOW


def test_every_filter_is_sent_under_its_name() -> None:
    query = ListQuery(
        name="n",
        fuzzy="f",
        id="t-1",
        resource_group_id="r-1",
        resource_queue_ids=("q-1", "q-2"),
        creator_user_ids=(0, 1),
        states=("Running",),
        tags=("a", "b"),
        sort_by="Name",
        sort_order="Ascend",
        limit=5,
    )
    assert query.body(offset=0) == {
        "Name": "n",
        "Filter": "f",
        "Id": "t-1",
        "ResourceGroupId": "r-1",
        "ResourceQueueIds": ["q-1", "q-2"],
        "CreatorUserIds": [0, 1],
        "States": ["Running"],
        "Tags": ["a"],
        "Offset": 0,
        "Limit": 5,
        "SortBy": "Name",
        "SortOrder": "Ascend",
    }


@pytest.mark.parametrize(
    ("query", "is_match"),
    [
        (ListQuery(), True),
        (ListQuery(name="job"), True),
        (ListQuery(name="jo"), False),
        (ListQuery(id="t-1"), True),
        (ListQuery(id="t-"), False),
        (ListQuery(tags=("a",)), True),
        (ListQuery(tags=("a", "ab")), True),
        (ListQuery(tags=("a", "c")), False),
        (ListQuery(tags=("b",)), False),
        (ListQuery(states=("Running", "Failed")), True),
        (ListQuery(states=("Failed",)), False),
    ],
)
def test_a_task_matches_by_whole_names_and_by_every_tag(query: ListQuery, is_match: bool) -> None:
    assert query.matches(task("t-1", Name="job", Tags=["a", "ab"], State="Running")) is is_match


PLACED = task("t-1", ResourceGroupId="r-1", ResourceQueueId="q-1", CreatorUserId=0)


@pytest.mark.parametrize(
    ("query", "is_match"),
    [
        (ListQuery(resource_group_id="r-1"), True),
        (ListQuery(resource_group_id="r-2"), False),
        (ListQuery(resource_queue_ids=("q-0", "q-1")), True),
        (ListQuery(resource_queue_ids=("q-0",)), False),
        (ListQuery(creator_user_ids=(0,)), True),
        (ListQuery(creator_user_ids=(1, 2)), False),
        (ListQuery(fuzzy="nothing-of-it"), True),
    ],
)
def test_a_filter_that_the_platform_ignores_is_applied_if_the_task_shows_the_field(
    query: ListQuery, is_match: bool
) -> None:
    assert query.matches(PLACED) is is_match
    assert query.matches(task("t-1"))


TIMED = [
    task("t-1", Name="b", CreateTime="2026-01-02T00:00:00Z"),
    task("t-2", Name="a", CreateTime="2026-01-01T23:00:00-05:00", UpdateTime="2026-01-03T00:00:00Z"),
    task("t-3", Name="a"),
]


@pytest.mark.parametrize(
    ("sort_by", "ascending"),
    [("Id", "123"), ("Name", "231"), ("CreateTime", "312"), ("UpdateTime", "132")],
)
def test_tasks_are_sorted_as_requested_and_equal_ones_by_id(sort_by: Any, ascending: str) -> None:
    def ids(sort_order: Any) -> str:
        ordered = ListQuery(sort_by=sort_by, sort_order=sort_order).in_order(TIMED)
        return "".join(one.id[-1] for one in ordered)

    assert (ids("Ascend"), ids("Descend")) == (ascending, ascending[::-1])


@pytest.mark.parametrize("limit", [1, 0, -1])
def test_a_page_cannot_be_too_small_to_overlap(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        ListQuery(limit=limit)
