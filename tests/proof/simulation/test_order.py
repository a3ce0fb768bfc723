"""The order between tasks in simulated worlds: with crashes, faults, deeds, and two appliers."""

from __future__ import annotations

import pytest

from tests.proof.simulation.explore import SMALL, everything
from tests.proof.simulation.fate import Seeded
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.runs import Setting, run
from tests.proof.simulation.schedule import World
from tests.proof.simulation.situations import IN_ORDER
from tests.proof.simulation.stories import story

ONCE, TWICE, RACE, OTHER = ((0,),), ((0, 0),), ((0,), (0,)), ((0,), (1,))
CRASHES, QUIET = Powers(faults=False, crashes=1), Powers(faults=False, crashes=0)
ANYTHING = Powers(crashes=2, deeds=True, signals=True, pauses=True, between=True)


def explored(
    name: str, applies: tuple[tuple[int, ...], ...], powers: Powers, *, most: int, eventful: int
) -> int:
    setting = Setting((name,), applies, powers, SMALL)
    tally = everything(setting, eventful=eventful, is_enough=lambda tally: tally.runs >= most).told()
    assert not tally.tale, tally.tale
    return tally.runs


def by_chance(name: str, seeds: range) -> None:
    for seed in seeds:
        applies = (ONCE, TWICE, RACE, OTHER, ((0, 1), (0, 0)))[seed % 5]
        setting = Setting((name,), applies, ANYTHING, SMALL)
        ending = run(setting, Seeded(seed))
        assert ending.broken is None, story(setting, ending)


@pytest.mark.parametrize("name", IN_ORDER)
def test_every_order_survives_a_crash(name: str) -> None:
    explored(name, ONCE, CRASHES, most=40, eventful=1)


@pytest.mark.parametrize("name", ["one slot", "half full", "full and changed"])
def test_two_appliers_stay_within_their_slots(name: str) -> None:
    explored(name, RACE, QUIET, most=40, eventful=0)


@pytest.mark.parametrize("name", IN_ORDER)
def test_every_order_survives_anything_by_chance(name: str) -> None:
    by_chance(name, range(8))


@pytest.mark.simulation
@pytest.mark.parametrize("name", IN_ORDER)
def test_every_order_survives_much_more(name: str) -> None:
    by_chance(name, range(1000, 1600))
    explored(name, ONCE, Powers(crashes=1), most=3000, eventful=1)
    for applies in (RACE, OTHER):
        explored(name, applies, CRASHES, most=3000, eventful=1)


@pytest.mark.parametrize("applies", [RACE, OTHER])
def test_two_appliers_together_may_exceed_the_limit_of_one_but_not_of_two(
    applies: tuple[tuple[int, ...], ...],
) -> None:
    most = 0

    def count(world: World) -> None:
        nonlocal most
        tagged = (one for one in world.service.records.values() if "jobspec-set_t0-set" in one.tags)
        most = max(most, sum(one.is_active for one in tagged))

    for seed in range(14):
        ending = run(Setting(("half full",), applies, QUIET, SMALL), Seeded(seed), at_each_step=count)
        assert ending.broken is None
    assert 2 < most <= 4  # the limit is 2
