"""What cannot be promised, as docs/guarantees.md says it: what may come of it, and what repairs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.proof.simulation.explore import SMALL
from tests.proof.simulation.fate import Ordered, Written
from tests.proof.simulation.faults import SLEEP_CRASH
from tests.proof.simulation.history import PERSON, PLATFORM, Kind
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.runs import Setting, calm, commits, world_of
from tests.proof.simulation.schedule import World, simulated
from tests.proof.simulation.service import STOPPABLE, Stored
from tests.proof.simulation.truth import task_of

LATE = "executed at the end of the window, the answer lost"
TOO_LITTLE = replace(SMALL, assumed=0.25)
CAREFUL = Powers(faults=True, crashes=1)
RACE = ((0,), (0,))


@dataclass
class Seen:
    """The task `t0` over a run that nobody checked."""

    active: int = 0
    """How many runs of it were active at once, at most."""
    plans: list[str] = field(default_factory=list)
    creates: int = 0
    left: int = 0
    """How many runs of it are active once calm applies had three tries; `calm` holds them to that."""


def seen(
    setting: Setting, fate: Ordered | Written, at_each_step: Callable[[World], None] = lambda _: None
) -> Seen:
    world, what = world_of(setting, fate), Seen()
    with simulated(world):
        while world.step():
            at_each_step(world)
            what.active = max(what.active, len(active(world)))
        events = len(world.history.events)
        calm(world, commits(setting)[setting.last_commit])
    what.plans = [
        str(change.reason)
        for event in world.history.events[events:]
        if event.kind is Kind.PLANNED
        for change in event.data["planned"].plan.pending
    ]
    what.creates = sum(
        event.action == "CreateCustomTask"
        for event in world.history.events
        if event.kind is Kind.WRITTEN and event.caller not in {PERSON, PLATFORM}
    )
    what.left = len(active(world))
    return what


def active(world: World) -> list[Stored]:
    return [
        one for one in world.service.records.values() if task_of(one.wire) == "t0" and one.state in STOPPABLE
    ]


def test_a_create_executed_later_than_assumed_makes_two_runs_until_the_next_apply() -> None:
    twice = Setting(("new",), ((0, 0),), CAREFUL, TOO_LITTLE)
    what = seen(twice, Ordered([LATE]))
    assert (what.active, what.plans, what.left) == (2, ["duplicate"], 1)


def test_a_run_listed_later_than_assumed_is_submitted_again_until_the_next_apply() -> None:
    twice = Setting(("new",), ((0, 0),), CAREFUL, TOO_LITTLE)
    what = seen(twice, Ordered([], ["listed late"]))
    assert (what.active, what.plans, what.left) == (2, ["duplicate"], 1)


def test_within_the_numbers_neither_happens() -> None:
    for fate in (Ordered([LATE]), Ordered([], ["listed late"])):
        what = seen(Setting(("new",), ((0, 0),), CAREFUL, SMALL), fate)
        assert (what.active, what.plans, what.left) == (1, [], 1)


def test_two_applies_at_once_may_both_submit_and_clear_up_themselves() -> None:
    what = seen(Setting(("new",), RACE, CAREFUL, SMALL), Ordered([], ["listed late"]))
    assert (what.active, what.plans, what.left) == (2, [], 1)


def test_two_applies_at_once_with_a_lost_answer_leave_two_runs_until_the_next_apply() -> None:
    """Nothing proves which of the two the one whose answer was lost has made."""
    fate = Ordered(["executed late, the answer lost"], ["applier 2 (apply 1)", "listed at once"])
    what = seen(Setting(("new",), RACE, CAREFUL, SMALL), fate)
    assert (what.active, what.plans, what.left) == (2, ["duplicate"], 1)


def test_when_one_of_two_dies_before_it_has_looked_again_the_next_apply_clears_up() -> None:
    """It is the later one: whose run would have to go."""
    fate = Ordered([SLEEP_CRASH], ["applier 2 (apply 1)", "listed late"])
    what = seen(Setting(("new",), RACE, CAREFUL, SMALL), fate)
    assert (what.active, what.left) == (2, 1)


def test_a_run_that_ends_before_the_look_may_have_run_twice() -> None:
    def succeed(world: World) -> None:
        for one in active(world):
            if one.maker.machine == 0:
                world.service.write(one.id, {"State": "Success"}, "end", PLATFORM)

    what = seen(Setting(("new",), RACE, CAREFUL, SMALL), Ordered([], ["listed late"]), succeed)
    assert what.creates == 2


def test_a_copy_with_all_tags_is_a_duplicate_and_the_newer_one_goes() -> None:
    people = Powers(faults=False, crashes=0, deeds=True)
    what = seen(Setting(("running",), ((0,),), people, SMALL), Ordered(["a person copies a run"]))
    assert (what.active, what.left) == (2, 1)
