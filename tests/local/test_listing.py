"""Filters, sorts and pages of ListCustomTasks, over tasks that no supervisor touches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobspec.local.api.requests import UpdateRequest, list_request
from jobspec.local.folder import prepare
from jobspec.local.store.database import empty_database, open_database
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor.lifecycle import Event
from tests.local.calls import task
from tests.local.places import place

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folder = place(tmp_path)
    prepare(folder)
    store = Store(open_database(folder))
    yield store
    store.close()


def fill(store: Store) -> list[str]:
    rows = [
        ("resnet-a", ["x", "y"], {"ResourceGroupId": "g1"}),
        ("bert", ["x"], {"ResourceQueueId": "q1"}),
        ("resnet-b", ["y", "x", "x"], {}),
        ("zeta", [], {"ResourceGroupId": "g1"}),
    ]
    return [
        store.create({**task(name), "Tags": tags, **more}, now=NOON + timedelta(seconds=number))
        for number, (name, tags, more) in enumerate(rows)
    ]


def names(store: Store, **body: object) -> list[str]:
    return [json.loads(text)["Name"] for text in store.page(list_request(body)).documents]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["zeta", "resnet-b", "bert", "resnet-a"]),
        ({"SortOrder": "Ascend"}, ["resnet-a", "bert", "resnet-b", "zeta"]),
        ({"SortBy": "Name", "SortOrder": "Ascend"}, ["bert", "resnet-a", "resnet-b", "zeta"]),
        ({"SortBy": "CreateTime"}, ["zeta", "resnet-b", "bert", "resnet-a"]),
        ({"SortBy": "UpdateTime"}, ["bert", "zeta", "resnet-b", "resnet-a"]),
        ({"Name": "bert"}, ["bert"]),
        ({"Name": "ber"}, []),
        ({"Filter": "RESNET"}, ["resnet-b", "resnet-a"]),
        ({"Filter": "%"}, []),
        ({"Filter": "t-20260131120001"}, ["bert"]),
        ({"Tags": ["x"]}, ["resnet-b", "bert", "resnet-a"]),
        ({"Tags": ["x", "y"]}, ["resnet-b", "resnet-a"]),
        ({"Tags": ["x", "nowhere"]}, []),
        ({"Tags": ["y"], "SortBy": "Name", "SortOrder": "Ascend"}, ["resnet-a", "resnet-b"]),
        ({"Tags": ["x"], "Name": "bert"}, ["bert"]),
        ({"ResourceGroupId": "g1"}, ["zeta", "resnet-a"]),
        ({"ResourceQueueIds": ["q1", "q2"]}, ["bert"]),
        ({"States": ["Killing"]}, ["bert"]),
        ({"States": ["Killing", "Queue"], "Limit": 2}, ["zeta", "resnet-b"]),
        ({"CreatorUserIds": [0, 5]}, ["zeta", "resnet-b", "bert", "resnet-a"]),
        ({"CreatorUserIds": [5]}, []),
        ({"Offset": 1, "Limit": 2}, ["resnet-b", "bert"]),
        ({"Tags": ["x"], "Offset": 1, "Limit": -1}, ["bert", "resnet-a"]),
        ({"Limit": 0}, []),
        ({"Offset": 9}, []),
    ],
)
def test_filters_and_sorts(store: Store, body: dict[str, object], expected: list[str]) -> None:
    ids = fill(store)
    store.move(ids[1], Event.STOP, Transition("stopped"), now=NOON + timedelta(hours=1))
    assert names(store, **body) == expected


def test_one_id_can_be_listed(store: Store) -> None:
    ids = fill(store)
    assert names(store, Id=ids[2]) == ["resnet-b"]


def test_the_total_counts_all_pages(store: Store) -> None:
    fill(store)
    listed = store.page(list_request({"Tags": ["x"], "Limit": 1}))
    assert (listed.total, len(listed.documents)) == (3, 1)


def test_ten_are_listed_by_default(store: Store) -> None:
    for number in range(12):
        store.create(task(f"t{number}"), now=NOON)
    assert len(names(store)) == 10
    assert len(names(store, Limit=-1)) == 12


def test_creation_times_follow_the_ids_when_the_clock_goes_back(store: Store) -> None:
    for hour in (5, 1, 3):
        store.create(task(f"h{hour}"), now=NOON + timedelta(hours=hour))
    assert names(store, SortBy="CreateTime", SortOrder="Ascend") == ["h5", "h1", "h3"]
    assert names(store, SortOrder="Ascend") == ["h5", "h1", "h3"]


tag_lists = st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(tags=tag_lists, updates=tag_lists, wanted=st.lists(st.sampled_from("abc"), min_size=1, max_size=2))
def test_the_index_of_tags_agrees_with_the_tags(
    tags: list[list[str]], updates: list[list[str]], wanted: list[str]
) -> None:
    store = Store(empty_database())
    ids = [store.create({**task(f"t{n}"), "Tags": own}, now=NOON) for n, own in enumerate(tags)]
    current = dict(enumerate(tags))
    for number, (task_id, new) in enumerate(zip(ids, updates, strict=False)):
        store.update(UpdateRequest(task_id, None, None, tuple(dict.fromkeys(new))), now=NOON)
        current[number] = new
    expected = [f"t{n}" for n, own in current.items() if set(wanted) <= set(own)]
    assert names(store, Tags=wanted, SortOrder="Ascend", Limit=-1) == expected
