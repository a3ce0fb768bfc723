"""Commands in help lines are for the scope that they were printed for, not for the default environment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobspec.errors import UsageError
from jobspec.manifest.values import Limits
from jobspec.reconcile.guards.expectations import unmet
from jobspec.reconcile.guards.limits import violations
from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason
from jobspec.reconcile.planning.selection import Selection, select

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Limits(max_removals=0, max_replacements=0, max_lost_replica_hours=0)
CHANGES = (
    Change(task="gone", action=Action.CANCEL, reason=Reason.REMOVED),
    Change(task="kept", action=Action.REPLACE, reason=Reason.SPEC_CHANGED),
)


@pytest.mark.parametrize(("scope", "option"), [("speech", ""), ("speech/prod", " -e prod")])
def test_guards_suggest_a_plan_of_their_own_scope(scope: str, option: str) -> None:
    plan = Plan(scope=scope, changes=CHANGES, managed=2)
    found = {one.code: one.help for one in violations(plan, NOTHING, NOW, declared=0)}
    found |= {one.code: one.help for one in unmet(plan, ("no-replace",))}
    assert f"jobspec plan{option};" in found["JS401"]
    assert f"jobspec plan{option};" in found["JS402"]
    assert f"jobspec plan{option};" in found["JS411"]
    assert found["JS405"].endswith(f"jobspec destroy{option}")


def test_a_selector_that_fits_nothing_suggests_the_status_of_its_own_scope() -> None:
    with pytest.raises(UsageError) as caught:
        select(Plan(scope="speech/prod", changes=(), managed=0), {}, Selection(("x",), ()))
    assert "jobspec status -e prod;" in caught.value.help
