from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from jobspec.manifest.values import Limits
from jobspec.reconcile.guards.limits import (
    PERCENT_FROM,
    UNLIMITED,
    lost_replica_hours,
    violations,
)
from jobspec.reconcile.planning.plan import Plan
from tests.reconcile.world import EPOCH, planned, run, task

OLD = "1" + "0" * 16
NOW = EPOCH + timedelta(hours=1)
TASKS = [task(f"t{number:02}", spec={"args": str(number)}) for number in range(20)]


def codes(plan: Plan, limits: Limits, *, declared: int = 1) -> list[str]:
    return [violation.code for violation in violations(plan, limits, NOW, declared=declared)]


def removing(removed: int, managed: int) -> Plan:
    return planned(TASKS[removed:managed], [run(declared, "Queue") for declared in TASKS[:managed]])


@pytest.mark.parametrize(
    ("limit", "removed", "managed", "expected"),
    [
        ("30%", 3, PERCENT_FROM, []),
        ("30%", 4, PERCENT_FROM, ["JS401"]),
        ("30%", PERCENT_FROM - 2, PERCENT_FROM - 1, []),
        ("100%", 19, 20, []),
        ("0%", 1, 20, ["JS401"]),
        ("0%", 1, 1, ["JS401"]),
        ("1%", 1, 1, []),
        (1, 1, 3, []),
        (1, 2, 3, ["JS401"]),
        (0, 1, 3, ["JS401"]),
    ],
)
def test_removals_beyond_the_limit_are_refused(
    limit: int | str, removed: int, managed: int, expected: list[str]
) -> None:
    assert codes(removing(removed, managed), replace(UNLIMITED, max_removals=limit)) == expected


def test_suspending_counts_as_removing() -> None:
    suspended = [task(f"t{number:02}", spec={"args": str(number)}, suspend=True) for number in range(3)]
    plan = planned(suspended, [run(declared, "Queue") for declared in suspended])
    assert codes(plan, replace(UNLIMITED, max_removals=2)) == ["JS401"]


def test_duplicates_and_history_do_not_count_as_removals() -> None:
    kept = task(historyLimit=0)
    runs = [run(kept, "Failed", 1, spec=OLD), run(kept, "Queue", 2), run(kept, "Queue", 3)]
    assert codes(planned([kept], runs), replace(UNLIMITED, max_removals=0)) == []


def test_without_any_manifest_nothing_is_removed_and_it_cannot_be_forced() -> None:
    [violation] = violations(removing(3, 3), UNLIMITED, NOW, declared=0)
    assert (violation.code, violation.guard) == ("JS405", "")


@pytest.mark.parametrize(
    ("most", "changed", "managed", "expected"),
    [
        (2, 2, 2, []),
        (1, 2, 2, ["JS402"]),
        ("30%", 3, PERCENT_FROM, []),
        ("30%", 4, PERCENT_FROM, ["JS402"]),
        ("30%", PERCENT_FROM - 1, PERCENT_FROM - 1, []),
    ],
)
def test_replacements_beyond_the_limit_are_refused(
    most: int | str, changed: int, managed: int, expected: list[str]
) -> None:
    live = enumerate(TASKS[:managed])
    runs = [run(declared, "Queue", spec=OLD if number < changed else None) for number, declared in live]
    plan = planned(TASKS[:managed], runs)
    assert codes(plan, replace(UNLIMITED, max_replacements=most)) == expected


@pytest.mark.parametrize(("most", "expected"), [(8.0, []), (7.9, ["JS403"])])
def test_lost_work_beyond_the_limit_is_refused(most: float, expected: list[str]) -> None:
    plan = planned([TASKS[0]], [run(TASKS[0], "Running", spec=OLD, hours=3)])
    assert codes(plan, replace(UNLIMITED, max_lost_replica_hours=most)) == expected


def test_a_pending_run_loses_nothing() -> None:
    plan = planned([TASKS[0]], [run(TASKS[0], "Queue", spec=OLD)])
    assert lost_replica_hours(plan.changes[0].stops, NOW) == 0


def test_protection_cannot_be_forced() -> None:
    kept = task(protect=True)
    [violation] = violations(planned([kept], [run(kept, "Queue", spec=OLD)]), UNLIMITED, NOW, declared=1)
    assert (violation.code, violation.guard) == ("JS404", "")


@pytest.mark.parametrize(("limit", "expected"), [(2, []), (1, ["JS420"]), (0, ["JS420"])])
def test_submits_beyond_the_limit_are_refused_and_a_replacement_is_one(
    limit: int, expected: list[str]
) -> None:
    plan = planned(TASKS[:2], [run(TASKS[0], "Queue", spec=OLD)])
    assert codes(plan, replace(UNLIMITED, max_submits=limit)) == expected


@pytest.mark.parametrize(("limit", "expected"), [(2, []), (1, ["JS421"])])
def test_tasks_that_succeeded_before_run_again_up_to_a_limit(limit: int, expected: list[str]) -> None:
    runs = [
        run(TASKS[0], "Success", spec=OLD),
        run(TASKS[1], "Success", spec=OLD),
        run(TASKS[2], "Failed", spec=OLD),
    ]
    assert codes(planned(TASKS[:4], runs), replace(UNLIMITED, max_reruns=limit)) == expected


def test_another_rerun_of_a_success_counts_as_running_again() -> None:
    again = task(rerun="2")
    no_reruns = replace(UNLIMITED, max_reruns=0)
    assert codes(planned([again], [run(task(), "Success")]), no_reruns) == ["JS421"]


@pytest.mark.parametrize(("limit", "expected"), [(4, []), (3.9, ["JS422"])])
def test_new_runs_may_use_their_replicas_until_the_deadline(limit: float, expected: list[str]) -> None:
    plan = planned([task(spec={"activeDeadline": "2h"})], [])
    assert codes(plan, replace(UNLIMITED, max_submit_replica_hours=limit)) == expected


def test_all_violations_are_found_at_once() -> None:
    strict = replace(UNLIMITED, max_submits=0, max_reruns=0, max_submit_replica_hours=0)
    assert codes(planned([task()], [run(task(), "Success", spec=OLD)]), strict) == ["JS420", "JS421", "JS422"]
