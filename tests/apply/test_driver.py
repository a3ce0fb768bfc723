"""The real driver against a client whose platform is the simulated world."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from jobspec.apply.clock import InterruptibleClock
from jobspec.apply.driver import Driver
from jobspec.apply.journal import NAME, FileJournal
from jobspec.apply.pace import Pace
from jobspec.apply.secrets import Secrets
from jobspec.cloud.answers.wire import Created, TaskRecord, read_task
from jobspec.cloud.client import PlatformClient
from jobspec.errors import UnknownAction
from jobspec.reconcile.protocol.calls import Create, Erase, Find, Get, Stop, Write
from jobspec.reconcile.protocol.converge import converge
from jobspec.reconcile.protocol.outcome import Outcome, Status
from jobspec.reconcile.protocol.submit import Assumptions
from tests.local.places import private
from tests.reconcile.simulated import Fault, World
from tests.reconcile.world import only, planned, run, task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cloud.answers.query import ListQuery
    from jobspec.reconcile.runs import Run

ASSUMED = Assumptions(0, 0)


@dataclass
class Client:
    """What the driver asks of a client, answered by the world."""

    world: World
    sent: list[Mapping[str, Any]] = field(default_factory=list)

    def get(self, task_id: str) -> TaskRecord:
        return record(cast("Run", self.world.answer(Get(task_id))))

    def list_all(self, query: ListQuery) -> tuple[TaskRecord, ...]:
        found = self.world.answer(Find(tag="".join(query.tags), name=query.name))
        return tuple(map(record, cast("tuple[Run, ...]", found)))

    def create(self, payload: Mapping[str, Any]) -> Created:
        self.sent.append(payload)
        return Created(str(self.world.answer(Create(payload, tuple(payload["Tags"])))), "")

    def stop(self, task_id: str) -> None:
        self.world.answer(Stop(task_id))

    def delete(self, task_id: str) -> None:
        self.world.answer(Erase(task_id))

    def update(self, task_id: str, *, name: str, description: str | None, tags: tuple[str, ...]) -> None:
        self.world.answer(Write(task_id, name, description, tags))


def record(live: Run) -> TaskRecord:
    created = live.created.isoformat() if live.created else ""
    raw = {
        "Id": live.id,
        "Name": live.name,
        "State": live.state,
        "Tags": list(live.tags),
        "CreateTime": created,
    }
    return read_task(raw, action="GetCustomTask")


class QuickClock(InterruptibleClock):
    """Time passes in the world only."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def monotonic(self) -> float:
        return self._world.time

    def sleep(self, seconds: float) -> None:
        self._world.time += seconds
        self._world.active()


@dataclass
class Stage:
    world: World
    driver: Driver
    client: Client

    def apply(self, tasks: list[Any]) -> Outcome:
        change = only(planned(tasks, list(self.world.runs.values())))
        return self.driver.run(converge(change, "vision", ASSUMED))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    world = World()
    client = Client(world)
    journal = FileJournal(private(tmp_path / "scope"), lambda: world.time)
    secrets = Secrets({"TOKEN": "canary"}, tmp_path)
    clock = QuickClock(world)
    driver = Driver(cast("PlatformClient", client), clock, journal, secrets, Pace(0, clock))
    return Stage(world, driver, client)


def test_a_submit_sends_the_secret_and_notes_none_of_it(stage: Stage, tmp_path: Path) -> None:
    secret = {"secret": {"env": "TOKEN"}}
    notes: list[str] = []

    def look_at_the_journal(call: Any) -> None:
        if isinstance(call, Create):
            notes.append((tmp_path / "scope" / NAME).read_text())

    stage.world.before = look_at_the_journal
    assert stage.apply([task(spec={"env": {"TOKEN": secret}})]).status is Status.DONE
    [sent] = stage.client.sent
    assert sent["Envs"] == [{"Name": "TOKEN", "Value": "canary", "IsPrivate": True}]
    assert "intent" in notes[0]
    assert "canary" not in notes[0]


def test_a_secret_that_went_missing_fails_the_submit_and_leaves_nothing_open(stage: Stage) -> None:
    outcome = stage.apply([task(spec={"env": {"TOKEN": {"secret": {"env": "GONE"}}}})])
    assert (outcome.status, outcome.result.code, stage.client.sent) == (Status.FAILED, "JS320", [])
    assert stage.driver.journal.open_since("vision") is None  # type: ignore[attr-defined] # the real one


def test_a_replacement_goes_through_the_real_driver(stage: Stage) -> None:
    stage.world.add(run(task(), "Running", spec="1" + "0" * 16))
    assert stage.apply([task()]).status is Status.DONE
    assert [live.state for live in stage.world.runs.values()] == ["Cancelled", "Queue"]


def test_an_interrupt_lets_no_call_start_any_more(stage: Stage) -> None:
    stage.world.add(run(task(), "Running", spec="1" + "0" * 16))
    clock = cast("QuickClock", stage.driver.clock)

    def interrupt(call: Any) -> None:
        if isinstance(call, Stop):
            clock.interrupt()

    stage.world.before = interrupt
    assert stage.apply([task()]).status is Status.SKIPPED
    assert isinstance(stage.world.performed[-1], Stop), "the call in flight ended, none came after it"


def test_a_platform_that_cannot_update_is_asked_once(stage: Stage) -> None:
    unknown = UnknownAction("no such action", action="UpdateCustomTask")
    stage.world.faults.append(Fault(Write, 1, unknown))
    for number, name in enumerate(("a", "b", "c"), 1):
        old = task(name, spec={"args": name})
        stage.world.add(run(old, "Running", number))
        change = only(
            planned([task(name, spec={"args": name}, description="new")], [run(old, "Running", number)])
        )
        outcome = stage.driver.run(converge(change, "vision", ASSUMED))
        assert (outcome.status, outcome.result.code) == (Status.SKIPPED, "JS525")
    assert stage.world.count(Write) == 1
