"""The expectations of a plan (`--expect`)."""

from __future__ import annotations

import pytest

from jobspec.reconcile.guards.expectations import EXPECTATIONS, unmet
from jobspec.reconcile.planning.plan import Plan
from jobspec.reconcile.tags import Keep
from tests.reconcile.world import planned, run, task

OLD = "1" + "0" * 16
A = task("a")
B = task("b", suspend=True, spec={"args": "other"})
PLANS = {
    "nothing": planned([A], [run(A, "Running")]),
    "submit": planned([A], []),
    "replace": planned([A], [run(A, "Running", spec=OLD)]),
    "run again": planned([A], [run(A, "Success", spec=OLD)]),
    "suspend": planned([B], [run(B, "Running")]),
    "remove": planned([B], [run(A, "Running")]),
    "remove a record": planned([B], [run(A, "Success", keep=Keep.DELETE)]),
    "remove both": planned([B], [run(A, "Running", keep=Keep.DELETE)]),
}


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("nothing", set()),
        ("submit", {"no-change", "no-submit"}),
        ("replace", {"no-change", "no-replace", "no-submit"}),
        ("run again", {"no-change", "no-submit", "no-rerun"}),
        ("suspend", {"no-change", "no-cancel"}),
        ("remove", {"no-change", "no-cancel"}),
        ("remove a record", {"no-change", "no-delete"}),
        ("remove both", {"no-change", "no-cancel", "no-delete"}),
    ],
)
def test_each_expectation_refuses_its_changes(name: str, broken: set[str]) -> None:
    plan: Plan = PLANS[name]
    assert {word for word in EXPECTATIONS if unmet(plan, [word])} == broken
    assert len(unmet(plan, EXPECTATIONS)) == len(broken)
    assert unmet(plan, []) == ()


def test_a_refusal_names_the_tasks_and_cannot_be_forced() -> None:
    many = [task(f"t{number}") for number in range(5)]
    [violation] = unmet(planned(many, []), ["no-change"])
    assert (violation.code, violation.guard) == ("JS411", "")
    assert "`t0`, `t1`, `t2` and 2 more" in violation.message
