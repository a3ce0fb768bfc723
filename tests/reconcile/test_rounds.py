"""The later rounds of an apply that waits: what they submit, and what they leave to the next apply."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.reconcile.guards.limits import UNLIMITED, of_submits
from jobspec.reconcile.order.hold import hold
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason
from jobspec.reconcile.planning.planner import plan as plan_for
from jobspec.reconcile.planning.rounds import approved, held, left_running, next_round, together
from jobspec.reconcile.protocol.outcome import Outcome, Result, Status
from jobspec.reconcile.runs import Run
from tests.reconcile.world import EPOCH, SCOPE, only, planned, run, task, unmanaged

OLD = "1" + "0" * 16
AGAIN = task(restartPolicy="OnFailure", backoffLimit=3)
ALWAYS = task(restartPolicy="Always", backoffLimit=3)


def submitted(declared: Any = AGAIN, runs: tuple[Run, ...] = (), status: Status = Status.DONE) -> Outcome:
    [change] = [one for one in planned([declared], list(runs)).changes if one.submits]
    return Outcome(change, Result(status, run="t-1" if status is Status.DONE else ""), 1)


def done_next(declared: Any, *runs: Run, before: tuple[Outcome, ...] = ()) -> list[Change]:
    plan = planned([declared], list(runs))
    return list(next_round(plan, before or (submitted(declared),), {"train"}).plan.changes)


FOLLOWS = {
    "retry": (AGAIN, [run(AGAIN, "Failed")], Reason.RETRY),
    "stopped-outside": (ALWAYS, [run(ALWAYS, "Killed")], Reason.CANCELLED_OUTSIDE),
}


@pytest.mark.parametrize(("declared", "runs", "reason"), FOLLOWS.values(), ids=FOLLOWS.keys())
def test_a_submit_that_follows_from_the_end_of_a_run_is_made(
    declared: Any, runs: list[Run], reason: Reason
) -> None:
    before = (Outcome(only(planned([declared], [run(declared, "Queue")])), Result(Status.DONE), 0),)
    [change] = done_next(declared, *runs, before=before)
    assert (change.action, change.reason) == (Action.SUBMIT, reason)


@pytest.mark.parametrize("on_change", ["AfterCompletion", "Manual"])
def test_a_new_spec_is_submitted_after_the_run_that_was_left_running_for_it(on_change: str) -> None:
    changed = task(onChange=on_change)
    waited_for = run(changed, "Running", spec=OLD)
    awaited = left_running(planned([changed], [waited_for]))
    ended = replace(waited_for, state="Success")
    [change] = next_round(planned([changed], [ended]), (), {"train"}, awaited).plan.changes
    assert (change.action, change.reason) == (Action.SUBMIT, Reason.SPEC_CHANGED)
    newer = run(changed, "Success", 2, spec="2" + "0" * 16)  # by an apply of another commit
    assert next_round(planned([changed], [ended, newer]), (), {"train"}, awaited).plan.changes == ()


LEFT = {
    "replace": (AGAIN, [run(AGAIN, "Running", spec=OLD)]),
    "update": (task(description="new"), [run(AGAIN, "Running")]),
    "duplicate": (AGAIN, [run(AGAIN, "Running"), run(AGAIN, "Queue", 2)]),
    "suspend": (task(suspend=True), [run(AGAIN, "Running")]),
    "stopped-by-another-apply": (AGAIN, [run(AGAIN, "Killed", stop="removed")]),
    "record-gone": (AGAIN, []),
    "being-stopped": (ALWAYS, [run(ALWAYS, "Killing")]),
    "rename": (task("train", previousNames=["old"]), [run(task("old"), "Failed", name="old", spec=OLD)]),
}


@pytest.mark.parametrize(("declared", "runs"), LEFT.values(), ids=LEFT.keys())
def test_everything_else_is_left_to_the_next_apply(declared: Any, runs: list[Run]) -> None:
    plan = planned([declared], runs)
    found = next_round(plan, (submitted(),), {"train"})
    assert found.plan.changes == ()
    assert found.left == plan.pending != ()


def test_records_are_deleted_later_but_do_not_block_a_retry() -> None:
    kept = task(restartPolicy="OnFailure", historyLimit=0)
    plan = planned([kept], [run(kept, "Success", 1, spec=OLD), run(kept, "Failed", 2)])
    found = next_round(plan, (submitted(kept),), {"train"})
    assert [change.reason for change in found.plan.changes] == [Reason.RETRY]
    assert [change.reason for change in found.left] == [Reason.HISTORY]


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNKNOWN, Status.SKIPPED])
def test_a_submit_that_did_not_succeed_is_not_tried_again(status: Status) -> None:
    failed = run(AGAIN, "Failed")
    before = submitted(AGAIN, (failed,), status)
    found = next_round(planned([AGAIN], [failed]), (before,), {"train"})
    assert (found.plan.changes, found.left) == ((), ())


def test_an_update_that_was_not_done_does_not_block_a_retry() -> None:
    update = only(planned([task(description="new")], [run(AGAIN, "Running")]))
    before = Outcome(update, Result(Status.SKIPPED), 0)
    assert len(done_next(AGAIN, run(AGAIN, "Failed"), before=(before,))) == 1


def test_nothing_is_submitted_twice_for_one_intention() -> None:
    failed = run(AGAIN, "Failed")
    assert done_next(AGAIN, failed, before=(submitted(AGAIN, (failed,)),)) == []


def test_a_task_that_is_not_waited_for_is_left_alone() -> None:
    found = next_round(planned([AGAIN], [run(AGAIN, "Failed")]), (), ())
    assert found.plan.changes == ()
    assert [change.reason for change in found.left] == [Reason.RETRY]


def test_a_retry_that_a_twin_blocks_is_reported_once() -> None:
    plan = twins.hold(planned([AGAIN], [run(AGAIN, "Failed")]), [unmanaged("train", "Running", 2)], ())
    found = next_round(plan, (submitted(),), {"train"})
    assert [change.reason for change in found.plan.changes] == [Reason.UNMANAGED_TWIN]
    reported = Outcome(found.plan.changes[0], twins.held_result(found.plan.changes[0], "vision"), 0)
    assert next_round(plan, (submitted(), reported), {"train"}).plan.changes == ()


def codes(outcomes: tuple[Outcome, ...], plan: Plan, most: int) -> list[str]:
    limits = replace(UNLIMITED, max_submits=most)
    return [violation.code for violation in of_submits(together(outcomes, plan), limits)]


@pytest.mark.parametrize(
    ("status", "most", "found"),
    [
        (Status.DONE, 2, []),
        (Status.DONE, 1, ["JS420"]),
        (Status.UNKNOWN, 1, ["JS420"]),
        (Status.FAILED, 1, []),
        (Status.SKIPPED, 1, []),
    ],
)
def test_limits_count_what_every_round_submitted(status: Status, most: int, found: list[str]) -> None:
    plan = planned([AGAIN], [run(AGAIN, "Failed")])
    assert codes((submitted(status=status),), plan, most) == found


def test_a_cooldown_is_not_a_submit() -> None:
    spaced = task(restartPolicy="OnFailure", cooldown="15m")

    failed = replace(run(spaced, "Failed"), finished=EPOCH)
    found = plan_for(spaced.scope, [spaced], [failed], PlanningContext(EPOCH + timedelta(minutes=14)))
    assert next_round(found, (submitted(spaced),), {"train"}).plan.changes == ()


# Tasks that had to wait


FIRST, SECOND = task("a"), task("b", dependsOn=["a"])


def ordered_plan(*runs: Run) -> Plan:
    plan = planned([FIRST, SECOND], list(runs))
    return hold(plan, plan, scope=SCOPE, declared=([FIRST, SECOND], []), runs=runs)


def later_round(*runs: Run) -> list[tuple[str, Action, Reason]]:
    waiting = approved(ordered_plan())
    found = next_round(ordered_plan(*runs), (), {"a"}, waiting=waiting).plan.changes
    return [(one.task, one.action, one.reason) for one in found]


def test_a_task_that_had_to_wait_is_submitted_once_it_may_start() -> None:
    assert approved(ordered_plan()).tasks == {"b"}
    assert later_round(run(FIRST, "Running")) == []
    assert later_round(run(FIRST, "Success")) == [("b", Action.SUBMIT, Reason.NEW)]
    assert next_round(ordered_plan(run(FIRST, "Success")), (), {"a"}).plan.changes == ()


def test_a_waiting_task_to_which_something_has_happened_is_left() -> None:
    stopped = replace(run(SECOND, "Killed", 2, stop="removed"), id="t-2")  # by another apply
    assert later_round(run(FIRST, "Success"), stopped) == []


def test_what_cannot_start_is_told() -> None:
    assert [one.reason for one in held(ordered_plan())] == [Reason.WAITING]
    assert [one.reason for one in held(ordered_plan(run(FIRST, "Failed")))] == [Reason.BLOCKED_BY_FAILURE]
    assert held(ordered_plan(run(FIRST, "Success"))) == ()


def test_what_was_shown_as_waiting_covers_its_submit_and_nothing_else() -> None:
    waiting, later = approved(ordered_plan()), ordered_plan(run(FIRST, "Success"))
    submits = replace(later, changes=tuple(one for one in later.changes if one.submits))
    assert waiting.covers(submits)
    assert not approved(later).covers(submits)
    assert not waiting.covers(ordered_plan())
