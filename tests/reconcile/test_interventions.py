"""What an apply that waits takes for the work of another command, and what it no longer starts then."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jobspec.manifest.task import Task
from jobspec.reconcile.order.interventions import first_sight, next_sight, outdated, without
from jobspec.reconcile.planning.plan import Action, Reason
from jobspec.reconcile.protocol.outcome import Outcome, Result, Status
from jobspec.reconcile.runs import Run
from tests.reconcile.test_order import OLD, cell, cells, of_set
from tests.reconcile.world import SCOPE, planned, run, task

PREPARE = task("prepare")
MEMBERS = cells(3, dependsOn=["prepare"])
SELECT = task("select", dependsOn=[{"task": "set/sweep", "condition": "Finished"}])
LAST = task("last", dependsOn=["select"])
TASKS: tuple[Task, ...] = (PREPARE, *MEMBERS, SELECT, LAST, task("other"))
DONE = run(PREPARE, "Success", name="prepare")
ACTIVE = of_set(MEMBERS[0], "Running")
BEHIND = {"s0", "s1", "s2", "select", "last"}


def found(before: list[Run], now: list[Run], outcomes: tuple[Outcome, ...] = ()) -> dict[str, str]:
    return outdated(next_sight(first_sight(before), TASKS, now, outcomes), TASKS)


@pytest.mark.parametrize(
    ("stop", "why"),
    [
        ("user", "stopped by another command: jobspec cancel"),
        ("suspend", "stopped by another command: an apply that suspends it"),
        ("removed", "stopped by another command: an apply that removes it, or jobspec destroy"),
        ("replace", "another apply submitted another spec"),
        ("max-failed", "stopped by another command: an apply that found `maxFailed` reached"),
    ],
)
def test_a_stopped_member_concerns_its_set_and_what_follows_but_nothing_else(stop: str, why: str) -> None:
    stopped = of_set(MEMBERS[0], "Killed", stop=stop)
    assert found([DONE, ACTIVE], [DONE, stopped]) == dict.fromkeys(BEHIND - {"s0"}, f"{why} (s0)") | {
        "s0": why
    }


def test_a_newer_spec_of_a_dependency_concerns_everything_behind_it() -> None:
    newer = run(PREPARE, "Running", 9, name="prepare", spec=OLD)
    assert found([DONE], [DONE, newer]).keys() == BEHIND | {"prepare"}
    assert found([DONE, newer], [DONE, newer]) == {}  # the first plan has shown it


def test_a_deleted_active_run_is_an_intervention_and_a_deleted_record_is_not() -> None:
    assert found([DONE, ACTIVE], [DONE]).keys() == BEHIND
    assert found([DONE, ACTIVE], [ACTIVE]) == {}


@pytest.mark.parametrize(
    "now",
    [
        of_set(MEMBERS[0], "Killed"),
        of_set(MEMBERS[0], "Killed", stop="duplicate"),
        of_set(MEMBERS[0], "Failed"),
        of_set(MEMBERS[0], "Running"),
    ],
)
def test_other_ends_are_no_intervention(now: Run) -> None:
    second = of_set(MEMBERS[1], "Running", 2)  # by an apply of the same commit
    assert found([DONE, ACTIVE], [DONE, now, second]) == {}


def test_what_the_command_stopped_itself_does_not_count() -> None:
    old = of_set(MEMBERS[0], "Running", spec=OLD)
    [change] = [one for one in planned([MEMBERS[0]], [old]).changes if one.stops]
    own = (Outcome(change, Result(Status.DONE, run="t-9"), 3),)
    stopped = of_set(MEMBERS[0], "Killed", stop="replace", spec=OLD)
    assert found([DONE, old], [DONE, stopped], own) == {}
    assert found([DONE, old], [DONE], own) == {}
    assert found([DONE, old], [DONE, stopped]).keys() == BEHIND


def test_what_was_found_stays_found() -> None:
    first = first_sight([DONE, ACTIVE])
    gone = next_sight(first, TASKS, [DONE], ())
    assert outdated(next_sight(gone, TASKS, [DONE, ACTIVE], ()), TASKS).keys() == BEHIND


def test_a_task_without_set_and_order_is_not_concerned() -> None:
    other = task("other")
    before = run(other, "Running", name="other")
    assert found([before], [run(other, "Killed", name="other", stop="user")]) == {}


def test_withheld_changes_leave_the_plan_and_what_does_nothing_stays() -> None:
    plan = planned([*MEMBERS, cell(4)], [ACTIVE])
    rest, withheld = without(plan, {"s0": "", "s1": ""})
    assert [(one.task, one.action, one.reason) for one in withheld] == [("s1", Action.SUBMIT, Reason.NEW)]
    assert {one.task for one in rest.changes} == {"s0", "s2", "s4"}
    assert rest.scope == str(SCOPE)
    assert replace(rest, changes=plan.changes) == plan
