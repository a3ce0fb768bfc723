"""Runs that broke an invariant once, kept with their choices: they are to stay sound."""

from __future__ import annotations

from tests.proof.simulation.fate import Written
from tests.proof.simulation.machines import Powers
from tests.proof.simulation.runs import Setting, run
from tests.proof.simulation.service import Traits
from tests.proof.simulation.stories import told

# Seed 987654: a create whose answer was unclear, a person who copies what came of it, and a look for
# duplicates that stopped the copy, which no plan had shown.
COPY = [
    *(
        1,
        0,
        1,
        0,
        6,
        3,
        0,
        0,
        0,
        6,
        3,
        9,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        6,
        0,
        7,
        0,
        1,
        0,
        2,
        0,
    ),
    *(0, 1, 9, 0, 1, 0, 0, 20, 1, 0, 2, 14, 0, 0, 0, 0, 0, 11, 3, 0, 0, 0, 14, 0, 0, 0, 0, 6, 0, 2, 15, 0, 0),
    *(
        0,
        7,
        1,
        0,
        14,
        2,
        0,
        1,
        9,
        0,
        0,
        0,
        0,
        0,
        2,
        0,
        0,
        0,
        1,
        0,
        14,
        2,
        0,
        0,
        0,
        0,
        2,
        14,
        5,
        0,
        2,
        7,
        1,
        0,
    ),
    *(1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 9),
]


def test_a_copy_that_a_person_makes_after_an_unclear_answer_is_not_stopped() -> None:
    setting = Setting(("cancelled outside",), ((1,), (0, 1)), Powers(deeds=True), Traits(page_size=100))
    ending = run(setting, Written(COPY))
    assert ending.broken is None, told(ending)
