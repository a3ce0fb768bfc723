"""Small worlds, whole: every crash point, every fault, every interleaving; equal states are seen once."""

from __future__ import annotations

import pytest

from tests.proof.simulation.explore import SMALL, Tally, everything
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.runs import Setting
from tests.proof.simulation.small_worlds import SMALL_WORLDS

CRASHES = Powers(faults=False)
PEACE = Powers(faults=False, crashes=0)


def whole(setting: Setting, eventful: int, *, most: int = 1_000_000) -> Tally:
    tally = everything(setting, eventful=eventful, is_enough=lambda tally: tally.runs >= most).told()
    assert not tally.tale, tally.tale
    return tally


@pytest.mark.long
def test_a_submit_survives_a_crash_at_every_point_and_another_one_after_it() -> None:
    tally = whole(Setting(("new",), powers=CRASHES, traits=SMALL), 2, most=700)
    assert tally.crashes[1] >= 150
    assert tally.crashes[2] >= 400


@pytest.mark.long
@pytest.mark.parametrize("situation", ["spec changed", "removed with its records"])
def test_what_stops_a_run_survives_a_crash_at_every_point(situation: str) -> None:
    assert whole(Setting((situation,), powers=CRASHES, traits=SMALL), 1).crashes[1] >= 80


@pytest.mark.long
def test_a_submit_survives_every_single_fault() -> None:
    assert whole(Setting(("new",), powers=Powers(crashes=0), traits=SMALL), 1).runs >= 500


@pytest.mark.long
@pytest.mark.parametrize("applies", [((0,), (0,)), ((0,), (1,))])
def test_of_two_appliers_in_any_order_one_run_is_left(applies: tuple[tuple[int, ...], ...]) -> None:
    assert whole(Setting(("new",), applies, PEACE, SMALL), 0, most=200).states >= 300


@pytest.mark.simulation
@pytest.mark.parametrize("kind", SMALL_WORLDS)
def test_every_small_world_holds(kind: str) -> None:
    for setting, eventful in SMALL_WORLDS[kind]:
        whole(setting, eventful, most=3_000)
