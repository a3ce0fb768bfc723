"""Each checker is able to fail: code that is broken on purpose does not get through."""

from __future__ import annotations

import pytest

from tests.simulation.broken_code import MUTANTS
from tests.simulation.checkers import CHECKERS
from tests.simulation.hunt import AT_RANDOM, GROUNDS, STAGED, hunt
from tests.simulation.mutants import Mutant, applied

LONG_HUNT = 5_000
# Long hunts are for the long run; of the others every third is enough to see that the net holds.
SLOW_GROUNDS = frozenset(
    {"two deeds", "signals", "faults of stops", "faults of new", "deeds", "faults of steps"}
)
FAST = [mutant for mutant in MUTANTS if mutant.ground not in SLOW_GROUNDS]
SLOW_TOO = {"a fault in a race", "faults of opposed cancels"}
SLICE = [mutant for mutant in FAST[::3] if mutant.ground not in SLOW_TOO]


def names(mutants: list[Mutant]) -> list[str]:
    return [mutant.name for mutant in mutants]


@pytest.mark.parametrize("mutant", SLICE, ids=names(SLICE))
def test_broken_code_is_noticed(mutant: Mutant) -> None:
    assert hunt(mutant, most=400).by


@pytest.mark.simulation
def test_every_way_to_break_the_code_is_noticed_and_every_checker_notices_one() -> None:
    caught = [hunt(mutant, most=LONG_HUNT) for mutant in MUTANTS]
    assert [one.mutant for one in caught if not one.by] == []
    assert CHECKERS.keys() <= {one.by for one in caught}


def test_there_are_enough_of_them_and_each_changes_something() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 60
    for mutant in MUTANTS:
        with applied(mutant):
            pass


def test_each_has_a_ground_that_there_is() -> None:
    assert {mutant.ground for mutant in MUTANTS} - {""} <= GROUNDS.keys() | STAGED.keys() | AT_RANDOM.keys()
