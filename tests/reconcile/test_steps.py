from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.errors import (
    Forbidden,
    NotSent,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    UnknownAction,
)
from jobspec.reconcile import tags
from jobspec.reconcile.protocol.calls import Call, Create, Erase, Get, Sleep, Stop, Write
from jobspec.reconcile.protocol.converge import converge
from jobspec.reconcile.protocol.outcome import Outcome, Status
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Keep, Marks
from tests.reconcile.simulated import Fault, World, lost
from tests.reconcile.world import only, planned, run, task, unmanaged

TRAIN = task()
OLD = run(TRAIN, "Running", spec="1" + "0" * 16)


def apply(world: World, tasks: list[Any], *, interrupt_at: type | None = None) -> Outcome:
    """Plan the present state of the world, and carry out the first change."""
    change = planned(tasks, list(world.runs.values())).pending[0]
    outcome = world.drive(converge(change, "vision", Assumptions(0, 0)), interrupt_at=interrupt_at)
    assert isinstance(outcome, Outcome)
    return outcome


def on(kind: type, number: int, act: Any, world: World) -> None:
    """A person acts just before the n-th call of a kind."""

    def before(call: Call) -> None:
        if isinstance(call, kind) and world.count(kind) == number:
            act()

    world.before = before


def test_a_replacement_is_submitted_only_after_the_old_run_was_seen_terminal() -> None:
    world = World().add(OLD)
    seen: list[str] = []
    on(Create, 1, lambda: seen.append(world.runs[OLD.id].state), world)
    assert apply(world, [TRAIN]).status is Status.DONE
    assert seen == ["Cancelled"]
    assert len(world.active()) == 1


def test_a_cancel_leaves_its_reason_on_the_run() -> None:
    world = World().add(OLD)
    apply(world, [TRAIN])
    marks = world.runs[OLD.id].marks
    assert isinstance(marks, Marks)
    assert marks.stop == "replace"


def test_when_the_cancel_is_refused_nothing_is_submitted() -> None:
    error = Forbidden("not your task", action="StopCustomTask", api_code="AccessDenied")
    world = World(faults=[Fault(Stop, 1, error)]).add(OLD)
    outcome = apply(world, [TRAIN])
    assert (outcome.status, world.count(Create), world.runs[OLD.id].state) == (Status.FAILED, 0, "Running")


def test_a_lost_answer_to_a_stop_is_looked_up() -> None:
    world = World(faults=[Fault(Stop, 1, lost("StopCustomTask"), executed=True)]).add(OLD)
    assert apply(world, [TRAIN]).status is Status.DONE


def test_a_stop_that_may_not_have_arrived_is_unknown() -> None:
    world = World(faults=[Fault(Stop, 1, lost("StopCustomTask"))]).add(OLD)
    outcome = apply(world, [TRAIN])
    assert (outcome.status, world.count(Create)) == (Status.UNKNOWN, 0)


@pytest.mark.parametrize("error", [Throttled, NotSent])
def test_the_reason_of_a_cancel_is_written_again_to_a_busy_platform(error: type[PlatformError]) -> None:
    faults = [Fault(Write, number, error("busy", action="UpdateCustomTask")) for number in (1, 2)]
    world = World(faults=faults).add(OLD)
    assert apply(world, [TRAIN]).status is Status.DONE
    marks = world.runs[OLD.id].marks
    assert isinstance(marks, Marks)
    assert (marks.stop, world.count(Write), world.count(Stop)) == ("replace", 3, 1)


@pytest.mark.parametrize(("executed", "writes"), [(False, 2), (True, 1)])
def test_a_reason_with_an_unclear_write_is_written_again_only_if_it_is_missing(
    executed: bool, writes: int
) -> None:
    world = World(faults=[Fault(Write, 1, lost("UpdateCustomTask"), executed=executed)]).add(OLD)
    assert apply(world, [TRAIN]).status is Status.DONE
    marks = world.runs[OLD.id].marks
    assert isinstance(marks, Marks)
    assert (marks.stop, world.count(Write), world.count(Stop)) == ("replace", writes, 1)


def test_a_write_of_a_person_while_the_reason_was_lost_is_not_overwritten() -> None:
    world = World(faults=[Fault(Write, 1, lost("UpdateCustomTask"))]).add(OLD)
    theirs = replace(OLD, description="mine", tags=(*OLD.tags, "theirs"))
    on(Get, 2, lambda: world.add(theirs), world)
    apply(world, [TRAIN])
    assert (world.count(Write), world.runs[OLD.id].description) == (1, "mine")
    assert "theirs" in world.runs[OLD.id].tags


def test_a_platform_that_stays_busy_does_not_prevent_the_cancel() -> None:
    faults = [Fault(Write, number, Throttled("busy", action="UpdateCustomTask")) for number in range(1, 99)]
    world = World(faults=faults).add(OLD)
    assert apply(world, [TRAIN]).status is Status.DONE
    assert (world.runs[OLD.id].state, world.count(Stop)) == ("Cancelled", 1)


@pytest.mark.parametrize("error", [UnknownAction, Forbidden, Unavailable])
def test_a_platform_that_keeps_no_reason_still_lets_us_cancel(error: type) -> None:
    world = World(faults=[Fault(Write, 1, error("no", action="UpdateCustomTask"))]).add(OLD)
    assert apply(world, []).status is Status.DONE
    assert world.runs[OLD.id].state == "Killing"


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_whose_tags_changed_since_the_plan_is_left_alone(number: int) -> None:
    world = World().add(OLD)
    released = replace(OLD, tags=(), marks=None)
    on(Get, number, lambda: world.add(released), world)
    outcome = apply(world, [])
    assert (outcome.status, outcome.result.code, world.count(Stop)) == (Status.SKIPPED, "JS406", 0)


def test_a_run_that_became_protected_since_the_plan_is_left_alone() -> None:
    world = World().add(OLD)
    on(Get, 1, lambda: world.add(run(TRAIN, "Running", spec="1" + "0" * 16, keep=Keep.PROTECT)), world)
    assert (apply(world, []).status, world.count(Stop)) == (Status.SKIPPED, 0)


def test_a_run_in_an_unknown_state_is_left_alone() -> None:
    world = World().add(OLD)
    on(Get, 1, lambda: world.add(replace(OLD, state="Odd")), world)
    assert (apply(world, []).status, world.count(Stop)) == (Status.SKIPPED, 0)


@pytest.mark.parametrize("state", ["Success", "Failed", "Cancelled", "Killing"])
def test_a_run_that_has_ended_meanwhile_needs_no_stop(state: str) -> None:
    world = World().add(OLD)
    on(Get, 1, lambda: world.add(replace(OLD, state=state)), world)
    assert (apply(world, []).status, world.count(Stop)) == (Status.DONE, 0)


def test_a_run_that_is_gone_needs_no_stop() -> None:
    world = World().add(OLD)
    on(Get, 1, world.runs.clear, world)
    assert apply(world, []).status is Status.DONE


def test_a_duplicate_is_stopped_while_the_winner_exists() -> None:
    world = World().add(run(TRAIN, "Running", 1), run(TRAIN, "Running", 2))
    assert apply(world, [TRAIN]).status is Status.DONE
    assert [r.state for r in world.runs.values()] == ["Running", "Cancelled"]


@pytest.mark.parametrize("state", ["Failed", "Killing", "Odd"])
def test_a_duplicate_stays_when_the_winner_has_ended(state: str) -> None:
    winner = run(TRAIN, "Running", 1)
    world = World().add(winner, run(TRAIN, "Running", 2))
    on(Get, 2, lambda: world.add(replace(winner, state=state)), world)
    assert (apply(world, [TRAIN]).status, world.count(Stop)) == (Status.SKIPPED, 0)


def test_waiting_too_long_is_a_failure() -> None:
    world = World(stop_takes=10_000).add(OLD)
    outcome = apply(world, [TRAIN])
    assert (outcome.status, outcome.result.code, world.count(Create)) == (Status.FAILED, "JS531", 0)


def test_an_interrupt_while_waiting_submits_nothing_and_the_next_apply_continues() -> None:
    world = World().add(OLD)
    assert apply(world, [TRAIN], interrupt_at=Sleep).status is Status.SKIPPED
    assert world.count(Create) == 0
    assert apply(world, [TRAIN]).status is Status.DONE
    assert len(world.active()) == 1


def test_a_removed_run_with_delete_is_stopped_and_its_record_deleted() -> None:
    world = World().add(run(TRAIN, "Running", keep=Keep.DELETE))
    assert apply(world, []).status is Status.DONE
    assert world.runs == {}


def test_a_record_that_came_to_life_is_not_deleted() -> None:
    finished = run(TRAIN, "Failed", keep=Keep.DELETE)
    world = World().add(finished)
    on(Get, 1, lambda: world.add(replace(finished, state="Running")), world)
    assert (apply(world, []).status, world.count(Erase)) == (Status.SKIPPED, 0)


def test_an_update_is_read_back() -> None:
    world = World().add(run(TRAIN, "Running"))
    described = task(description="better", tags=["team-x"])
    assert apply(world, [described]).status is Status.DONE
    [updated] = world.runs.values()
    assert (updated.description, tags.user_tags(updated.tags)) == ("better", ("team-x",))


def test_an_update_that_cannot_be_read_back_is_unknown() -> None:
    world = World().add(run(TRAIN, "Running"))
    change = planned([task(description="new")], list(world.runs.values())).pending[0]
    gets: list[Call] = []

    def is_second_get(call: Call) -> bool:
        gets.extend([call] if isinstance(call, Get) else [])
        return len(gets) == 2

    outcome = world.drive(converge(change, "vision", Assumptions(0, 0)), interrupt_if=is_second_get)
    assert (outcome.status, world.count(Write)) == (Status.UNKNOWN, 1)


def test_an_update_that_the_platform_does_not_know_changes_nothing_and_loses_nothing() -> None:
    error = UnknownAction("what?", action="UpdateCustomTask", api_code="InvalidActionOrVersion")
    world = World(faults=[Fault(Write, 1, error)]).add(run(TRAIN, "Running"))
    outcome = apply(world, [task(description="better")])
    assert (outcome.status, world.count(Create), world.count(Stop)) == (Status.SKIPPED, 0, 0)


def test_an_update_that_does_not_show_is_a_failure() -> None:
    active = run(TRAIN, "Running")
    world = World().add(active)
    on(Get, 2, lambda: world.add(active), world)
    assert apply(world, [task(tags=["team-x"])]).status is Status.FAILED


def test_a_refused_read_fails_the_change_and_nothing_is_written() -> None:
    error = Refused("no", action="GetCustomTask", api_code="InvalidParameter")
    world = World(faults=[Fault(Get, 1, error)]).add(OLD)
    outcome = apply(world, [TRAIN])
    assert (outcome.status, world.count(Stop), world.count(Create)) == (Status.FAILED, 0, 0)


def test_a_twin_prevents_a_replacement_from_stopping_the_old_run() -> None:
    world = World().add(OLD, unmanaged("train", "Running", 2))
    outcome = apply(world, [TRAIN])
    assert (outcome.result.code, world.count(Stop), world.runs[OLD.id].state) == ("JS407", 0, "Running")


def test_runs_stopped_before_a_failure_are_reported() -> None:
    refused = Refused("no quota", action="CreateCustomTask", api_code="QuotaExceeded")
    outcome = apply(World(faults=[Fault(Create, 1, refused)]).add(OLD), [TRAIN])
    assert outcome.result.detail == f"no quota; {OLD.id} was already stopped"


def test_a_refused_cancel_leaves_no_mark() -> None:
    error = Forbidden("not your task", action="StopCustomTask", api_code="AccessDenied")
    world = World(faults=[Fault(Stop, 1, error)]).add(OLD)
    apply(world, [TRAIN])
    assert world.runs[OLD.id].marks == OLD.marks


def test_a_run_that_is_about_to_be_stopped_is_not_a_winner() -> None:
    winner = run(TRAIN, "Running", 1)
    world = World().add(winner, run(TRAIN, "Running", 2))
    on(Write, 1, lambda: world.add(run(TRAIN, "Running", 1, stop="duplicate")), world)
    outcome = apply(world, [TRAIN])
    assert (outcome.status, world.count(Stop)) == (Status.SKIPPED, 0)
    assert all(r.marks and "duplicate" not in str(r.marks) for r in list(world.runs.values())[1:])


def test_a_stop_that_was_refused_after_an_earlier_try_took_effect_keeps_its_reason() -> None:
    """The client retries a stop: the first try may be executed late, and the second be refused."""
    refused = Refused("not allowed", action="StopCustomTask", api_code="AccessDenied")
    world = World(faults=[Fault(Stop, 1, refused)]).add(OLD)
    gets = 0

    def executed_late(call: Call) -> None:
        nonlocal gets
        gets += isinstance(call, Get)
        if isinstance(call, Get) and gets == 4:
            world.runs[OLD.id] = replace(world.runs[OLD.id], state="Cancelled")

    world.before = executed_late
    change = only(planned([], [OLD]))
    assert world.drive(converge(change, "vision", Assumptions(0, 0))).status is Status.DONE
    marks = world.runs[OLD.id].marks
    assert isinstance(marks, Marks)
    assert marks.stop == "removed"


def test_an_interrupt_after_an_unclear_stop_is_unknown() -> None:
    world = World(faults=[Fault(Stop, 1, lost("StopCustomTask"))]).add(OLD)
    change = planned([], [OLD]).pending[0]
    protocol = converge(change, "vision", Assumptions(0, 0))
    gets = 0

    def interrupting(call: Call) -> bool:
        nonlocal gets
        gets += isinstance(call, Get)
        return gets == 3

    assert world.drive(protocol, interrupt_if=interrupting).status is Status.UNKNOWN


def test_a_duplicate_whose_mark_does_not_show_continues() -> None:
    """Of two appliers that want to stop each other's run, one must see the other's mark."""
    runs = [run(TRAIN, "Running", 1), run(TRAIN, "Running", 2)]
    world = World().add(*runs)

    def forget_tags(call: Call) -> None:
        if isinstance(call, Get):
            world.runs |= {
                one.id: replace(world.runs[one.id], tags=one.tags, marks=one.marks) for one in runs
            }

    world.before = forget_tags
    [change] = planned([TRAIN], runs).pending
    outcome = world.drive(converge(change, "vision", Assumptions(0, 0)))
    assert (outcome.status, outcome.result.code, world.count(Stop)) == (Status.SKIPPED, "JS406", 0)


def hidden_from_get(world: World, *, until: float) -> None:
    """A get may lag, as a list may."""
    everything = dict(world.runs)

    def hide(call: Call) -> None:
        everything.update(world.runs)
        world.runs = {} if isinstance(call, Get) and world.time < until else dict(everything)

    world.before = hide


@pytest.mark.parametrize("tasks", [[TRAIN], []], ids=["replaced", "removed"])
def test_a_run_that_only_a_get_does_not_show_yet_is_not_gone(tasks: list[Any]) -> None:
    world = World().add(OLD)
    hidden_from_get(world, until=1015)
    change = only(planned(tasks, [OLD]))
    outcome = world.drive(converge(change, "vision", Assumptions(20, 10)))
    assert (outcome.status, world.runs[OLD.id].state) == (Status.DONE, "Cancelled" if tasks else "Killing")


def test_nothing_is_submitted_beside_a_run_that_the_list_shows_and_a_get_does_not() -> None:
    stopping = replace(OLD, state="Killing")
    world = World().add(stopping)
    hidden_from_get(world, until=2000)
    change = only(planned([TRAIN], [stopping]))
    outcome = world.drive(converge(change, "vision", Assumptions(20, 10)))
    assert (outcome.status, world.count(Create)) == (Status.SKIPPED, 0)


def test_a_description_that_is_not_echoed_survives_a_cancel() -> None:
    world = World().add(replace(OLD, description=None))
    apply(world, [])
    written = [call for call in world.performed if isinstance(call, Write)]
    assert [call.description for call in written] == [None]


WORLDS: dict[str, tuple[list[Any], list[Run]]] = {
    "submit": ([TRAIN], []),
    "replace": ([TRAIN], [OLD]),
    "removed": ([], [run(TRAIN, "Running", keep=Keep.DELETE)]),
    "duplicate": ([TRAIN], [run(TRAIN, "Running", 1), run(TRAIN, "Running", 2)]),
    "rename": ([task("new-name")], [run(TRAIN, "Success", 1), run(TRAIN, "Running", 2)]),
    "update": ([task(description="better")], [run(TRAIN, "Running")]),
    "suspend": ([task(suspend=True)], [run(TRAIN, "Running")]),
}


@pytest.mark.parametrize("name", WORLDS)
def test_interrupted_at_any_call_later_applies_end_where_one_would_have(name: str) -> None:
    tasks, runs = WORLDS[name]
    expected = settled(World().add(*runs), tasks)
    for number in range(1, 30):
        world = World().add(*runs)
        for change in planned(tasks, runs).pending:
            protocol = converge(change, "vision", Assumptions(0, 0))
            world.drive(protocol, interrupt_if=from_call(number))
        assert settled(world, tasks) == expected, f"interrupted at call {number}"


def from_call(number: int) -> Callable[[Call], bool]:
    """True from the n-th call on."""
    left = iter(range(number - 1, -1000, -1))
    return lambda _: next(left) <= 0


def settled(world: World, tasks: list[Any]) -> tuple[int, bool]:
    """Return the number of active runs after three applies, and whether nothing is left to do."""
    for _ in range(3):
        for change in planned(tasks, list(world.runs.values())).pending:
            world.drive(converge(change, "vision", Assumptions(0, 0)))
        world.time += 100
        world.active()
    return len(world.active()), planned(tasks, list(world.runs.values())).is_empty
