"""The platform's own retry under a new id, with our tags and without them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.reconcile.planning import continuation, twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import Action, Change, Reason
from jobspec.reconcile.planning.planner import plan
from jobspec.reconcile.runs import Run
from tests.reconcile.world import EPOCH, SCOPE, only, run, task

RETRY = {"retry": {"enabled": True, "on": ["Failed"]}}


def retried(**lifecycle: Any) -> Any:
    return task(spec=RETRY, restartPolicy="OnFailure", **lifecycle)


def ours(state: str = "Failed", number: int = 1, *, stop: str = "") -> Run:
    return replace(run(retried(), state, number, stop=stop), spec=retried().payload)


def copy(state: str, number: int = 2, **echo: Any) -> Run:
    """The platform's copy of our run, without its tags."""
    return Run(
        id=f"t-2026010100000{number}-copy",
        name="train",
        state=state,
        created=EPOCH + timedelta(minutes=number),
        spec={**retried().payload, "TensorBoardPath": f"x/{number}", **echo},
    )


def becomes(*others: Run, own: tuple[Run, ...] = ()) -> Change:
    return only(plan(SCOPE, [retried()], own or (ours(),), PlanningContext(unmanaged=others)))


@pytest.mark.parametrize("state", ["Queue", "Running", "Success", "Killed", "Hibernating"])
def test_a_copy_without_our_tags_continues_our_run_and_nothing_is_submitted(state: str) -> None:
    change = becomes(copy(state))
    assert (change.action, change.reason) == (Action.NONE, Reason.PLATFORM_RETRY)
    assert [found.id for found in change.runs] == [copy(state).id]
    assert change.needs_attention


def test_a_reclaimed_run_is_continued_as_a_failed_one_is() -> None:
    assert becomes(copy("Running"), own=(ours("Killed"),)).reason is Reason.PLATFORM_RETRY


@pytest.mark.parametrize(
    "other",
    [
        copy("Failed"),
        copy("Success", 0),  # older than our run
        copy("Success", Args="--other"),
        replace(copy("Success"), name="other"),
        ours("Killed", 1, stop="suspend"),
    ],
)
def test_a_run_that_is_not_a_copy_does_not_block_a_retry(other: Run) -> None:
    assert becomes(other).reason is Reason.RETRY


def test_a_run_that_we_stopped_is_not_continued() -> None:
    assert becomes(copy("Running"), own=(ours("Killed", stop="suspend"),)).reason is Reason.RESUMED


def test_the_newest_copy_decides() -> None:
    assert becomes(copy("Failed", 2), copy("Success", 3)).reason is Reason.PLATFORM_RETRY
    assert becomes(copy("Success", 2), copy("Failed", 3)).reason is Reason.RETRY


def test_without_the_platforms_retry_a_later_run_of_the_name_is_a_twin_at_most() -> None:
    declared = task(restartPolicy="OnFailure")
    failed = replace(run(declared, "Failed"), spec=declared.payload)
    found = plan(SCOPE, [declared], [failed], PlanningContext(unmanaged=(copy("Success"),)))
    assert only(found).reason is Reason.RETRY


def test_only_names_that_may_have_been_retried_are_returned() -> None:
    def names(*runs: Run) -> tuple[str, ...]:
        return continuation.names(SCOPE, [retried(), task("other")], runs)

    assert names(ours()) == names(ours("Killed")) == ("train",)
    assert (
        names()
        == names(ours("Success"))
        == names(ours("Running"))
        == names(ours("Killed", stop="user"))
        == ()
    )


@pytest.mark.parametrize("state", ["Running", "Success"])
def test_a_copy_that_appears_after_the_plan_blocks_the_submit(state: str) -> None:
    [step] = becomes().submits
    twin = twins.find(step, (ours(), copy(state)))
    assert twin is not None
    assert twin.run.id == copy(state).id


def test_a_copy_with_our_tags_is_a_run_like_any_other() -> None:
    tagged = replace(ours("Running", 2), id="t-20260101000002-copy")
    assert only(plan(SCOPE, [retried()], (ours(), tagged))).reason is Reason.IN_PROGRESS
    done = replace(tagged, state="Success")
    assert only(plan(SCOPE, [retried()], (ours(), done))).reason is Reason.DONE


def awaited(*runs: Run, minutes: float, **options: Any) -> Change:
    declared = task(
        spec={"retry": {"interval": "2m", "on": ["Failed"], **options}}, restartPolicy="OnFailure"
    )
    own = [replace(run(declared, one.state, number), finished=EPOCH) for number, one in enumerate(runs, 1)]
    first = own[0].marks
    tagged = tuple(replace(one, marks=first) for one in own)
    context = PlanningContext(EPOCH + timedelta(minutes=minutes), list_lag=30)
    return only(plan(SCOPE, [declared], tagged, context))


def test_nothing_is_submitted_while_the_platform_may_still_retry() -> None:
    early = awaited(ours(), minutes=2)
    assert (early.action, early.reason) == (Action.NONE, Reason.PLATFORM_RETRY)
    assert early.due == EPOCH + timedelta(minutes=2, seconds=30)
    assert awaited(ours(), minutes=2.5).reason is Reason.RETRY


def test_no_platform_retry_is_awaited_once_its_tries_are_used_up() -> None:
    assert awaited(ours(), ours(), minutes=0, maxTimes=2).reason is Reason.PLATFORM_RETRY
    assert awaited(ours(), ours(), ours(), minutes=0, maxTimes=2).reason is Reason.RETRY


def test_a_failed_copy_without_our_tags_is_a_try_after_which_the_next_may_come() -> None:
    declared = task(spec={"retry": {"enabled": True, "maxTimes": 2, "interval": "2m", "on": ["Failed"]}})
    own = replace(run(declared, "Failed"), spec=declared.payload, finished=EPOCH)
    copies = [
        replace(copy("Failed", number), spec=declared.payload, finished=EPOCH + timedelta(minutes=number))
        for number in (2, 3)
    ]

    def reason(*others: Run) -> Reason:
        context = PlanningContext(EPOCH + timedelta(minutes=3), others, 30)
        return only(plan(SCOPE, [declared], (own,), context)).reason

    assert reason() is Reason.FAILED
    assert reason(copies[0]) is Reason.PLATFORM_RETRY
    assert reason(*copies) is Reason.FAILED


@pytest.mark.parametrize("previous", [["train"], []])
@pytest.mark.parametrize("state", ["Running", "Success"])
def test_a_rename_does_not_lose_the_copy_of_the_old_name(state: str, previous: list[str]) -> None:
    renamed = task("better-name", spec=RETRY, restartPolicy="OnFailure", previousNames=previous)
    assert continuation.names(SCOPE, [renamed], [ours()]) == ("train",)
    changes = plan(SCOPE, [renamed], (ours(),), PlanningContext(unmanaged=(copy(state),))).changes
    assert [change.reason for change in changes] == [Reason.RENAMED, Reason.PLATFORM_RETRY]
    assert not any(change.submits for change in changes)


@pytest.mark.parametrize("changed", [{"args": "--new"}, {}])
def test_a_copy_of_an_earlier_spec_does_not_block_a_submit_of_another_spec(changed: dict[str, Any]) -> None:
    declared = task(spec={**RETRY, **changed}, rerun="" if changed else "2")
    world = (ours(), copy("Success"))
    found = plan(SCOPE, [declared], (ours(),), PlanningContext(unmanaged=(copy("Success"),)))
    [step] = only(found).submits
    assert only(found).reason is Reason.SPEC_CHANGED
    assert twins.find(step, world) is None


def test_a_duplicate_that_we_stopped_hides_no_copy() -> None:
    stopped = ours("Killed", 2, stop="duplicate")
    done = copy("Success", 3)
    assert continuation.names(SCOPE, [retried()], (ours(), stopped)) == ("train",)
    change = only(plan(SCOPE, [retried()], (ours(), stopped), PlanningContext(unmanaged=(done,))))
    assert change.reason is Reason.PLATFORM_RETRY


def test_a_reclaimed_run_that_is_still_stopping_is_left_to_a_later_plan() -> None:
    declared = task(spec=RETRY, restartPolicy="Always")
    stopping = replace(run(declared, "Killing"), spec=declared.payload)
    assert only(plan(SCOPE, [declared], (stopping,))).action is Action.NONE


@pytest.mark.parametrize(
    ("reasons", "waits"), [(["Failed"], False), (["InstanceReclaimed"], True), ([], False)]
)
def test_only_a_reason_of_the_platform_is_waited_for(reasons: list[str], waits: bool) -> None:
    declared = task(spec={"retry": {"interval": "2m", "on": reasons}}, restartPolicy="Always")
    killed = replace(run(declared, "Killed"), finished=EPOCH)
    change = only(plan(SCOPE, [declared], (killed,), PlanningContext(EPOCH)))
    assert (change.reason is Reason.PLATFORM_RETRY) is waits


def test_the_platforms_tagged_retries_use_up_one_attempt_together() -> None:
    first = ours()
    copies = [
        replace(first, id=f"t-2026010100000{n}-copy", created=EPOCH + timedelta(minutes=n)) for n in (2, 3, 4)
    ]
    change = only(plan(SCOPE, [retried(backoffLimit=1)], (first, *copies)))
    assert (change.reason, change.detail) == (Reason.RETRY, "1 of 1")
