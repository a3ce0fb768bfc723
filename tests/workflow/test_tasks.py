"""Listing the tasks of an account: how many, in which order, and from servers with any page size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from jobspec.cloud.answers.query import ListQuery
from jobspec.errors import ListingIncomplete, NotFound
from jobspec.workflow.account.tasks import (
    Listing,
    complete_listing,
    list_tasks,
    partial_listing,
    read_instances,
    read_task,
    read_timeline,
)
from tests.cloud.platform import api_error, client, ok, script
from tests.workflow.accounts import account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cloud.platform import Handler

RECORDS = [
    {"Id": f"t-{number}", "Name": name, "Tags": tags, "State": "Running", "CreateTime": f"2026-01-0{number}"}
    for number, name, tags in [
        (1, "b", ["x"]),
        (2, "a", ["x", "y"]),
        (3, "c", ["xx"]),
        (4, "a", []),
        (5, "d", ["y"]),
    ]
]
ALL = ListQuery()


def body(request: httpx.Request) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(request.content)
    return read


def server(*, cap: int = 1000, total: Callable[[int], int | None] = lambda count: count) -> Handler:
    """A platform that sorts by Id, returns at most `cap` per page, and a `total` that may be wrong."""

    def answer(request: httpx.Request) -> httpx.Response:
        request_body = body(request)
        found = sorted(
            RECORDS, key=lambda one: str(one["Id"]), reverse=request_body["SortOrder"] == "Descend"
        )
        start = request_body["Offset"]
        page = found[start : start + min(request_body["Limit"], cap)]
        return ok({"Total": total(len(found)), "List": page})

    return answer


def ids(listing: Listing) -> list[str]:
    return [task.id.removeprefix("t-") for task in listing.tasks]


@pytest.mark.parametrize("cap", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("limit", "found", "more"),
    [(1, "5", True), (3, "543", True), (5, "54321", False), (9, "54321", False)],
)
def test_the_first_tasks_are_listed_whatever_the_size_of_a_page(
    cap: int, limit: int, found: str, more: bool
) -> None:
    listing = partial_listing(client(server(cap=cap)), ALL, limit)
    assert ("".join(ids(listing)), listing.more) == (found, more)


@pytest.mark.parametrize("total", [None, 0, 2, 99])
def test_a_total_that_is_missing_or_wrong_hides_no_task(total: int | None) -> None:
    listing = partial_listing(client(server(cap=3, total=lambda _: total)), ALL, 9)
    assert ids(listing) == ["5", "4", "3", "2", "1"]


def test_a_server_that_returns_the_same_page_forever_ends_the_list() -> None:
    listing = partial_listing(client(lambda _: ok({"Total": 99, "List": RECORDS[:2]})), ALL, 9)
    assert (len(listing.tasks), listing.more) == (2, False)


def test_several_tags_are_matched_here_so_pages_are_read_until_enough_match() -> None:
    both = ListQuery(tags=("x", "y"))
    assert ids(partial_listing(client(server(cap=2)), both, 1)) == ["2"]


@pytest.mark.parametrize(
    ("sort_by", "descending", "found"),
    [
        ("Id", True, "54321"),
        ("Id", False, "12345"),
        ("Name", False, "24135"),
        ("Name", True, "53142"),
        ("CreateTime", False, "12345"),
        ("UpdateTime", True, "54321"),
    ],
)
def test_a_complete_list_is_put_in_order_here(sort_by: Any, descending: bool, found: str) -> None:
    query = ListQuery(sort_by=sort_by, sort_order="Descend" if descending else "Ascend")
    assert "".join(ids(complete_listing(client(server(cap=2)), query))) == found


def test_without_a_limit_the_list_is_complete_or_an_error() -> None:
    shifting = iter(range(1000))
    unstable = client(lambda _: ok({"Total": 9, "List": [{"Id": f"t-{next(shifting)}"} for _ in "ab"]}))
    with pytest.raises(ListingIncomplete):
        complete_listing(unstable, ALL)


def test_the_filters_are_sent_under_the_names_of_the_api() -> None:
    sent = script(ok({"Total": 0, "List": []}))
    query = ListQuery(
        name="n",
        fuzzy="f",
        id="t-1",
        resource_group_id="g",
        resource_queue_ids=("q",),
        creator_user_ids=(7,),
        states=("Queue", "Running"),
        tags=("x",),
        sort_by="Name",
        sort_order="Ascend",
    )
    list_tasks(account(sent), query, limit=9)
    assert sent.bodies == [
        {
            "Name": "n",
            "Filter": "f",
            "Id": "t-1",
            "ResourceGroupId": "g",
            "ResourceQueueIds": ["q"],
            "CreatorUserIds": [7],
            "States": ["Queue", "Running"],
            "Tags": ["x"],
            "Offset": 0,
            "Limit": 10,
            "SortBy": "Name",
            "SortOrder": "Ascend",
        }
    ]


@pytest.mark.parametrize("read", [read_task, read_instances, read_timeline])
def test_a_missing_task_is_an_error(read: Callable[..., object]) -> None:
    with pytest.raises(NotFound):
        read(account(lambda _: api_error(404, "ResourceNotFound")), "t-1")


def test_the_record_is_shown_without_secrets() -> None:
    record = {
        "Id": "t-1",
        "State": "Running",
        "Envs": [
            {"Name": "A", "Value": "plain", "IsPrivate": False},
            {"Name": "B", "Value": "hidden-value", "IsPrivate": True},
        ],
        "Credential": {"AccessKeyId": "hidden-id", "SecretAccessKey": "hidden-key"},
        "New": {"x": [1, None, "hidden-key"]},
    }
    view = read_task(account(lambda _: ok(record)), "t-1")
    text = view.to_json()
    assert "hidden" not in text
    assert view.record["New"] == {"x": [1, None, "***"]}
    assert "plain" in text


@pytest.mark.parametrize(
    ("query", "limit", "total"),
    [
        (ALL, 2, 5),
        (ALL, 9, 5),
        (ListQuery(tags=("x", "y")), 9, 1),
        (ListQuery(tags=("y",)), 9, 2),
        (ListQuery(tags=("x", "xx")), 9, 0),
    ],
    ids=["more", "all", "two-tags", "one-tag", "none"],
)
def test_the_total_is_that_of_the_query(query: ListQuery, limit: int, total: int) -> None:
    assert partial_listing(client(server()), query, limit).total == total


@pytest.mark.parametrize(
    "query",
    [ListQuery(name="a"), ListQuery(tags=("x", "x"), sort_order="Ascend")],
    ids=["some-dropped", "two-tags-and-none-dropped"],
)
def test_tasks_filtered_only_here_are_not_counted_before_all_are_read(query: ListQuery) -> None:
    listing = partial_listing(client(server(cap=1)), query, 1)
    assert (len(listing.tasks), listing.total, listing.more) == (1, None, True)
