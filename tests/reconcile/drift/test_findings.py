"""Which changes of a plan are drift, which are only pending, and which are neither."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobspec.reconcile.drift.finding import KINDS, DriftFinding, kind_named
from jobspec.reconcile.drift.findings import labels, of_plan
from jobspec.reconcile.planning import planner, twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import BlockReason, Reason
from tests.reconcile.world import EPOCH, SCOPE, planned, run, task
from tests.report.test_plan_views import WORLDS, in_order

if TYPE_CHECKING:
    from jobspec.reconcile.planning.plan import Plan

DRIFT = {
    "blocked-by-failure": ["blocked-by-failure", "blocked-by-failure", "failed"],
    "cancelled-outside": ["cancelled-outside"],
    "duplicate": ["duplicate"],
    "failed": ["failed"],
    "in-progress-update": ["metadata-edited", "metadata-edited"],
    "inconsistent-tags": ["inconsistent-tags"],
    "other-scope": ["other-scope"],
    "platform-retry": ["platform-retry"],
    "renamed-unclear": ["unclear-rename", "unclear-rename", "unclear-rename"],
    "spec-changed-protected": ["protected"],
    "unknown-state": ["unknown-state"],
    "unmanaged-twin": ["unmanaged-twin"],
}
PENDING = {
    "cooldown": ["retry"],
    "history": ["history"],
    "manual": ["manual"],
    "new": ["new", "new"],
    "removed": ["removed"],
    "removed-finished": ["removed"],
    "renamed": ["renamed"],
    "renamed-and-replaced": ["renamed", "spec-changed"],
    "resumed": ["resumed"],
    "retry": ["retry"],
    "spec-changed": ["spec-changed"],
    "spec-changed-finished": ["spec-changed"],
    "spec-changed-pending": ["spec-changed"],
    "stopping": ["stopping"],
    "suspended": ["suspended"],
    "waiting": ["new", "new", "waiting", "waiting"],
    "waits-for-completion": ["waits-for-completion"],
}
MIXED = {"max-failed": ["blocked-by-failure", "failed", "max-failed"]}


def plan_of(name: str) -> Plan:
    tasks, runs = WORLDS[name]
    context = PlanningContext(EPOCH + timedelta(minutes=5), tuple(one for one in runs if one.marks is None))
    plan = twins.hold(planner.plan(SCOPE, tasks, runs, context), runs, ())
    return in_order(plan, tasks, runs)


def found_in(name: str) -> list[DriftFinding]:
    return list(of_plan(plan_of(name), WORLDS[name][0], {}))


@pytest.mark.parametrize("name", WORLDS)
def test_the_kinds_of_each_case(name: str) -> None:
    found = found_in(name)
    expected = DRIFT.get(name) or PENDING.get(name) or MIXED.get(name) or []
    assert sorted(one.kind for one in found) == expected
    assert name in MIXED or all(one.is_pending is (name in PENDING) for one in found)
    assert {one.kind for one in found} <= set(KINDS)


@pytest.mark.parametrize("name", WORLDS)
def test_there_is_a_finding_exactly_if_something_would_be_written_or_needs_review(name: str) -> None:
    plan = plan_of(name)
    needs_any = not plan.is_empty or any(change.needs_attention for change in plan.changes)
    assert bool(found_in(name)) is needs_any


def test_a_finding_names_what_was_observed_and_where_it_is_declared() -> None:
    declared = task()
    (found,) = of_plan(planned([declared], [run(declared, "Killed")]), [declared], {})
    assert (found.run, found.observed, found.file, found.line) == (
        "t-20260101000001-abcde",
        "Killed",
        "tasks/train.yaml",
        4,
    )


def test_each_duplicate_has_a_finding_of_its_own() -> None:
    declared = task()
    runs = [run(declared, "Running", number) for number in (1, 2, 3)]
    found = list(of_plan(planned([declared], runs), [declared], {}))
    assert [(one.kind, one.run[-7:]) for one in found] == [("duplicate", "2-abcde"), ("duplicate", "3-abcde")]
    assert len({one.id for one in found}) == 2


def test_a_retry_of_the_platform_that_may_still_come_is_pending() -> None:
    declared = task(spec={"retry": {"enabled": True, "on": ["Failed"], "interval": "10m"}})
    failed = replace(run(declared, "Failed"), finished=EPOCH)
    plan = planner.plan(SCOPE, [declared], [failed], PlanningContext(EPOCH + timedelta(minutes=1)))
    assert [one.kind for one in of_plan(plan, [declared], {})] == ["retry"]


EDITED = replace(run(task(tags=["ours"]), "Running"), description="edited")


def kinds_with(last_labels: dict[str, str]) -> list[str]:
    declared = task(tags=["ours"])
    return [one.kind for one in of_plan(planned([declared], [EDITED]), [declared], last_labels)]


def test_metadata_is_edited_unless_the_last_report_shows_that_the_manifest_was_changed() -> None:
    assert kinds_with({}) == ["metadata-edited"]
    assert kinds_with({"train": labels(task(tags=["ours"]))}) == ["metadata-edited"]
    assert kinds_with({"train": labels(task(tags=["other"]))}) == ["metadata-changed"]


@pytest.mark.parametrize(
    "other",
    [
        task(description="better"),
        task(tags=["a"]),
        task(protect=True),
        task(onRemoval="Delete"),
    ],
)
def test_labels_differ_for_any_metadata_that_a_run_carries(other: object) -> None:
    assert labels(other) != labels(task())  # type: ignore[arg-type]


def test_the_order_of_tags_does_not_matter() -> None:
    assert labels(task(tags=["a", "b"])) == labels(task(tags=["b", "a"]))


def test_the_identity_is_of_stable_parts() -> None:
    one = DriftFinding(kind="failed", task="a", run="t-1", observed="Failed", detail="after 5s", line=4)
    assert one.id == replace(one, detail="after 9s", line=9, file="b.yaml", declared="x").id
    others = [replace(one, **{name: "other"}) for name in ("task", "run", "field", "observed")]
    assert len({one.id, *(other.id for other in others), replace(one, kind="duplicate").id}) == 6
    tags = replace(one, observed=["a", "b"])
    assert tags.id == replace(one, observed=["b", "a"]).id


IN_ORDER = {Reason.IN_PROGRESS, Reason.DONE, Reason.RETAINED}
OTHERWISE = {Reason.COOLDOWN, Reason.REQUESTED}
"""Reasons with a kind of another name, and of single requests, which no plan of a project has."""


def test_every_reason_is_a_kind_or_is_in_order() -> None:
    named = {*Reason, *BlockReason} - IN_ORDER - OTHERWISE
    assert [reason for reason in named if kind_named(reason) is None] == []
