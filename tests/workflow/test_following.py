"""What a wait continues with: the runs of a later plan, or the platform's retries of a failed run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from jobspec.reconcile.planning import continuation
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.planner import plan
from jobspec.reconcile.protocol.outcome import Outcome, Result, Status
from jobspec.reconcile.runs import FINISHED, Phase, Run
from jobspec.report.plan.build import build_view
from jobspec.report.view import PlatformView
from jobspec.workflow.planning.planning import Planned
from jobspec.workflow.runs.following import continued, of_later_plan, of_plan
from jobspec.workflow.runs.waiting import Goal, Waiting
from tests.reconcile.world import EPOCH, SCOPE, run, task

if TYPE_CHECKING:
    from jobspec.manifest.task import Task

AGAIN = task(restartPolicy="OnFailure")
SETBACKS = frozenset({Phase.FAILED, Phase.CANCELLED})


def planned(declared: Task, *runs: Run, now: Any = EPOCH) -> Planned:
    found = plan(SCOPE, [declared], runs, PlanningContext(now))
    view = build_view(found, PlatformView(kind="local"), ())
    return Planned(found, (), view, runs, (), now)


def submitted(which: Planned, status: Status = Status.DONE) -> list[Outcome]:
    run_id = "t-new" if status is Status.DONE else ""
    return [Outcome(change, Result(status, run=run_id), 1) for change in which.plan.changes if change.submits]


def first(declared: Task, *runs: Run) -> Waiting:
    found = planned(declared, *runs)
    return of_plan(found, submitted(found), Goal.FINISHED)


def later(declared: Task, waiting: Waiting, *runs: Run, status: Status = Status.DONE) -> Waiting:
    found = planned(declared, *runs)
    outcomes = submitted(found, status)
    return of_later_plan(waiting, found, outcomes, submitted=outcomes)


def test_a_setback_of_a_new_run_or_one_in_progress_requires_another_plan() -> None:
    assert first(AGAIN).again == {"t-new": SETBACKS}
    live = run(AGAIN, "Running")
    assert first(AGAIN, live).again == {live.id: SETBACKS}


@pytest.mark.parametrize("policy", ["AfterCompletion", "Manual"])
def test_any_end_of_a_run_of_another_spec_requires_another_plan(policy: str) -> None:
    live = run(AGAIN, "Running", spec="1" * 17)
    assert first(task(onChange=policy), live).again == {live.id: FINISHED}


def test_a_run_that_the_plan_has_handled_requires_no_other_plan() -> None:
    failed = run(task(), "Failed")
    waiting = first(task(), failed)
    assert (waiting.tasks, waiting.again, waiting.awaited) == ({failed.id: "train"}, {}, frozenset())
    assert not waiting.is_to_be_followed([failed])


def test_a_cooldown_is_waited_for_until_it_is_due() -> None:
    spaced = task(restartPolicy="OnFailure", cooldown="15m")
    failed = replace(run(spaced, "Failed"), finished=EPOCH - timedelta(minutes=5))
    waiting = first(spaced, failed)
    assert (waiting.awaited, waiting.due) == (frozenset({failed.id}), 600.0)
    assert not waiting.is_over([failed])


def test_a_later_run_replaces_the_one_before() -> None:
    failed = run(AGAIN, "Failed")
    assert later(AGAIN, Waiting({failed.id: "train"}), failed).tasks == {"t-new": "train"}


def test_a_success_that_was_never_seen_running_counts() -> None:
    failed, done = run(AGAIN, "Failed"), run(AGAIN, "Success", 2)
    waiting = later(AGAIN, Waiting({failed.id: "train"}), failed, done)
    assert (waiting.tasks, waiting.again) == ({done.id: "train"}, {})


def test_after_a_failed_submit_the_previous_run_counts_and_nothing_follows() -> None:
    failed = run(AGAIN, "Failed")
    waiting = later(AGAIN, Waiting({failed.id: "train"}), failed, status=Status.FAILED)
    assert (waiting.tasks, waiting.again) == ({failed.id: "train"}, {})


def test_a_run_that_the_later_plan_does_not_mention_is_still_waited_for() -> None:
    live = run(AGAIN, "Running")
    assert later(task("other"), Waiting({live.id: "train"})).tasks == {live.id: "train"}


def test_success_is_still_possible_while_another_try_may_follow() -> None:
    failed = run(AGAIN, "Failed")
    waiting = Waiting({failed.id: "train"}, Goal.SUCCEEDED, awaited=frozenset({failed.id}), due=1)
    assert not waiting.is_over([failed])
    assert waiting.without_more().is_over([failed])


def test_a_platform_retry_is_followed_or_awaited_or_ruled_out() -> None:
    waiting = Waiting({"a": "one", "b": "two", "c": "three"}, again=dict.fromkeys("abc", SETBACKS))
    successor = run(AGAIN, "Running")
    then: dict[str, Any] = {"a": successor, "b": EPOCH + timedelta(seconds=9), "c": None}
    found = continued(waiting, then, EPOCH)
    assert found.tasks == {successor.id: "one", "b": "two", "c": "three"}
    assert (found.again, found.awaited, found.due) == ({successor.id: SETBACKS}, frozenset("b"), 9.0)


RETRIED = task(spec={"retry": {"enabled": True, "maxTimes": 2, "interval": "2m", "on": ["Failed"]}})


def tried(state: str, number: int, *, tagged: bool = True) -> Run:
    """One try of a run; the tagged ones carry the same run id."""
    one = replace(run(RETRIED, state, number), spec=RETRIED.payload, finished=EPOCH)
    return replace(one, marks=run(RETRIED, state).marks if tagged else None)


def after(which: Run, *others: Run, seconds: float = 0) -> Any:
    own = [one for one in (which, *others) if one.marks]
    tries = continuation.tries_of(which, own, [one for one in others if not one.marks])
    return continuation.after(which, tries, EPOCH + timedelta(seconds=seconds), 30)


DUE = EPOCH + timedelta(seconds=150)


@pytest.mark.parametrize("tagged", [True, False])
def test_the_newest_try_continues_a_failed_run(tagged: bool) -> None:
    failed, copy = tried("Failed", 1), tried("Running", 2, tagged=tagged)
    assert after(failed, copy) == copy
    last = tried("Failed", 3, tagged=tagged)
    assert after(failed, copy, last) == last
    assert after(last, failed, copy) is None  # two retries are used up


@pytest.mark.parametrize("tagged", [True, False])
def test_a_further_try_may_come_until_it_is_due(tagged: bool) -> None:
    failed, copy = tried("Failed", 1), tried("Failed", 2, tagged=tagged)
    assert after(copy, failed, seconds=149) == DUE
    assert after(copy, failed, seconds=150) is None


def test_a_run_of_another_intention_continues_nothing() -> None:
    failed = tried("Failed", 1)
    other = replace(run(RETRIED, "Running", 2), spec=RETRIED.payload)
    assert after(failed, other) == DUE


@pytest.mark.parametrize("ended", [tried("Success", 1), replace(tried("Failed", 1), spec={})])
def test_without_a_setback_or_a_retry_nothing_follows(ended: Run) -> None:
    assert after(ended, tried("Running", 2)) is None
