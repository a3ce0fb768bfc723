"""Several concurrent appliers, interleaved at every call: exactly one run survives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobspec.errors import PlatformError
from jobspec.manifest.task import Task
from jobspec.reconcile.protocol.calls import Call, Now, Protocol, Sleep
from jobspec.reconcile.protocol.converge import confirm, converge
from jobspec.reconcile.protocol.outcome import Status
from jobspec.reconcile.protocol.submit import Assumptions
from tests.reconcile.simulated import World
from tests.reconcile.world import planned, run, task

TRAIN = task()
LAG = 20.0
ASSUMED = Assumptions(list_lag=LAG, commit_window=10)


def applier(world: World, declared: Task = TRAIN) -> Protocol[None]:
    """One complete apply: the plan of the runs listed at its beginning, its changes, and the final check."""
    yield Now()  # another applier may run in between
    for change in planned([declared], [r for r in world.runs.values() if world.is_listed(r.id)]).pending:
        outcome = yield from converge(change, "vision", ASSUMED)
        if outcome.status is not Status.DONE:
            return
        if outcome.result.run:
            yield Sleep(LAG)
            yield from confirm(outcome)


def interleave(world: World, protocols: list[Protocol[Any]], schedule: Iterator[int]) -> None:
    """Advance the protocols one call at a time; each has its own time while it sleeps."""
    waiting: dict[int, Call] = {n: next(protocol) for n, protocol in enumerate(protocols)}
    wake: dict[int, float] = {}
    while waiting:
        ready = [n for n in waiting if wake.get(n, 0) <= world.time]
        if not ready:
            world.time = min(wake[n] for n in waiting)
            continue
        number = ready[next(schedule) % len(ready)]
        call = waiting.pop(number)
        if isinstance(call, Sleep) and number not in wake:
            wake[number] = world.time + call.seconds
            waiting[number] = call
            continue
        wake.pop(number, None)
        try:
            waiting[number] = _step(world, protocols[number], call)
        except StopIteration:
            continue


def _step(world: World, protocol: Protocol[Any], call: Call) -> Call:
    try:
        answer = None if isinstance(call, Sleep) else world.answer(call)
    except PlatformError as error:
        return protocol.throw(error)
    return protocol.send(answer)


choices = st.lists(st.integers(0, 5), min_size=40, max_size=40)


@settings(max_examples=300)
@given(st.integers(2, 3), choices, st.floats(0, LAG))
def test_appliers_of_a_new_task_end_with_one_active_run(count: int, picks: list[int], lag: float) -> None:
    world = World(list_lag=lag)
    interleave(world, [applier(world) for _ in range(count)], _forever(picks))
    world.time += 100
    assert len(world.active()) == 1


@settings(max_examples=300)
@given(choices, st.floats(0, LAG))
def test_appliers_that_replace_a_run_end_with_one_active_run(picks: list[int], lag: float) -> None:
    world = World(list_lag=lag).add(run(TRAIN, "Running", spec="1" + "0" * 16))
    interleave(world, [applier(world), applier(world)], _forever(picks))
    world.time += 100
    assert len(world.active()) == 1


@settings(max_examples=400)
@given(choices, st.floats(0, LAG))
def test_appliers_of_two_commits_that_each_want_their_own_run_never_leave_none(
    picks: list[int], lag: float
) -> None:
    other = task(spec={"args": "--other-commit"})
    world = World(list_lag=lag).add(run(TRAIN, "Running", 1), run(other, "Running", 2))
    interleave(world, [applier(world), applier(world, other)], _forever(picks))
    world.time += 100
    assert len(world.active()) >= 1


def _forever(picks: list[int]) -> Iterator[int]:
    while True:
        yield from picks
