"""A listing over pages that are read at once, on a platform with other users: complete, or an error."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.answers.query import ListQuery
from jobspec.errors import ListingIncomplete
from tests.cloud.platform import FakeClock, api_error, client, html, ok

IDS = tuple(f"t-{number:03}" for number in range(10, 400, 10))
MINE, OTHERS = ["job", "mine"], ["job-2", "minestrone"]


@dataclass
class Live:
    """A platform that limits the page size; tasks appear and disappear before the numbered requests."""

    cap: int = 4
    events: dict[int, str] = field(default_factory=dict)
    tags: Literal["and", "or", "substring"] = "and"
    records: dict[str, list[str]] = field(default_factory=lambda: dict.fromkeys(IDS, MINE))
    faults: dict[int, httpx.Response] = field(default_factory=dict)
    requests: int = 0
    lock: Lock = field(default_factory=Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.requests += 1
            fault = self.faults.pop(self.requests, None)
            return fault or self.answer(json.loads(request.content))

    def answer(self, body: dict[str, Any]) -> httpx.Response:
        event = self.events.get(self.requests)
        if event in self.records:
            del self.records[event]
        elif event:
            self.records[event] = MINE
        found = sorted(one for one, tags in self.records.items() if self.has(tags, body.get("Tags", [])))
        window = found[body["Offset"] :][: min(self.cap, body["Limit"])]
        listed = [{"Id": one, "Tags": self.records[one]} for one in window]
        return ok({"Total": len(found), "List": listed})

    def has(self, tags: list[str], wanted: list[str]) -> bool:
        match self.tags:
            case "and":
                return set(wanted) <= set(tags)
            case "or":
                return not wanted or bool(set(wanted) & set(tags))
            case "substring":
                return all(any(part in tag for tag in tags) for part in wanted)


def listed(live: Live, query: ListQuery | None = None) -> list[str]:
    return [task.id for task in client(live, FakeClock()).list_all(query or ListQuery())]


@pytest.mark.parametrize("cap", [2, 3, 4, 38, 39, 40, 100])
def test_a_limited_page_size_is_detected(cap: int) -> None:
    assert listed(Live(cap=cap)) == list(IDS)


@given(
    events=st.dictionaries(
        st.integers(2, 40), st.sampled_from(IDS) | st.sampled_from(["t-005", "t-155", "t-999"]), max_size=4
    ),
    cap=st.integers(2, 12),
)
def test_every_task_that_exists_throughout_is_listed_or_the_listing_fails(
    events: dict[int, str], cap: int
) -> None:
    try:
        found = listed(Live(cap=cap, events=events))
    except ListingIncomplete:
        return
    assert set(IDS) - set(events.values()) <= set(found)
    assert found == sorted(set(found))


@pytest.mark.parametrize("tags", ["and", "or", "substring"])
def test_several_tags_mean_the_same_however_the_platform_combines_and_matches_them(
    tags: Literal["and", "or", "substring"],
) -> None:
    live = Live(tags=tags, records={"t-1": MINE, "t-2": OTHERS, "t-3": ["job"], "t-4": ["mine"], "t-5": MINE})
    assert listed(live, ListQuery(tags=("mine", "job"))) == ["t-1", "t-5"]


@pytest.mark.parametrize(
    "fault", [api_error(429, "FlowLimitExceeded"), api_error(503, "X"), html(200), html(502)]
)
@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_page_that_fails_once_is_read_again(fault: httpx.Response, number: int) -> None:
    assert listed(Live(faults={number: fault})) == list(IDS)


def test_a_duplicate_id_fails_the_listing() -> None:
    def twice(request: httpx.Request) -> httpx.Response:
        offset = json.loads(request.content)["Offset"]
        ids = ["t-1", "t-2", "t-2", "t-3"][offset : offset + 3]
        return ok({"Total": 4, "List": [{"Id": one} for one in ids]})

    with pytest.raises(ListingIncomplete):
        client(twice).list_all(ListQuery())


def test_unknown_states_are_listed_unchanged() -> None:
    answer = ok({"Total": 1, "List": [{"Id": "t-1", "State": "Hibernating"}]})
    assert [task.state for task in client(lambda _: answer).list_all(ListQuery())] == ["Hibernating"]
