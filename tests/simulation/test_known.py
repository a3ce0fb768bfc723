"""What the simulation found and is not mended yet; with each of these goes its entry in `known`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobspec.reconcile.calls import Create, Get
from jobspec.reconcile.converge import confirm, converge
from jobspec.reconcile.submit import Assumptions
from tests.reconcile.simulated import Fault, World, lost
from tests.reconcile.world import planned, run, task

LAG = 20.0
TRAIN = task()
OLDER = "t-20260101000001-first"
ASSUMED = Assumptions(list_lag=LAG, commit_window=10)


@pytest.mark.xfail(
    strict=True, reason="not found is taken for gone, also of a run that the list shows as active"
)
def test_a_run_that_only_a_get_does_not_show_yet_is_not_gone() -> None:
    """A get may lag as a list may: a new run that it does not show is submitted beside."""
    new = task(spec={"args": "--new"})
    world = World().add(run(TRAIN, "Running", 1))
    [change] = planned([new], list(world.runs.values())).pending
    listed = dict(world.runs)

    def hide(call: object) -> None:
        listed.update(world.runs)
        is_early = isinstance(call, Get) and world.time < 1020
        world.runs = {} if is_early else dict(listed)

    world.before = hide
    world.drive(converge(change, "vision", ASSUMED))
    assert len(world.active()) == 1


@pytest.mark.xfail(
    strict=True, reason="of two runs of one intention the oldest is adopted, and ours stays beside it"
)
def test_of_two_runs_of_one_intention_the_younger_goes_also_after_an_unclear_answer() -> None:
    """Two appliers with one view have one run id; the answer of the later one is lost."""
    other, own = World(), World(faults=[Fault(Create, 1, lost(), executed=True)])
    [change] = planned([TRAIN], []).pending

    def another_comes_first(call: object) -> None:
        if isinstance(call, Create):
            other.drive(converge(change, "vision", ASSUMED))
            [first] = other.runs.values()
            own.runs = {OLDER: replace(first, id=OLDER)}

    own.before = another_comes_first
    own.drive(confirm(own.drive(converge(change, "vision", ASSUMED))))
    own.time += 60
    assert len(own.active()) == 1
