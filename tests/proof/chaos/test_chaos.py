"""The real command line on a bad network, killed at random moments, several at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.chaos.__main__ import MANY
from tests.proof.chaos.checks import judge
from tests.proof.chaos.plans import plan_of
from tests.proof.chaos.rounds import play
from tests.proof.chaos.tally import play_seed, tale, tally_of


@pytest.mark.parametrize("seed", [5, 12])
def test_a_round_of_chaos_breaks_no_invariant(seed: int, tmp_path: Path) -> None:
    story = play(plan_of(seed), tmp_path / "world")
    broken = judge(story)
    assert not broken, tale(story, broken)


@pytest.mark.chaos
def test_no_round_of_many_breaks_an_invariant_and_every_kind_of_trouble_was_met() -> None:
    tally = tally_of(map(play_seed, range(1, 1 + MANY)))
    assert not tally.tale, tally.tale
    assert not tally.never_reached()
    assert len(tally.slow) < MANY / 20
