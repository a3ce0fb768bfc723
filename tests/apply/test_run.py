from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, cast

import pytest
from msgspec.structs import replace

from jobspec.apply.driver import Driver
from jobspec.apply.run import apply
from jobspec.errors import Refused, Unavailable
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.calls import Call, Create, Erase, Find, Intend, NextTurn, Now, Settle, Stop
from jobspec.reconcile.protocol.outcome import Status
from jobspec.reconcile.protocol.stages import Ended, Event, Started, Submitted
from jobspec.reconcile.protocol.submit import Assumptions
from tests.reconcile.simulated import Fault, World
from tests.reconcile.world import EPOCH, planned, run, task

OLD = "1" + "0" * 16


@dataclass
class Simulated:
    """Drives every protocol against one world, one at a time."""

    world: World
    lock: Any = field(default_factory=Lock)
    slept: list[float] = field(default_factory=list)
    interrupted: bool = False

    @property
    def clock(self) -> Simulated:
        return self

    def monotonic(self) -> float:
        return self.world.time

    def interrupt(self) -> None:
        self.interrupted = True

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.world.time += seconds

    def run(self, protocol: calls.Protocol[Any]) -> Any:
        with self.lock:
            return self.world.drive(protocol)


def applied(world: World, tasks: list[Any], *, lag: float = 0) -> tuple[list[Event], Simulated]:
    simulated = Simulated(world)
    plan = planned(tasks, list(world.runs.values()))
    return list(apply(plan, cast("Driver", simulated), Assumptions(lag, 0))), simulated


def test_every_change_is_reported_once() -> None:
    tasks = [task(f"t{number}", spec={"args": str(number)}) for number in range(12)]
    events, _ = applied(World(), tasks)
    ended = [event.outcome.change.task for event in events if isinstance(event, Ended)]
    assert sorted(ended) == sorted(declared.name for declared in tasks)


def test_an_empty_plan_asks_the_platform_nothing() -> None:
    world = World().add(run(task(), "Running"))
    assert applied(world, [task()])[0] == []
    assert world.performed == []


def test_the_list_lag_is_waited_for_once_per_apply() -> None:
    tasks = [task(f"t{number}", spec={"args": str(number)}) for number in range(5)]
    _, simulated = applied(World(), tasks, lag=30)
    assert simulated.slept == [30]


def test_nothing_is_waited_for_when_nothing_was_submitted() -> None:
    _, simulated = applied(World().add(run(task(), "Running")), [], lag=30)
    assert simulated.slept == []


def test_a_submit_shows_at_once_and_ends_after_the_look_for_a_duplicate() -> None:
    events, _ = applied(World(), [task()])
    assert [type(event) for event in events] == [Started, Submitted, Ended]


def test_after_a_change_that_was_not_done_the_others_of_its_task_are_skipped() -> None:
    declared = task()
    refused = Refused("no", action="StopCustomTask", api_code="AccessDenied")
    world = World(faults=[Fault(Stop, 1, refused)]).add(
        run(declared, "Running", 1, spec=OLD), run(declared, "Queue", 2, spec=OLD)
    )
    events, _ = applied(world, [declared])
    outcomes = [event.outcome for event in events if isinstance(event, Ended)]
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.SKIPPED]
    assert world.count(Create) == 0


def test_one_failing_task_does_not_keep_the_others() -> None:
    refused = Refused("no such flavor", action="CreateCustomTask", api_code="InvalidParameter")
    world = World(faults=[Fault(Create, 1, refused)])
    events, _ = applied(world, [task("a"), task("b", spec={"args": "b"})])
    statuses = {event.outcome.status for event in events if isinstance(event, Ended)}
    assert statuses == {Status.FAILED, Status.DONE}


def test_who_stops_reading_interrupts_what_is_left() -> None:
    tasks = [task(f"t{number}", spec={"args": str(number)}) for number in range(3)]
    simulated = Simulated(World())
    events = apply(planned(tasks, []), cast("Driver", simulated), Assumptions(0, 0))
    next(events)
    assert isinstance(events, Generator)
    events.close()
    assert simulated.interrupted


def test_a_bug_in_one_task_is_told_and_the_others_go_on() -> None:
    world = World()

    def stumble(call: Any) -> None:
        if isinstance(call, Create) and world.count(Create) == 1:
            raise ZeroDivisionError

    world.before = stumble
    events, _ = applied(world, [task("a"), task("b", spec={"args": "b"})])
    results = [event.outcome.result for event in events if isinstance(event, Ended)]
    assert sorted((result.status, result.code) for result in results) == [
        (Status.DONE, ""),
        (Status.UNKNOWN, "JS900"),
    ]


def test_a_record_that_cannot_be_tidied_up_keeps_no_run_from_starting() -> None:
    declared = task(historyLimit=0)
    refused = Refused("no", action="DeleteCustomTask", api_code="AccessDenied")
    runs = [run(declared, "Failed", number, spec=OLD) for number in (1, 2)]
    world = World(faults=[Fault(Erase, 1, refused)]).add(*runs)
    applied(world, [declared])
    assert world.count(Create) == 1


def _finds(world: World) -> list[Find]:
    return [call for call in world.performed if isinstance(call, Find)]


@pytest.mark.parametrize("count", [2, 50])
def test_one_listing_of_the_scope_confirms_all_submits(count: int) -> None:
    world = World()
    events, _ = applied(world, [task(f"t{number}", spec={"args": str(number)}) for number in range(count)])
    assert [call for call in _finds(world) if call.tag.startswith("jobspec-scope_")] == _finds(world)[-1:]
    assert len(_finds(world)) == 2 * count + 1  # before each create by tag and by name; then once for all
    requests = [call for call in world.performed if not isinstance(call, (Now, NextTurn, Intend, Settle))]
    assert len(requests) == 4 * count + 1  # also the create, and the get of what it created
    assert world.count(Settle) == count
    assert world.journal == []
    assert [type(event) for event in events].count(Ended) == count


def test_one_submit_in_a_large_scope_is_confirmed_by_itself() -> None:
    declared = [task(f"t{number}", spec={"args": str(number)}) for number in range(120)]
    world = World().add(*(replace(run(one, "Success"), id=f"t-{one.name}") for one in declared[:-1]))
    applied(world, declared)
    assert [call.tag for call in _finds(world) if call.tag][-1].startswith("jobspec-task_t119")


def another_apply(world: World, name: str) -> Callable[[Call], None]:
    """A run of another apply for the same task, older than ours, that shows before the last listing."""

    def before(call: Call) -> None:
        ours = [one for one in world.runs.values() if one.name == name]
        if isinstance(call, Find) and len(ours) == 1 and world.count(Create) == 2:
            world.add(replace(ours[0], id="t-20251231000000-first", created=EPOCH))

    return before


def test_a_duplicate_in_the_listing_is_checked_by_itself_and_our_run_cancelled() -> None:
    world = World()
    world.before = another_apply(world, "a")
    events, _ = applied(world, [task("a"), task("b", spec={"args": "b"})])
    results = {
        event.outcome.change.task: event.outcome.result for event in events if isinstance(event, Ended)
    }
    assert results["a"].run == "t-20251231000000-first"
    world.time += 100  # the stop takes effect
    assert [one.id for one in world.active() if one.name == "a"] == ["t-20251231000000-first"]
    assert world.count(Stop) == 1
    assert world.journal == []


def test_each_submit_is_checked_by_itself_when_the_listing_fails() -> None:
    lost = Unavailable("no answer", action="ListCustomTasks")
    world = World(faults=[Fault(Find, 5, lost)])
    world.before = another_apply(world, "a")
    applied(world, [task("a"), task("b", spec={"args": "b"})])
    assert len(_finds(world)) == 4 + 1 + 2
    world.time += 100  # the stop takes effect
    assert [one.id for one in world.active() if one.name == "a"] == ["t-20251231000000-first"]


def test_submits_stay_noted_when_no_check_succeeds() -> None:
    lost = Unavailable("no answer", action="ListCustomTasks")
    world = World(faults=[Fault(Find, number, lost) for number in (5, 6, 7)])
    events, _ = applied(world, [task("a"), task("b", spec={"args": "b"})])
    ended = [event.outcome for event in events if isinstance(event, Ended)]
    assert [outcome.status for outcome in ended] == [Status.DONE] * 2
    assert all("the check for duplicates failed" in outcome.result.detail for outcome in ended)
    assert len(world.journal) == 2
