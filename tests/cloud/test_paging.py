"""An accepted listing misses nothing, whatever changes between its pages, and in any order of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, permutations, product

import pytest

from jobspec.cloud.answers.paging import MAX_RESTARTS, PAGES_AHEAD, Fetch, list_complete, list_instances
from jobspec.cloud.answers.wire import InstanceRecord, Page, TaskRecord, read_instances
from jobspec.errors import ListingIncomplete
from tests.cloud.records import task, tasks

IDS = tuple(f"t-{number:02}" for number in range(10, 80, 10))


@dataclass
class Server:
    """Lists live ids in pages of `limit`; `events` happen before the read with their number."""

    live: list[str] = field(default_factory=lambda: list(IDS))
    limit: int = 3
    events: tuple[tuple[int, str], ...] = ()
    total: Callable[[int], int | None] = lambda count: count
    reads: int = 0

    def fetch(self, offset: int) -> Page:
        for when, what in self.events:
            if when == self.reads:
                self.happen(what)
        self.reads += 1
        window = self.live[offset : offset + self.limit]
        return Page(self.total(len(self.live)), tasks(*window))

    def happen(self, what: str) -> None:
        if what in self.live:
            self.live.remove(what)
        elif what not in IDS:
            self.live = sorted([*self.live, what])


@dataclass
class Unordered:
    """Reads requested pages in another order; `order` ranks them by the order of the requests."""

    server: Server
    order: tuple[int, ...]
    started: int = 0
    waiting: dict[int, int] = field(default_factory=dict)
    read: dict[int, Page] = field(default_factory=dict)
    most_at_once: int = 0

    def start(self, offset: int) -> Callable[[], Page]:
        number = self.started
        self.started += 1
        self.waiting[number] = offset
        self.most_at_once = max(self.most_at_once, len(self.waiting))
        return lambda: self.wait(number)

    def fetch(self, offset: int) -> Page:
        return self.start(offset)()

    def listed(self) -> tuple[TaskRecord, ...]:
        return list_complete(self.fetch, self.start)

    def wait(self, wanted: int) -> Page:
        """Read the pages before the wanted one, and then that page."""
        for number in sorted(self.waiting, key=self.rank):
            if wanted in self.read:
                break
            self.read[number] = self.server.fetch(self.waiting.pop(number))
        return self.read[wanted]

    def rank(self, number: int) -> int:
        return self.order[number] if number < len(self.order) else number


def one_by_one(fetch: Fetch) -> list[str]:
    """Return the ids of a listing that reads each page only when it is waited for."""
    return [one.id for one in list_complete(fetch, lambda offset: lambda: fetch(offset))]


def ids(server: Server) -> list[str]:
    return one_by_one(server.fetch)


def placements() -> Iterator[tuple[tuple[int, str], ...]]:
    """Yield every placement of at most two deletes or inserts (first, middle, last) before the pages."""
    events = [*IDS, "t-05", "t-35", "t-99"]
    yield ()
    for when in range(1, 6):
        yield from (((when, what),) for what in events)
    for first, second in combinations_with_replacement(range(1, 6), 2):
        yield from (((first, one), (second, two)) for one, two in product(events, events) if one != two)


def test_a_quiet_list_is_read_in_one_pass() -> None:
    server = Server()
    assert ids(server) == list(IDS)
    assert server.reads == 4  # 3 + 2 + 2 new tasks, and a page with nothing new


def test_every_task_that_exists_throughout_is_listed_once() -> None:
    for events in placements():
        server = Server(events=events)
        found = ids(server)
        always = set(IDS) - {what for _, what in events}
        assert always <= set(found), events
        assert found == sorted(set(found)), events


# The first page is waited for alone; the other three are then read at once.
ORDERS = [(0, *(1 + place for place in order)) for order in permutations(range(3))]


@pytest.mark.parametrize("order", ORDERS)
def test_every_task_that_exists_throughout_is_listed_once_in_any_order_of_the_pages(
    order: tuple[int, ...],
) -> None:
    for events in placements():
        found = [one.id for one in Unordered(Server(events=events), order).listed()]
        always = set(IDS) - {what for _, what in events}
        assert always <= set(found), events
        assert found == sorted(set(found)), events


@pytest.mark.parametrize("order", ORDERS)
def test_pages_read_ahead_cost_no_more_reads(order: tuple[int, ...]) -> None:
    reader = Unordered(Server(), order)
    assert [one.id for one in reader.listed()] == list(IDS)
    assert (reader.started, reader.server.reads, reader.most_at_once) == (4, 4, 3)


def test_no_more_pages_than_the_limit_are_read_at_once() -> None:
    many = [f"t-{number:03}" for number in range(100)]
    reader = Unordered(Server(live=list(many)), order=())
    assert [one.id for one in reader.listed()] == many
    assert reader.most_at_once == PAGES_AHEAD


def test_a_total_that_is_far_too_large_costs_a_few_pages_only() -> None:
    reader = Unordered(Server(total=lambda count: 10**12), order=())
    assert [one.id for one in reader.listed()] == list(IDS)
    assert reader.started <= 2 * 4 + PAGES_AHEAD


def test_pages_of_a_changing_length_are_read_one_by_one() -> None:
    lengths = iter([4, 3, 2, *[4] * 9])
    server = Server()

    def fetch(offset: int) -> Page:
        server.limit = next(lengths)
        return server.fetch(offset)

    assert one_by_one(fetch) == list(IDS)
    assert server.reads == 4  # in one pass: 4 + 2 + 1 new tasks, and a page with nothing new


def test_the_passes_after_a_shift_read_nothing_ahead() -> None:
    server = Server(events=((1, IDS[0]),), total=lambda count: count + 50)
    reader = Unordered(server, order=())
    assert [one.id for one in reader.listed()] == list(IDS[1:])
    first, later = 2 + PAGES_AHEAD, 4  # pages of the aborted pass, and of each of the two after it
    assert reader.started == first + 2 * later


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("limit", [2, 3, 7, 100])
def test_every_length_and_page_size_is_read_in_full(count: int, limit: int) -> None:
    assert ids(Server(live=list(IDS[:count]), limit=limit)) == list(IDS[:count])


def test_a_list_that_keeps_changing_fails_after_five_restarts() -> None:
    many = [f"t-{number:02}" for number in range(10, 40)]
    server = Server(live=list(many), events=tuple((2 * turn + 1, many[turn]) for turn in range(6)))
    with pytest.raises(ListingIncomplete) as caught:
        ids(server)
    assert server.reads == 2 * (MAX_RESTARTS + 1)
    assert "moved between the pages" in caught.value.message
    assert caught.value.help


def test_a_wrong_total_costs_one_more_pass_and_no_more() -> None:
    server = Server(total=lambda count: count + 5)
    assert ids(server) == list(IDS)
    assert server.reads == 8


@pytest.mark.parametrize("total", [1, 5, 10**9])
def test_an_empty_list_with_another_total_is_rejected(total: int) -> None:
    server = Server(live=[], total=lambda count: total)
    with pytest.raises(ListingIncomplete, match=f"returned an empty list of tasks but a total of {total}"):
        one_by_one(server.fetch)
    assert server.reads == 2


def test_a_missing_total_is_not_a_hint() -> None:
    server = Server(total=lambda count: None)
    assert ids(server) == list(IDS)
    assert server.reads == 4


def test_a_page_that_was_empty_by_mistake_is_read_again() -> None:
    pages = iter([Page(2, ()), Page(2, tasks("t-1", "t-2")), Page(2, tasks("t-2"))])
    assert one_by_one(lambda offset: next(pages)) == ["t-1", "t-2"]


@pytest.mark.parametrize(
    ("name", "fetch"),
    [
        ("ignores the offset", lambda offset: Page(9, tasks("t-1", "t-2"))),
        ("sorts downwards", lambda offset: Page(9, tasks("t-2", "t-1"))),
        ("repeats an id", lambda offset: Page(9, tasks("t-1", "t-1"))),
        ("returns one task per page", lambda offset: Page(None, tasks(f"t-{offset}"))),
        ("forgets the rest", lambda offset: Page(9, tasks("t-1", "t-2") if offset == 0 else ())),
    ],
)
def test_a_server_that_pages_wrongly_is_detected(name: str, fetch: Fetch) -> None:
    with pytest.raises(ListingIncomplete) as caught:
        one_by_one(fetch)
    assert "more than" not in caught.value.message  # detected by its pages, not by running forever


def test_a_server_that_invents_ids_forever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobspec.cloud.answers.paging.MAX_TASKS", 50)
    with pytest.raises(ListingIncomplete, match="more than 50 tasks"):
        one_by_one(lambda offset: Page(None, (task(f"t-{offset:09}"), task(f"t-{offset + 1:09}"))))


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_short_page_whose_total_agrees_is_the_whole_list(count: int) -> None:
    server = Server(live=[f"t-{number:02}" for number in range(count)], limit=100)
    assert ids(server) == server.live
    assert server.reads == 1


@pytest.mark.parametrize("limit", [2, 3, 9])
def test_a_short_page_of_a_longer_list_is_not_the_whole_list(limit: int) -> None:
    assert ids(Server(limit=limit)) == list(IDS)


def test_a_page_that_a_platform_may_have_cut_is_not_the_whole_list() -> None:
    """The total of this platform counts the tasks of the page."""
    many = [f"t-{number:02}" for number in range(25)]
    server = Server(live=list(many), limit=10)
    server.total = lambda _: min(server.limit, len(server.live))
    assert ids(server) == many


def test_a_short_page_without_a_total_is_not_the_whole_list() -> None:
    server = Server(live=["t-1", "t-2"], limit=100, total=lambda _: None)
    assert ids(server) == ["t-1", "t-2"]
    assert server.reads == 2


@pytest.mark.parametrize("ids_of_page", [("t-2", "t-1"), ("t-1", "t-1")])
def test_a_short_page_that_is_not_in_order_is_no_proof(ids_of_page: tuple[str, ...]) -> None:
    with pytest.raises(ListingIncomplete):
        one_by_one(lambda _: Page(2, tasks(*ids_of_page)))


def replicas(*indexes: int) -> tuple[InstanceRecord, ...]:
    return read_instances({"List": [{"RoleName": "worker", "RoleIndex": i} for i in indexes]}, action="x")


def test_instances_are_read_from_all_pages() -> None:
    everything = replicas(*range(7))
    assert list_instances(lambda offset: everything[offset : offset + 3]) == everything


def test_a_server_that_ignores_the_offset_ends_the_instances() -> None:
    assert list_instances(lambda offset: replicas(0, 1)) == replicas(0, 1)
