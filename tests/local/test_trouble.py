"""Problems of the store while tasks run: writes that fail for a time, and records that cannot be read."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.local.errors import StoreGone, StoreUnusable
from jobspec.local.store.database import Connection, Database, empty_database
from jobspec.local.store.store import Store
from jobspec.local.supervisor import main as supervisor
from jobspec.local.supervisor.lifecycle import ReplicaExit
from tests.local.calls import roles
from tests.local.test_schedule import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Failing(Database):
    """A database whose next writes fail after a few that succeed, as on a full disk."""

    def __init__(self, database: Database) -> None:
        self._whole = database
        self.spared = 0
        self.failures = 0

    def row(self, sql: str, values: tuple[str | float, ...] = ()) -> tuple[Any, ...] | None:
        return self._whole.row(sql, values)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._whole.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if self.failures and not self.spared:
            self.failures -= 1
            raise StoreUnusable("`local.db` cannot grow: the disk is full")
        self.spared = max(0, self.spared - 1)
        with self._whole.writing() as connection:
            yield connection


@pytest.fixture
def database() -> Failing:
    return Failing(empty_database())


@pytest.fixture
def world(database: Failing) -> World:
    world = World()
    world.store = Store(database)
    world.next_supervisor()
    return world


def persist(world: World) -> int:
    """Repeat a step until it succeeds; return how many times it failed."""
    for failed in range(20):
        try:
            world.step()
        except StoreUnusable:
            continue
        return failed
    raise AssertionError("no step succeeded")


def ends(world: World, task_id: str) -> list[tuple[str, int]]:
    with world.store._database.reading() as connection:
        rows = connection.execute(
            "SELECT document FROM instance WHERE task_id = ? ORDER BY position", (task_id,)
        )
        return [(found["State"], found["ExitCode"]) for found in (json.loads(row[0]) for row in rows)]


@pytest.mark.parametrize("spared", range(5))
def test_a_task_is_started_once_even_if_its_start_cannot_be_written(
    world: World, database: Failing, spared: int
) -> None:
    task_id = world.create(TaskRoleSpecs=[roles("w", 2)])
    database.spared, database.failures = spared, 3
    for _ in range(2):
        persist(world)
    database.failures = 0
    world.step()
    assert world.shown(task_id) == "Running"
    assert (len(world.stage.started), world.stage.adopted) == (2, {})
    assert [state for state, _ in ends(world, task_id)] == ["Running", "Running"]


@pytest.mark.parametrize("spared", range(3))
def test_an_exit_that_could_not_be_written_down_is_written_later(
    world: World, database: Failing, spared: int
) -> None:
    first, second = world.create(), world.create()
    world.step()
    world.replica(first).end = ReplicaExit(3)
    database.spared, database.failures = spared, 4
    assert persist(world) == 4
    assert (world.shown(first), world.shown(first, "ExitCode")) == ("Failed", 3)
    assert ends(world, first) == [("Failed", 3)]
    assert (world.shown(second), world.replica(second).signals) == ("Running", [])
    assert world.stage.adopted == {}


def test_deadlines_are_kept_while_nothing_can_be_written(world: World, database: Failing) -> None:
    first, second = world.create(), world.create(ActiveDeadlineSeconds=10)
    world.step()
    world.replica(first).end = ReplicaExit(0)
    database.failures = 2
    with pytest.raises(StoreUnusable):
        world.step(after=10)
    assert world.replica(second).signals == ["terminate"]
    with pytest.raises(StoreUnusable):
        world.step(after=6)
    assert world.replica(second).signals == ["terminate", "kill"]


class Steps:
    """A schedule and its store: each step fails as scripted, and then nothing is left to do."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)

    def step(self) -> bool:
        if self.troubles:
            raise self.troubles.pop(0)
        return False

    def has_work(self) -> bool:
        return False


def work(steps: Any, lock: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Supervise without waiting; return the pauses."""
    pauses: list[float] = []
    hands = SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append)
    monkeypatch.setattr(supervisor, "time", hands)
    with lock.open("w") as held:
        supervisor._work(steps, steps, lock=held.fileno(), linger=0.05)
    return pauses


def test_a_supervisor_outlives_a_store_that_cannot_be_used_and_reports_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = Steps(*[StoreUnusable("`local.db` cannot grow: the disk is full")] * 30)
    pauses = work(steps, tmp_path / "lock", monkeypatch)
    assert steps.troubles == []
    assert (max(pauses), pauses[0] < 0.1) == (2.0, True)
    logged = capfd.readouterr().err
    assert (
        logged == "`local.db` cannot grow: the disk is full; tasks continue, and the supervisor tries again\n"
    )


def test_a_supervisor_ends_with_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreGone):
        work(Steps(StoreGone("the store is gone")), tmp_path / "lock", monkeypatch)


DAMAGES = [
    "body = '{}'",
    "body = 'no json'",
    "body = json_set(body, '$.ActiveDeadlineSeconds', 'soon')",
    "body = '[]'",
    "state = 'Dreaming'",
    "document = json_set(document, '$.State', 'Dreaming')",
    "state = 'Success'",
    "document = '{'",
    "document = '[]'",
    "document = json_remove(document, '$.FinishTime')",
    "wake = 'soon'",
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("runs", [False, True])
def test_a_task_whose_record_is_damaged_is_ended_and_the_others_run(
    world: World, damage: str, runs: bool
) -> None:
    damaged = world.create(name="bad")
    if runs:
        world.step()
    with world.store._database.writing() as connection:
        connection.execute(f"UPDATE task SET {damage} WHERE id = ?", (damaged,))
    other = world.create()
    world.step()
    assert (world.shown(damaged), world.shown(other)) == ("Exception", "Running")
    assert world.shown(damaged, "DiagInfo") == "the record of this task is damaged, so it cannot run"
    assert world.shown(damaged, "Name") == "bad"
    if runs:
        assert world.replica(damaged).signals == ["terminate"]
        world.replica(damaged).end = ReplicaExit(143, 15)
    world.step()
    world.replica(other).end = ReplicaExit(0)
    world.step()
    assert (world.shown(other), world.store.has_work()) == ("Success", False)


def test_a_damaged_instance_does_not_keep_its_task_from_ending(world: World) -> None:
    task_id = world.create()
    world.step()
    with world.store._database.writing() as connection:
        connection.execute("UPDATE instance SET document = '{}'")
    world.replica(task_id).end = ReplicaExit(0)
    world.step()
    assert world.shown(task_id) == "Success"
