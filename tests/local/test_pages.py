"""A page that is found through the counts of blocks is the one that OFFSET gives, whatever has changed."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobspec.local.api import listing
from jobspec.local.api.requests import UpdateRequest, list_request
from jobspec.local.errors import UnknownTask
from jobspec.local.folder import Folder, prepare
from jobspec.local.store import schema
from jobspec.local.store.database import VERSION, Connection, Database, open_database
from jobspec.local.store.pages import Listed, page_of
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor.lifecycle import Event, IllegalMove
from tests.local.calls import task
from tests.local.places import place

if TYPE_CHECKING:
    from jobspec.local.api.requests import ListRequest

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TAGS = ("a", "b", "c")


@contextmanager
def small_blocks(size: int) -> Iterator[None]:
    """Count blocks of so many tasks, and tags from three tasks on."""
    small = schema.ADDED.replace(str(schema.BLOCK), str(size)).replace(str(schema.MANY), "3")
    assert small.count("3") >= 2
    with mock.patch.object(schema, "ADDED", small):
        yield


@contextmanager
def opened(folder: Folder) -> Iterator[tuple[Store, Database]]:
    prepare(folder)
    database = open_database(folder)
    with closing(database):
        yield Store(database), database


def by_offset(connection: Connection, request: ListRequest) -> Listed:
    """The page, without the counts."""
    count, page = listing.count_statement(request), listing.page_statement(request)
    (total,) = connection.execute(count.sql, count.values).fetchone()
    rows = connection.execute(page.sql, page.values).fetchall()
    return Listed(total, tuple(row[0] for row in rows))


def requests_at(offset: int, limit: int) -> Iterator[ListRequest]:
    for tags in ([], ["a"], ["c"], ["a", "b"], ["nobody's"]):
        for order in ("Ascend", "Descend"):
            for sort in ("Id", "Name", "CreateTime", "UpdateTime"):
                page = {"Offset": offset, "Limit": limit, "SortBy": sort, "SortOrder": order}
                yield list_request({"Tags": tags, **page})


def check_pages(database: Database, most: int, limit: int) -> None:
    with database.reading() as connection:
        for offset in range(most + 2):
            for request in requests_at(offset, limit):
                assert page_of(connection, request) == by_offset(connection, request)


def change(store: Store, ids: list[str], number: int, drawn: tuple[int, list[str]]) -> None:
    """Create, tag anew, end or delete a task."""
    choice, tags = drawn
    now = NOON + timedelta(seconds=number // 3)
    if choice < 4 or not ids:
        ids.append(store.create({**task(f"t{choice}"), "Tags": tags}, now=now))
        return
    chosen = ids[number % len(ids)]
    if choice == 4:
        store.update(UpdateRequest(chosen, f"n{number}", None, tuple(tags)), now=now)
    else:
        end(store, chosen)
        if choice > 5:
            assert store.delete(chosen)
            ids.remove(chosen)


def end(store: Store, task_id: str) -> None:
    for event in (Event.ADMIT, Event.LAUNCH, Event.SUCCEED):
        with suppress(IllegalMove):
            store.move(task_id, event, Transition(), now=NOON)


CHANGES = st.lists(
    st.tuples(st.integers(0, 8), st.lists(st.sampled_from(TAGS), unique=True)), min_size=1, max_size=30
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES, st.integers(1, 4), st.integers(1, 5))
def test_every_page_is_the_one_at_its_offset(
    changes: list[tuple[int, list[str]]], size: int, limit: int
) -> None:
    ids: list[str] = []
    with (
        TemporaryDirectory() as path,
        small_blocks(size),
        opened(place(Path(path) / "p")) as (store, database),
    ):
        for number, drawn in enumerate(changes):
            change(store, ids, number, drawn)
        check_pages(database, len(ids), limit)


def test_every_page_is_the_one_at_its_offset_while_others_write(tmp_path: Path) -> None:
    def work(seed: int) -> None:
        random, ids = Random(seed), list[str]()
        for number in range(60):
            try:
                drawn = random.randrange(8), random.sample(TAGS, random.randrange(4))
                change(store, ids, number, drawn)
            except Exception as error:  # reported by the test's own thread
                failures.append(error)

    failures: list[BaseException] = []
    with small_blocks(5), opened(place(tmp_path)) as (store, database):
        writers = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
        for writer in writers:
            writer.start()
        random = Random(0)
        while any(writer.is_alive() for writer in writers):
            with database.reading() as connection:
                for request in requests_at(random.randrange(150), random.randrange(1, 30)):
                    assert page_of(connection, request) == by_offset(connection, request)
        check_pages(database, 180, 7)
    assert failures == []


def make_old(folder: Folder) -> None:
    """Make a store as the first releases did: without nonces and without counts."""
    prepare(folder)
    with closing(sqlite3.connect(folder.store)) as connection:
        connection.executescript(
            f"PRAGMA journal_mode = WAL; {schema.TABLES} INSERT INTO meta VALUES ('store', 'abc');"
            f"PRAGMA user_version = {VERSION};"
        )


def old_store(folder: Folder) -> Store:
    """A store in which nothing is added when it is opened."""
    return Store(Database(str(folder.store), lambda: _plain(folder), lambda: None))


def _plain(folder: Folder) -> sqlite3.Connection:
    return sqlite3.connect(folder.store, isolation_level=None, check_same_thread=False)


def test_a_store_of_an_earlier_release_is_counted_when_it_is_opened(tmp_path: Path) -> None:
    folder = place(tmp_path)
    make_old(folder)
    earlier = old_store(folder)
    ids = [
        earlier.create({**task(f"t{n}"), "Tags": list(TAGS[: n % 4])}, now=NOON + timedelta(seconds=n))
        for n in range(17)
    ]
    with small_blocks(4), opened(folder) as (store, database):
        check_pages(database, 17, 3)
        assert store.identity() == "abc"
        assert store.remember("n", now=NOON)
        for n in range(9):  # the earlier release has the file open still
            earlier.create({**task(f"u{n}"), "Tags": ["a"]}, now=NOON + timedelta(seconds=30))
        for task_id in ids[::2]:
            end(earlier, task_id)
            assert earlier.delete(task_id)
        check_pages(database, 17, 3)
    earlier.close()


def test_a_store_that_was_vacuumed_or_restored_from_its_dump_gives_the_same_pages(tmp_path: Path) -> None:
    folder, again = place(tmp_path / "one"), place(tmp_path / "two")
    for root in (folder.root, again.root):
        root.mkdir()
    ids: list[str] = []
    with small_blocks(3), opened(folder) as (store, database):
        for number in range(30):
            change(store, ids, number, (number % 9, ["a", "b"]))
    prepare(again)
    with closing(sqlite3.connect(folder.store)) as connection:
        connection.execute("VACUUM")
        dump = "\n".join(connection.iterdump())
    with closing(sqlite3.connect(again.store)) as connection:
        connection.executescript(dump)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    for one in (folder, again):
        with small_blocks(3), opened(one) as (store, database):
            store.create({**task("more"), "Tags": ["a"]}, now=NOON + timedelta(hours=1))
            check_pages(database, 31, 4)


def test_the_page_at_an_offset_skips_less_than_a_block(tmp_path: Path) -> None:
    """Neither the rows before the page nor the total are counted one by one."""
    with small_blocks(4), opened(place(tmp_path)) as (store, database):
        for number in range(40):
            store.create({**task("t"), "Tags": ["a"]}, now=NOON + timedelta(seconds=number))
        for body in ({}, {"Tags": ["a"]}, {"SortOrder": "Ascend"}):
            request = list_request({**body, "Offset": 30, "Limit": 2})
            with database.reading() as connection:
                assert offset_of(connection, request) < 4


def offset_of(connection: Connection, request: ListRequest) -> int:
    counts = listing.blocks_statement(request)
    blocks = connection.execute(counts.sql, counts.values).fetchall()
    offset = listing.page_in_blocks(request, blocks).values[-1]
    assert isinstance(offset, int)
    return offset


def test_nonces_are_forgotten_after_their_hour(tmp_path: Path) -> None:
    with opened(place(tmp_path)) as (store, database):
        assert store.remember("one", now=NOON)
        assert not store.remember("one", now=NOON + timedelta(minutes=50))
        assert store.remember("two", now=NOON + timedelta(minutes=61))
        assert store.remember("one", now=NOON + timedelta(minutes=61))
        with database.reading() as connection:
            plan: list[Any] = connection.execute(
                "EXPLAIN QUERY PLAN DELETE FROM nonce WHERE seen < 1.0"
            ).fetchall()
    assert "nonce_seen" in json.dumps(plan)


@pytest.mark.parametrize("tag", ["", "a"])
def test_counts_are_not_changed_by_what_is_rolled_back(tmp_path: Path, tag: str) -> None:
    with opened(place(tmp_path)) as (store, database):
        kept = store.create({**task("kept"), "Tags": ["a"]}, now=NOON)
        with suppress(UnknownTask), database.writing() as connection:
            connection.execute("DELETE FROM task WHERE id = ?", (kept,))
            connection.execute("DELETE FROM tag WHERE task_id = ?", (kept,))
            raise UnknownTask(kept)
        assert store.page(list_request({"Tags": [tag] if tag else []})).total == 1
