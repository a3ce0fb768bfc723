"""No canary is in any sink, wherever it is put."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.secrets.canary import Canary
from tests.proof.secrets.table import LONG, SLICE, TABLE
from tests.proof.secrets.world import new_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.secrets.placement import Placement


def played(placement: Placement, folder: Path) -> dict[str, str]:
    """Plant the canary, run every command, and return the sinks where it was found."""
    canary = Canary.named(placement.name, placement.frame)
    with new_world(folder, canary) as world:
        placement.plant(world)
        for run in placement.runs:
            ended = world.run(run.line)
            assert ended.code == run.exits, f"{run.line} exits {ended.code}:\n{ended.printed}"
            assert run.says in ended.printed, ended.printed
        assert placement.reached(world), "the canary was never in play"
        return {hit.sink: hit.around for hit in world.hits()}


REST = tuple(row for row in (*TABLE, *LONG) if row not in SLICE)


@pytest.mark.long
@pytest.mark.parametrize("placement", SLICE, ids=[row.name for row in SLICE])
def test_a_secret_is_in_no_sink(placement: Placement, tmp_path: Path) -> None:
    check(placement, tmp_path)


@pytest.mark.secrets
@pytest.mark.parametrize("placement", REST, ids=[row.name for row in REST])
def test_a_secret_is_in_no_sink_either(placement: Placement, tmp_path: Path) -> None:
    check(placement, tmp_path)


def check(placement: Placement, folder: Path) -> None:
    """Hold a row to what it says: no sink but those that are documented, and each of those."""
    found = played(placement, folder)
    assert {sink: around for sink, around in found.items() if sink not in placement.shown} == {}
    assert set(placement.shown) <= found.keys(), "documented as shown, and is not: let the row say so"
