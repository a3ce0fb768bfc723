"""The decisions of the schedule, with scripted replicas and a scripted clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from jobspec.local.settings import RetryMode, Settings, StoppedState
from jobspec.local.store.database import empty_database
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor.executor import Handle, Launch
from jobspec.local.supervisor.lifecycle import Event, ReplicaExit
from jobspec.local.supervisor.schedule import Schedule
from tests.local.calls import roles, task

if TYPE_CHECKING:
    from jobspec.local.store.spec import Replica, RunnableTask


@dataclass
class Hands:
    """A clock that is advanced by hand."""

    passed: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 31, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


@dataclass
class Scripted:
    """A replica that ends when the test decides, and records its signals."""

    end: ReplicaExit | None = None
    signals: list[str] = field(default_factory=list)

    def poll(self) -> ReplicaExit | None:
        return self.end

    def terminate(self) -> None:
        self.signals.append("terminate")

    def kill(self) -> None:
        self.signals.append("kill")


@dataclass
class Stage:
    """An executor of scripted replicas, by `<task id>/<replica>`."""

    started: dict[str, Scripted] = field(default_factory=dict)
    adopted: dict[str, Scripted] = field(default_factory=dict)
    broken: str = ""

    def prepare(self, task_id: str, spec: RunnableTask) -> Launch:
        return Launch(task_id, spec, {})

    def start(self, launch: Launch, replica: Replica) -> Handle:
        if replica.name == self.broken:
            raise OSError(12, "Cannot allocate memory")
        handle = self.started[f"{launch.task_id}/{replica.name}"] = Scripted()
        return handle

    def adopt(self, task_id: str) -> Handle:
        return self.adopted.setdefault(task_id, Scripted())


class World:
    def __init__(self, slots: int = 2, retry_mode: RetryMode = RetryMode.SAME_ID) -> None:
        self.store = Store(empty_database())
        self.clock = Hands()
        self.stage = Stage()
        self.settings = Settings(slots=slots, grace=5.0, retry_mode=retry_mode)
        self.schedule = self.next_supervisor()

    def next_supervisor(self) -> Schedule:
        self.schedule = Schedule(self.store, self.stage, clock=self.clock, settings=self.settings)
        return self.schedule

    def create(self, **more: Any) -> str:
        return self.store.create(task(**more), now=self.clock.now())

    def stop(self, task_id: str) -> None:
        self.store.move(task_id, Event.STOP, Transition("stopped on request"), now=self.clock.now())

    def step(self, *, after: float = 0.0) -> None:
        self.clock.passed += after
        self.schedule.step()

    def shown(self, task_id: str, field: str = "State") -> Any:
        return json.loads(self.store.document(task_id))[field]

    def replica(self, task_id: str, name: str = "worker-0") -> Scripted:
        return self.stage.started[f"{task_id}/{name}"]


@pytest.fixture
def world() -> World:
    return World()


def test_the_deadline_counts_from_the_launch_and_not_from_the_queue(world: World) -> None:
    first, second = (world.create(ActiveDeadlineSeconds=10, TaskRoleSpecs=[roles("w", 2)]) for _ in "ab")
    world.step()
    world.step(after=9.9)
    assert world.shown(first) == "Running"
    world.step(after=0.1)
    assert world.replica(first, "w-1").signals == ["terminate"]
    for name in ("w-0", "w-1"):
        world.replica(first, name).end = ReplicaExit(143, 15)
    world.step()
    assert (world.shown(first), world.shown(first, "ExitCode")) == ("Failed", 137)
    world.step(after=9.9)
    assert world.shown(second) == "Running"


def test_without_a_deadline_a_task_runs_on(world: World) -> None:
    task_id = world.create(ActiveDeadlineSeconds=0)
    world.step()
    world.step(after=1e9)
    assert world.replica(task_id).signals == []
    assert (world.shown(task_id), world.shown(task_id, "ActiveDeadlineSeconds")) == ("Running", 0)


@pytest.mark.parametrize("state", StoppedState)
def test_a_stopped_task_ends_in_the_state_of_the_setting(world: World, state: StoppedState) -> None:
    world.settings = replace(world.settings, stopped_state=state)
    world.next_supervisor()
    task_id = world.create()
    world.step()
    world.stop(task_id)
    world.step()
    world.replica(task_id).end = ReplicaExit(143, 15)
    world.step()
    assert (world.shown(task_id), world.shown(task_id, "DiagInfo")) == (state, "stopped on request")


def test_a_replica_that_is_not_gone_after_the_grace_is_killed(world: World) -> None:
    task_id = world.create()
    world.step()
    world.stop(task_id)
    world.step()
    world.step(after=5.4)
    assert world.replica(task_id).signals == ["terminate"]
    world.step(after=0.1)
    assert world.replica(task_id).signals == ["terminate", "kill"]
    assert world.shown(task_id) == "Killing"


def test_a_retry_waits_for_its_interval_without_a_slot(world: World) -> None:
    retry = {"EnableRetry": True, "MaxRetryTimes": 1, "IntervalSeconds": 60, "PolicySets": ["Failed"]}
    task_id = world.create(RetryOptions=retry, TaskRoleSpecs=[roles("worker", 2)])
    other = world.create(TaskRoleSpecs=[roles("worker", 2)])
    world.step()
    for name in ("worker-0", "worker-1"):
        world.replica(task_id, name).end = ReplicaExit(1)
    world.step()
    assert world.shown(task_id, "DiagInfo") == "retry 1 of 1: worker-0 exited with code 1"
    assert (world.shown(task_id), world.shown(other)) == ("Queue", "Running")
    for name in ("worker-0", "worker-1"):
        world.replica(other, name).end = ReplicaExit(0)
    world.step(after=59)
    assert (world.shown(task_id), world.shown(other)) == ("Queue", "Success")
    world.step(after=1)
    assert world.shown(task_id) == "Running"


def test_a_clock_that_was_set_back_does_not_delay_a_retry(world: World) -> None:
    retry = {"EnableRetry": True, "MaxRetryTimes": 1, "IntervalSeconds": 60, "PolicySets": ["Failed"]}
    task_id = world.create(RetryOptions=retry)
    world.step()
    world.replica(task_id).end = ReplicaExit(1)
    world.step()
    world.step()
    assert world.shown(task_id) == "Queue"
    world.step(after=-86_400)
    assert world.shown(task_id) == "Running"


def test_a_clock_that_was_set_back_does_not_delay_an_end(world: World) -> None:
    task_id = world.create(DelayExitTimeSeconds=30)
    world.step()
    world.replica(task_id).end = ReplicaExit(0)
    world.step()
    world.step()
    assert world.shown(task_id) == "SuccessHolding"
    world.step(after=-86_400)
    assert world.shown(task_id) == "Success"


def test_a_success_at_the_very_deadline_is_a_success(world: World) -> None:
    task_id = world.create(ActiveDeadlineSeconds=10)
    world.step()
    world.replica(task_id).end = ReplicaExit(0)
    world.step(after=10)
    assert world.shown(task_id) == "Success"


def test_a_held_task_ends_with_its_result(world: World) -> None:
    task_id = world.create(DelayExitTimeSeconds=30)
    world.step()
    world.replica(task_id).end = ReplicaExit(2)
    world.step()
    held = world.shown(task_id, "FinishTime")
    assert (world.shown(task_id), bool(held)) == ("FailedHolding", True)
    world.step(after=29)
    assert world.shown(task_id) == "FailedHolding"
    world.step(after=1)
    assert (world.shown(task_id), world.shown(task_id, "ExitCode")) == ("Failed", 2)
    assert world.shown(task_id, "DiagInfo") == "worker-0 exited with code 2"
    assert world.shown(task_id, "FinishTime") == held


def test_a_holding_task_keeps_its_slots(world: World) -> None:
    held = world.create(DelayExitTimeSeconds=30, TaskRoleSpecs=[roles("worker", 2)])
    waiting = world.create()
    world.step()
    for name in ("worker-0", "worker-1"):
        world.replica(held, name).end = ReplicaExit(0)
    world.step()
    assert (world.shown(held), world.shown(waiting)) == ("SuccessHolding", "Queue")
    assert world.shown(waiting, "DiagInfo") == "waiting for 1 slot, 0 free"
    world.step(after=30)
    assert (world.shown(held), world.shown(waiting)) == ("Success", "Running")


def test_a_replica_that_cannot_be_started_fails_the_task_and_ends_the_others(world: World) -> None:
    world.stage.broken = "worker-1"
    task_id = world.create(TaskRoleSpecs=[roles("worker", 2)])
    world.step()
    assert world.replica(task_id).signals == ["terminate"]
    world.replica(task_id).end = ReplicaExit(143, 15)
    world.step()
    assert world.shown(task_id) == "Failed"
    assert world.shown(task_id, "DiagInfo") == "worker-1 could not be started: Cannot allocate memory"


def test_a_task_that_can_never_fit_fails_instead_of_holding_up_the_queue(world: World) -> None:
    large, small = world.create(TaskRoleSpecs=[roles("worker", 3)]), world.create()
    world.step()
    assert (world.shown(large), world.shown(small)) == ("Failed", "Running")
    assert world.shown(large, "DiagInfo") == "needs 3 slots, but this machine has 2"


@pytest.mark.parametrize(("stopped", "state"), [(False, "Exception"), (True, "Cancelled")])
def test_the_next_supervisor_closes_a_task_only_when_nothing_of_it_lives(
    world: World, stopped: bool, state: str
) -> None:
    task_id = world.create()
    world.step()
    world.next_supervisor()
    if stopped:
        world.stop(task_id)
    world.step()
    left = world.stage.adopted[task_id]
    assert left.signals == ["terminate"]
    assert world.shown(task_id) in {"Running", "Killing"}
    left.end = ReplicaExit(137, 9)
    world.step()
    assert world.shown(task_id) == state
    assert len(world.stage.started) == 1


def test_a_stop_at_the_very_moment_of_the_end_is_kept(world: World) -> None:
    task_id = world.create()
    world.step()
    replica = world.replica(task_id)
    replica.poll = lambda: (world.stop(task_id), ReplicaExit(0))[1]  # type: ignore[method-assign,func-returns-value]
    world.step()
    assert world.shown(task_id) == "Killing"
    world.stage.adopted[task_id] = Scripted(end=ReplicaExit(137, 9))
    world.step()
    assert world.shown(task_id) == "Cancelled"


def test_a_step_without_work_returns_false(world: World) -> None:
    assert world.schedule.step() is False
    world.create()
    assert world.schedule.step() is True
    assert world.schedule.step() is False
