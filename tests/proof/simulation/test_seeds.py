"""Large worlds by seed: many tasks, several appliers, everything that can go wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.proof.simulation.deeds import DEEDS
from tests.proof.simulation.explore import Tally, by_seed, by_seeds, setting_of
from tests.proof.simulation.fate import Seeded, Written
from tests.proof.simulation.faults import KINDS
from tests.proof.simulation.runs import run
from tests.proof.simulation.schedule import COMING_IN, INTERRUPT, PAUSES
from tests.proof.simulation.stories import numbers_of, story

SLICE = range(300)
LONG = range(1_000_000, 1_020_000)
EVENTS = (*KINDS, *DEEDS, *INTERRUPT[1:], *PAUSES[1:], *COMING_IN[1:])


def check(tally: Tally) -> None:
    assert not tally.told().tale, tally.tale
    never = [kind for kind in EVENTS if not tally.reached[kind]]
    assert not never, f"never reached: {', '.join(never)}"


@pytest.mark.long
def test_no_seed_breaks_an_invariant_and_every_kind_of_trouble_was_met() -> None:
    check(by_seeds(SLICE))


@pytest.mark.simulation
def test_no_seed_of_many_breaks_an_invariant() -> None:
    check(by_seeds(LONG))


@pytest.mark.parametrize("seed", [3, 7, 40])
def test_a_seed_is_the_same_run_to_the_byte(seed: int) -> None:
    setting = setting_of(seed)
    assert story(setting, by_seed(seed)) == story(setting, by_seed(seed))


@pytest.mark.parametrize("seed", [3, 7, 40])
def test_its_choices_written_down_are_the_same_run(seed: int) -> None:
    setting, ending = setting_of(seed), by_seed(seed)
    assert story(setting, run(setting, Written(numbers_of(ending.choices)))) == story(setting, ending)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6])
def test_the_short_way_to_the_platform_is_the_same_run_as_over_http(seed: int) -> None:
    setting = setting_of(seed)
    short, http = (
        replace(setting, powers=replace(setting.powers, over_http=over_http)) for over_http in (False, True)
    )
    assert story(setting, run(short, Seeded(seed))) == story(setting, run(http, Seeded(seed)))
