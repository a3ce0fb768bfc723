"""A streamed listing yields every task that exists throughout, once and in order, or ends with an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from jobspec.cloud.answers.paging import MAX_RESTARTS, Fetch
from jobspec.cloud.answers.query import ListQuery
from jobspec.cloud.answers.streaming import list_in_order
from jobspec.cloud.answers.wire import Page
from jobspec.errors import ListingIncomplete
from tests.cloud.platform import client, ok
from tests.cloud.records import tasks
from tests.cloud.test_paging import IDS, ORDERS, Server, Unordered, placements

BOTH = pytest.mark.parametrize("is_descending", [False, True], ids=["ascending", "descending"])


@dataclass
class Sorted(Server):
    """A server that lists in either order."""

    is_descending: bool = False

    def fetch(self, offset: int) -> Page:
        for when, what in self.events:
            if when == self.reads:
                self.happen(what)
        self.reads += 1
        live = self.live[::-1] if self.is_descending else self.live
        return Page(self.total(len(live)), tasks(*live[offset : offset + self.limit]))


def streamed(fetch: Fetch, *, is_descending: bool = False) -> list[str]:
    pages = list_in_order(fetch, lambda offset: lambda: fetch(offset), is_descending=is_descending)
    return [task.id for page in pages for task in page]


def check(found: list[str] | None, events: tuple[tuple[int, str], ...], *, is_descending: bool) -> None:
    """Hold the promise; a listing may end early only where an older task shows late."""
    if found is None:
        assert {what for _, what in events} & {"t-05", "t-35"}, events
        return
    always = set(IDS) - {what for _, what in events}
    assert always <= set(found), events
    assert found == sorted(set(found), reverse=is_descending), events


def unless_early(reader: Unordered, *, is_descending: bool) -> list[str] | None:
    pages = list_in_order(reader.fetch, reader.start, is_descending=is_descending)
    try:
        return [task.id for page in pages for task in page]
    except ListingIncomplete:
        return None


@BOTH
@pytest.mark.parametrize("order", ORDERS)
def test_every_task_that_exists_throughout_is_yielded_once_in_any_order_of_the_pages(
    order: tuple[int, ...], is_descending: bool
) -> None:
    for events in placements():
        reader = Unordered(Sorted(events=events, is_descending=is_descending), order)
        check(unless_early(reader, is_descending=is_descending), events, is_descending=is_descending)


@BOTH
@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("limit", [2, 3, 7, 100])
def test_every_length_and_page_size_is_read_in_full(count: int, limit: int, is_descending: bool) -> None:
    server = Sorted(live=list(IDS[:count]), limit=limit, is_descending=is_descending)
    assert streamed(server.fetch, is_descending=is_descending) == sorted(IDS[:count], reverse=is_descending)
    assert server.reads <= count + 2


def test_a_list_that_changes_at_every_page_is_still_read() -> None:
    many = [f"t-{number:02}" for number in range(10, 60)]
    server = Sorted(live=list(many), events=tuple((turn, many[turn]) for turn in range(1, 12)))
    found = streamed(server.fetch)
    assert set(many[12:]) <= set(found)
    assert found == sorted(set(found))


def test_pages_that_never_join_on_end_the_listing() -> None:
    reads: list[int] = []

    def fetch(offset: int) -> Page:
        reads.append(offset)
        return Page(99, tasks(f"t-{len(reads):02}0", f"t-{len(reads):02}1"))

    with pytest.raises(ListingIncomplete, match="do not join on"):
        streamed(fetch)
    assert len(reads) <= MAX_RESTARTS + 2


@pytest.mark.parametrize(
    ("name", "fetch"),
    [
        ("ignores the offset", lambda offset: Page(9, tasks("t-1", "t-2"))),
        ("sorts downwards", lambda offset: Page(9, tasks("t-2", "t-1"))),
        ("mixes the order", lambda offset: Page(3, tasks("t-1", "t-3", "t-2")[offset:])),
        ("repeats an id", lambda offset: Page(9, tasks("t-1", "t-1"))),
        ("returns one task per page", lambda offset: Page(None, tasks(f"t-{offset}"))),
        ("forgets the rest", lambda offset: Page(9, tasks("t-1", "t-2") if offset == 0 else ())),
    ],
)
def test_a_server_that_pages_wrongly_is_detected(name: str, fetch: Fetch) -> None:
    with pytest.raises(ListingIncomplete):
        streamed(fetch)


def test_a_wrong_total_costs_one_more_pass() -> None:
    server = Sorted(total=lambda count: count + 5)
    assert streamed(server.fetch) == list(IDS)
    assert server.reads == 8


@pytest.mark.parametrize("total", [1, 10**9])
def test_an_empty_list_with_another_total_is_rejected(total: int) -> None:
    with pytest.raises(ListingIncomplete, match=f"returned an empty list of tasks but a total of {total}"):
        streamed(lambda _: Page(total, ()))


def test_a_second_look_that_shows_another_old_task_ends_the_listing() -> None:
    pages = iter([("t-1", "t-3"), ("t-3",), ("t-1", "t-2"), ("t-2", "t-3"), ("t-3",)])
    with pytest.raises(ListingIncomplete, match="second look"):
        streamed(lambda _: Page(3, tasks(*next(pages))))


def test_a_task_that_is_newer_than_the_listing_is_no_reason_to_end_it() -> None:
    pages = iter([("t-1", "t-3"), ("t-3",), ("t-1", "t-3"), ("t-3", "t-4"), ("t-4",)])
    assert streamed(lambda _: Page(3, tasks(*next(pages)))) == ["t-1", "t-3"]


def test_pages_are_yielded_as_they_arrive() -> None:
    server = Sorted()
    pages = list_in_order(server.fetch, lambda offset: lambda: server.fetch(offset), is_descending=False)
    assert [task.id for task in next(pages)] == list(IDS[:3])
    assert server.reads == 1


def lister(
    states: dict[str, str], asked: list[dict[str, object]]
) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(body)
        found = sorted(states, reverse=body["SortOrder"] == "Descend")
        listed = [{"Id": one, "State": states[one]} for one in found[body["Offset"] :][:2]]
        return ok({"Total": len(states), "List": listed})

    return handle


def test_the_client_filters_states_on_our_side_and_asks_for_the_order_of_ids() -> None:
    asked: list[dict[str, object]] = []
    states = {"t-1": "Running", "t-2": "Failed", "t-3": "Running"}
    query = ListQuery(states=("Running",), sort_by="Name")
    pages = client(lister(states, asked)).list_in_order(query)
    assert [task.id for page in pages for task in page] == ["t-3", "t-1"]
    assert all("States" not in body and body["SortBy"] == "Id" for body in asked)
