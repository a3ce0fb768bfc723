"""The rule table of the design, one test per row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.manifest.task import Task
from jobspec.reconcile import tags
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import Action, Cancel, Delete, Reason, Submit, Update, Wait
from jobspec.reconcile.planning.planner import plan
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Keep, Marks, StopReason
from tests.reconcile.world import EPOCH, SCOPE, only, planned, run, task, unmanaged

OLD = "1" + "0" * 16
TRAIN = task()


def steps(change: Any) -> list[type]:
    return [type(step) for step in change.steps]


def becomes(step: Update) -> Marks:
    assert step.becomes is not None
    return step.becomes


def test_declared_without_runs_is_submitted() -> None:
    change = only(planned([TRAIN], []))
    assert (change.action, change.reason, steps(change)) == (Action.SUBMIT, Reason.NEW, [Submit])


@pytest.mark.parametrize("state", ["Initialized", "Queue", "Staging", "Running"])
def test_an_active_matching_run_is_left_alone(state: str) -> None:
    change = only(planned([TRAIN], [run(TRAIN, state)]))
    assert (change.action, change.reason) == (Action.NONE, Reason.IN_PROGRESS)


def test_changed_metadata_of_an_active_run_is_updated_in_place() -> None:
    described = task(description="better", tags=["team-x"])
    change = only(planned([described], [run(TRAIN, "Running")]))
    assert (change.action, change.reason, steps(change)) == (Action.UPDATE, Reason.IN_PROGRESS, [Update])
    assert [d.field for d in change.differences] == ["metadata.description", "metadata.tags"]


def test_another_removal_policy_is_written_to_the_active_run() -> None:
    change = only(planned([task(onRemoval="Retain")], [run(TRAIN, "Running")]))
    assert [(d.field, d.after) for d in change.differences] == [("lifecycle.onRemoval", "Retain")]


def test_an_unknown_state_blocks_everything() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Hibernating", spec=OLD)]))
    assert (change.action, change.reason, change.blocked) == (
        Action.NONE,
        Reason.UNKNOWN_STATE,
        "unknown-state",
    )


def test_inconsistent_tags_block_everything() -> None:
    odd = run(TRAIN, "Running", spec=OLD)
    written = (*odd.tags, "jobspec-spec_other")
    broken = type(odd)(**{**_fields(odd), "tags": written, "marks": tags.read(written)})
    change = only(planned([TRAIN], [broken]))
    assert (change.action, change.reason) == (Action.NONE, Reason.INCONSISTENT_TAGS)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def test_a_changed_spec_replaces_the_active_run() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Running", spec=OLD)]))
    assert (change.action, change.reason) == (Action.REPLACE, Reason.SPEC_CHANGED)
    assert steps(change) == [Cancel, Wait, Submit]


@pytest.mark.parametrize(
    ("policy", "reason"), [("AfterCompletion", Reason.WAITS_FOR_COMPLETION), ("Manual", Reason.MANUAL)]
)
def test_a_changed_spec_may_wait(policy: str, reason: Reason) -> None:
    change = only(planned([task(onChange=policy)], [run(TRAIN, "Running", spec=OLD)]))
    assert (change.action, change.reason) == (Action.NONE, reason)


@pytest.mark.parametrize("policy", ["AfterCompletion", "Manual"])
def test_protection_is_lifted_from_a_run_that_is_left_running(policy: str) -> None:
    protected = run(TRAIN, "Running", spec=OLD, keep=Keep.PROTECT)
    change = only(planned([task(onChange=policy)], [protected]))
    [update] = [step for step in change.steps if isinstance(step, Update)]
    assert (change.action, becomes(update).keep, becomes(update).spec) == (Action.UPDATE, Keep.CANCEL, OLD)


def test_after_completion_the_changed_spec_is_submitted() -> None:
    change = only(planned([task(onChange="AfterCompletion")], [run(TRAIN, "Success", spec=OLD)]))
    assert (change.action, change.reason) == (Action.SUBMIT, Reason.SPEC_CHANGED)


def test_protect_blocks_a_replacement() -> None:
    assert only(planned([task(protect=True)], [run(TRAIN, "Running", spec=OLD)])).blocked == "protected"


def test_a_stopping_run_is_waited_for() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Killing", spec=OLD)]))
    assert (change.action, change.reason, steps(change)) == (Action.SUBMIT, Reason.STOPPING, [Wait, Submit])


def test_a_run_that_another_user_is_stopping_is_not_submitted_again() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Killing")]))
    assert (change.action, change.reason) == (Action.NONE, Reason.STOPPING)


def test_the_oldest_matching_duplicate_stays() -> None:
    runs = [run(TRAIN, "Running", 1, spec=OLD), run(TRAIN, "Running", 2), run(TRAIN, "Running", 3)]
    cancel, stays = planned([TRAIN], runs).changes
    assert (cancel.action, cancel.reason) == (Action.CANCEL, Reason.DUPLICATE)
    cancelled = [step for step in cancel.steps if isinstance(step, Cancel)]
    assert [step.run for step in cancelled] == [runs[0].id, runs[2].id]
    assert {step.winner.run for step in cancelled if step.winner} == {runs[1].id}
    assert (stays.action, stays.reason) == (Action.NONE, Reason.IN_PROGRESS)


def test_without_a_matching_duplicate_the_oldest_is_replaced() -> None:
    runs = [run(TRAIN, "Running", 1, spec=OLD), run(TRAIN, "Queue", 2, spec=OLD)]
    cancel, replaced = planned([TRAIN], runs).changes
    assert [step.run for step in cancel.steps if isinstance(step, Cancel)] == [runs[1].id]
    assert (replaced.action, replaced.stops[0].id) == (Action.REPLACE, runs[0].id)


@pytest.mark.parametrize("later", ["Failed", "Cancelled", "Killed"])
def test_a_success_stays_done_after_any_later_run(later: str) -> None:
    change = only(planned([task(restartPolicy="Always")], [run(TRAIN, "Success", 1), run(TRAIN, later, 2)]))
    assert (change.action, change.reason) == (Action.NONE, Reason.DONE)


@pytest.mark.parametrize(
    ("policy", "failures", "action", "detail"),
    [
        ("Never", 1, Action.NONE, "{id} failed; `restartPolicy` is Never"),
        ("OnFailure", 1, Action.SUBMIT, "1 of 2"),
        ("OnFailure", 2, Action.SUBMIT, "2 of 2"),
        ("OnFailure", 3, Action.NONE, "{id} failed; `backoffLimit` 2 is exhausted"),
        ("Always", 1, Action.SUBMIT, "1 of 2"),
    ],
)
def test_a_failure_is_retried_by_the_policy(policy: str, failures: int, action: Action, detail: str) -> None:
    runs = [run(TRAIN, "Failed", number) for number in range(1, failures + 1)]
    change = only(planned([task(restartPolicy=policy, backoffLimit=2)], runs))
    assert (change.action, change.detail) == (action, detail.format(id=runs[-1].id))


def test_failures_of_an_older_spec_do_not_count() -> None:
    runs = [run(TRAIN, "Failed", n, spec=OLD) for n in (1, 2, 3)] + [run(TRAIN, "Failed", 4)]
    assert only(planned([task(restartPolicy="OnFailure", backoffLimit=1)], runs)).detail == "1 of 1"


@pytest.mark.parametrize("stop", [reason for reason in StopReason if reason is not StopReason.USER])
def test_a_run_that_we_stopped_is_resumed(stop: StopReason) -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Cancelled", stop=stop.value)]))
    assert (change.action, change.reason) == (Action.SUBMIT, Reason.RESUMED)


@pytest.mark.parametrize("stop", ["", "user"])
def test_a_run_that_a_person_stopped_stays_stopped(stop: str) -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Killed", stop=stop)]))
    assert (change.action, change.reason) == (Action.NONE, Reason.CANCELLED_OUTSIDE)


def test_always_restarts_a_run_that_was_cancelled_outside() -> None:
    change = only(planned([task(restartPolicy="Always")], [run(TRAIN, "Killed")]))
    assert (change.action, change.reason) == (Action.SUBMIT, Reason.CANCELLED_OUTSIDE)


def test_suspend_cancels_the_active_run() -> None:
    change = only(planned([task(suspend=True)], [run(TRAIN, "Running")]))
    assert (change.action, change.reason) == (Action.CANCEL, Reason.SUSPENDED)


@pytest.mark.parametrize("states", [[], ["Failed"], ["Killing"]])
def test_a_suspended_task_without_an_active_run_stays_so(states: list[str]) -> None:
    assert only(planned([task(suspend=True)], [run(TRAIN, s) for s in states])).action is Action.NONE


@pytest.mark.parametrize(
    ("keep", "state", "action", "walk"),
    [
        (Keep.CANCEL, "Running", Action.CANCEL, [Cancel]),
        (Keep.DELETE, "Running", Action.DELETE, [Cancel, Wait, Delete]),
        (Keep.DELETE, "Killing", Action.DELETE, [Wait, Delete]),
        (Keep.RETAIN, "Running", Action.NONE, []),
        (Keep.CANCEL, "Success", Action.NONE, []),
        (Keep.DELETE, "Success", Action.DELETE, [Delete]),
        (Keep.DELETE, "SuccessHolding", Action.NONE, []),
        (Keep.RETAIN, "Success", Action.NONE, []),
        (Keep.CANCEL, "Hibernating", Action.NONE, []),
        (Keep.DELETE, "Hibernating", Action.NONE, []),
    ],
)
def test_a_removed_task_is_handled_by_its_own_tags(
    keep: Keep, state: str, action: Action, walk: list[type]
) -> None:
    change = only(planned([], [run(TRAIN, state, keep=keep)]))
    assert (change.action, steps(change)) == (action, walk)


def test_a_protected_run_survives_its_manifest() -> None:
    assert only(planned([], [run(TRAIN, "Running", keep=Keep.PROTECT)])).blocked == "protected"


def test_an_untagged_run_is_ignored() -> None:
    change = only(planned([TRAIN], [unmanaged("train", "Running")]))
    assert change.reason is Reason.NEW


def test_a_run_of_another_scope_is_ignored() -> None:
    other = run(TRAIN, "Running")
    marks = tags.Marks(**{**_fields(other.marks), "scope": "vision2"})
    assert planned([], [type(other)(**{**_fields(other), "marks": marks})]).changes == ()


def test_the_history_limit_deletes_only_older_specs() -> None:
    runs = [run(TRAIN, "Failed", n, spec=OLD) for n in (1, 2, 3)] + [run(TRAIN, "Success", 4)]
    delete, done = planned([task(historyLimit=1)], runs).changes
    assert (delete.action, delete.reason) == (Action.DELETE, Reason.HISTORY)
    assert [step.run for step in delete.steps if isinstance(step, Delete)] == [runs[0].id, runs[1].id]
    assert done.reason is Reason.DONE


def test_the_history_limit_never_deletes_failures_that_are_still_counted() -> None:
    runs = [run(TRAIN, "Failed", n) for n in (1, 2, 3)]
    assert only(planned([task(historyLimit=0)], runs)).action is Action.NONE


def test_the_history_limit_never_deletes_the_newest_record() -> None:
    runs = [run(TRAIN, "Failed", n, spec=OLD) for n in (1, 2)]
    delete, _ = planned([task(historyLimit=0)], runs).changes
    assert [step.run for step in delete.steps if isinstance(step, Delete)] == [runs[0].id]


@pytest.mark.parametrize("state", ["Success", "Running", "Killing"])
def test_after_an_apply_the_history_limit_leaves_nothing_to_delete(state: str) -> None:
    """The run that the apply follows or stops is one of the records of earlier specs."""
    declared = task(historyLimit=1)
    oldest, last = run(TRAIN, "Success", 1, spec=OLD), run(TRAIN, state, 2, spec=OLD)
    plan = planned([declared], [oldest, last])
    deleted = [step.run for change in plan.changes for step in change.steps if isinstance(step, Delete)]
    assert deleted == [oldest.id]
    ended = replace(last, state="Success")
    assert planned([declared], [ended, run(declared, "Running", 3)]).pending == ()


def test_a_run_that_continues_is_no_record_of_the_history() -> None:
    declared = task(historyLimit=1, onChange="AfterCompletion")
    runs = [run(TRAIN, "Success", 1, spec=OLD), run(TRAIN, "Running", 2, spec=OLD)]
    assert [change.reason for change in planned([declared], runs).changes] == [Reason.WAITS_FOR_COMPLETION]


def test_a_field_that_is_ignored_restarts_nothing() -> None:
    lifecycle: dict[str, Any] = {"ignoreChanges": ["spec.args"]}
    before = task(spec={"args": "--a"}, **lifecycle)
    after = task(spec={"args": "--b"}, **lifecycle)
    assert only(planned([after], [run(before, "Running")])).reason is Reason.IN_PROGRESS


def test_ignoring_a_field_later_restarts_nothing_and_marks_the_run() -> None:
    change = only(planned([task(ignoreChanges=["spec.args"])], [run(TRAIN, "Running")]))
    assert (change.action, [d.field for d in change.differences]) == (
        Action.UPDATE,
        ["lifecycle.ignoreChanges"],
    )


def test_a_renamed_task_continues_under_its_new_name() -> None:
    change = only(planned([task("better-name")], [run(TRAIN, "Running")]))
    assert (change.action, change.reason, steps(change)) == (Action.RENAME, Reason.RENAMED, [Update])
    [update] = [step for step in change.steps if isinstance(step, Update)]
    assert (update.name, becomes(update).task) == ("better-name", "better-name")


def test_previous_names_rename_even_with_another_spec() -> None:
    renamed = task("better-name", spec={"args": "--new"}, previousNames=["train"])
    old = run(TRAIN, "Running")
    replacement, rename = planned([renamed], [old]).changes
    assert (replacement.action, rename.action) == (Action.REPLACE, Action.RENAME)
    assert {replacement.task, rename.task} == {"better-name"}
    [cancel] = [step for step in replacement.steps if isinstance(step, Cancel)]
    assert (cancel.run, cancel.marks.task) == (old.id, "better-name")
    assert "nothing is stopped" not in rename.detail


@pytest.mark.parametrize(
    ("state", "lifecycle", "follows"),
    [
        ("Running", {"suspend": True}, ("cancel", "suspended")),
        ("Failed", {"restartPolicy": "OnFailure"}, ("submit", "retry")),
        ("Failed", {}, ("none", "failed")),
        ("Success", {}, None),
    ],
)
def test_the_changes_of_a_renamed_run_are_in_the_same_plan(
    state: str, lifecycle: dict[str, Any], follows: tuple[str, str] | None
) -> None:
    changes = planned([task("better-name", **lifecycle)], [run(TRAIN, state)]).changes
    found = [(change.action, change.reason) for change in changes if change.action is not Action.RENAME]
    assert len(changes) - len(found) == 1
    assert found == ([follows] if follows else [])


@pytest.mark.parametrize("states", [["Success", "Running"], ["Failed", "Success"], ["Success", "Failed"]])
def test_a_rename_moves_the_most_important_runs_first(states: list[str]) -> None:
    runs = [run(TRAIN, state, number) for number, state in enumerate(states, 1)]
    counts = next(r for r in runs if r.is_active or (r.state == "Success" and "Running" not in states))
    [first, *_] = only(planned([task("better-name")], runs)).steps
    assert isinstance(first, Update)
    assert first.run == counts.id


def test_an_interrupted_rename_is_completed() -> None:
    renamed = task("better-name", previousNames=["train"])
    moved, left = run(renamed, "Running", 2), run(TRAIN, "Running", 1)
    duplicate, rename = planned([renamed], [moved, left]).changes
    assert (rename.action, [r.id for r in rename.runs]) == (Action.RENAME, [left.id])
    assert (duplicate.reason, [r.id for r in duplicate.stops]) == (Reason.DUPLICATE, [moved.id])


def test_two_tasks_that_claim_one_old_name_are_both_unclear_in_any_order() -> None:
    one, two = task("one"), task("two", spec={"args": "--b"})
    runs = [run(TRAIN, "Running", 1), run(task(spec={"args": "--b"}), "Failed", 2)]
    for tasks in ([one, two], [two, one]):
        changes = planned(tasks, runs).changes
        assert {change.blocked for change in changes} == {"unclear-rename"}


def test_a_stop_mark_on_a_continuing_run_is_removed() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Running", stop="replace")]))
    [update] = [step for step in change.steps if isinstance(step, Update)]
    assert becomes(update).stop == ""


def test_a_duplicate_that_we_stopped_is_not_the_result_of_the_task() -> None:
    runs = [run(TRAIN, "Failed", 1), run(TRAIN, "Cancelled", 2, stop="duplicate")]
    change = only(planned([TRAIN], runs))
    assert (change.action, change.reason) == (Action.NONE, Reason.FAILED)


def copy_of(original: Run, state: str, *, tagged: bool = True) -> Run:
    """The platform's own retry, or a copy by hand: another id, the same name, the same tags or none."""
    copied = replace(original, id="t-20260101000009-copy0", state=state, created=EPOCH + timedelta(hours=1))
    return copied if tagged else replace(copied, tags=(), marks=None)


def test_a_tagged_copy_of_a_failed_run_continues_it() -> None:
    failed = run(TRAIN, "Failed")
    change = only(planned([task(restartPolicy="OnFailure")], [failed, copy_of(failed, "Running")]))
    assert (change.action, change.reason) == (Action.NONE, Reason.IN_PROGRESS)


def test_a_copy_with_our_tags_beside_the_original_is_a_duplicate_and_the_original_stays() -> None:
    original = run(TRAIN, "Running")
    changes = planned([TRAIN], [copy_of(original, "Queue"), original]).changes
    assert {change.reason for change in changes} == {Reason.DUPLICATE, Reason.IN_PROGRESS}
    assert [one.id for change in changes for one in change.stops] == ["t-20260101000009-copy0"]


def test_a_copy_that_succeeded_counts_for_the_original() -> None:
    failed = run(TRAIN, "Failed")
    change = only(planned([task(restartPolicy="Always")], [failed, copy_of(failed, "Success")]))
    assert (change.action, change.reason) == (Action.NONE, Reason.DONE)


def test_an_untagged_copy_of_a_failed_run_blocks_a_retry() -> None:
    failed = run(TRAIN, "Failed")
    copied = copy_of(failed, "Running", tagged=False)
    plan = planned([task(restartPolicy="OnFailure")], [failed, copied])
    assert only(plan).reason is Reason.RETRY
    assert only(twins.hold(plan, [failed, copied], ())).reason is Reason.UNMANAGED_TWIN


def test_going_back_to_a_spec_that_succeeded_stops_the_other_and_submits_nothing() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Success", 1), run(TRAIN, "Running", 2, spec=OLD)]))
    assert (change.action, change.reason, steps(change)) == (
        Action.CANCEL,
        Reason.SPEC_CHANGED,
        [Cancel, Wait],
    )
    assert "has succeeded with this spec" in change.detail


def test_a_duplicate_waits_until_the_one_that_stays_has_lost_its_old_mark() -> None:
    runs = [run(TRAIN, "Running", 1, stop="duplicate"), run(TRAIN, "Running", 2)]
    first = only(planned([TRAIN], runs))
    assert (first.action, first.stops) == (Action.UPDATE, ())
    unmarked = [run(TRAIN, "Running", 1), runs[1]]
    assert {change.reason for change in planned([TRAIN], unmarked).pending} == {Reason.DUPLICATE}


def test_an_unclear_rename_does_nothing_and_shows_why() -> None:
    changes = planned([task("one"), task("two")], [run(TRAIN, "Running")]).changes
    assert {change.action for change in changes} == {Action.NONE}
    assert {change.blocked for change in changes} == {"unclear-rename"}


def test_two_plans_of_one_state_are_the_same() -> None:
    runs = [run(TRAIN, "Running", 1, spec=OLD), run(task("a"), "Failed", 2), run(task("b"), "Queue", 3)]
    tasks = [TRAIN, task("a", description="x"), task("c")]
    assert planned(tasks, runs) == planned(tasks[::-1], runs[::-1])


ALWAYS = task(restartPolicy="Always", backoffLimit=2)


def stopped_outside(count: int, *, first: str = "Killed") -> list[Run]:
    return [run(ALWAYS, first if number == 1 else "Killed", number) for number in range(1, count + 1)]


@pytest.mark.parametrize("first", ["Killed", "Failed"])
def test_always_submits_again_after_stops_from_outside_up_to_the_limit(first: str) -> None:
    again = only(planned([ALWAYS], stopped_outside(2, first=first)))
    assert (again.action, again.reason) == (Action.SUBMIT, Reason.CANCELLED_OUTSIDE)
    assert "2 of 2" in again.detail
    spent = only(planned([ALWAYS], stopped_outside(3, first=first)))
    assert (spent.action, spent.reason) == (Action.NONE, Reason.CANCELLED_OUTSIDE)
    assert "`backoffLimit` 2 is exhausted" in spent.detail


def test_our_own_stops_do_not_use_up_an_attempt() -> None:
    runs = [run(ALWAYS, "Killed", number, stop="suspend") for number in (1, 2, 3)]
    assert only(planned([ALWAYS], [*runs, run(ALWAYS, "Killed", 4)])).action is Action.SUBMIT


@pytest.mark.parametrize(("state", "policy"), [("Failed", "OnFailure"), ("Killed", "Always")])
def test_a_cooldown_spaces_attempts_by_the_platforms_own_times(state: str, policy: str) -> None:
    declared = task(restartPolicy=policy, cooldown="15m")
    ended = replace(run(declared, state), finished=EPOCH)

    def at(minutes: float) -> Any:
        return only(plan(SCOPE, [declared], [ended], PlanningContext(EPOCH + timedelta(minutes=minutes))))

    assert (at(14).action, at(14).reason, at(14).due) == (
        Action.NONE,
        Reason.COOLDOWN,
        EPOCH + timedelta(minutes=15),
    )
    assert "not before 2026-01-01 00:15:00 UTC" in at(14).detail
    assert at(14).needs_attention
    assert at(15).action is Action.SUBMIT


def test_a_run_that_is_being_stopped_begins_its_cooldown_later() -> None:
    declared = task(restartPolicy="Always", cooldown="15m")
    change = only(planned([declared], [run(declared, "Killing")]))
    assert (change.action, change.reason) == (Action.NONE, Reason.STOPPING)


def test_a_new_task_and_a_changed_one_wait_for_no_cooldown() -> None:
    declared = task(restartPolicy="OnFailure", cooldown="15m")
    ended = replace(run(declared, "Failed", spec=OLD), finished=EPOCH)
    found = plan(SCOPE, [declared, task("new", cooldown="1h")], [ended], PlanningContext(EPOCH))
    assert {change.action for change in found.changes} == {Action.SUBMIT}


@pytest.mark.parametrize("tags_", [["a", "a"], ["b", "a", "b"]])
def test_user_tags_are_a_set(tags_: list[str]) -> None:
    declared = task(tags=tags_)
    echoed = run(declared, "Running")
    assert only(planned([declared], [echoed])).action is Action.NONE
    as_it_was_sent = replace(echoed, tags=(*tags_, *echoed.tags))
    assert only(planned([declared], [as_it_was_sent])).action is Action.NONE


@pytest.mark.parametrize(("before", "after"), [("", "2"), ("1", "2"), ("1", "")])
def test_a_changed_rerun_is_named_as_the_reason(before: str, after: str) -> None:
    change = only(planned([task(rerun=after)], [run(task(rerun=before), "Success")]))
    assert change.detail == "`lifecycle.rerun` requests another run"
    [difference] = change.differences
    assert (difference.field, difference.before, difference.after) == (
        "lifecycle.rerun",
        before or None,
        after or None,
    )


def test_a_rerun_of_a_release_without_its_tag_is_named_if_the_hash_proves_it() -> None:
    old = run(task(), "Success")
    assert "lifecycle.rerun" in only(planned([task(rerun="2")], [old])).detail
    other = run(task(spec={"env": {"T": {"secret": {"env": "OTHER"}}}}), "Success")
    silent = only(planned([task(rerun="2")], [other]))
    assert silent.differences == ()
    assert "the platform does not return" in silent.detail


def test_a_submit_beside_an_earlier_success_shows_it() -> None:
    change = only(planned([TRAIN], [run(TRAIN, "Success", spec=OLD)]))
    assert change.earlier_success == run(TRAIN, "Success").id
    assert only(planned([TRAIN], [run(TRAIN, "Failed", spec=OLD)])).earlier_success == ""


def test_an_update_shows_what_it_writes_and_that_nothing_is_stopped() -> None:
    change = only(planned([task(description="better", tags=["x"])], [run(TRAIN, "Running")]))
    assert change.detail == "updates description and tags in place; nothing is stopped"


def test_a_replacement_whose_run_has_a_mark_stops_every_run_of_the_old_spec() -> None:
    """Otherwise each apply would stop one more: without a winner, none is cancelled as a duplicate."""
    runs = [run(TRAIN, "Running", number, spec=OLD, stop="replace") for number in (1, 2, 3)]
    change = only(planned([TRAIN], runs))
    assert change.action is Action.REPLACE
    assert [one.id for one in change.stops] == [one.id for one in runs]
    assert steps(change) == [Cancel, Wait, Cancel, Wait, Cancel, Wait, Submit]


@pytest.mark.parametrize("after", [{"spec": {"args": "--b"}}, {"suspend": True}])
def test_protection_is_lifted_by_a_separate_apply(after: dict[str, Any]) -> None:
    """The mark on the run protects it until an apply has removed it."""
    live = run(task(protect=True), "Running", keep=Keep.PROTECT)
    at_once = only(planned([task(protect=False, **after)], [live]))
    assert at_once.stops
    assert at_once.blocked == "protected"
    lifted = only(planned([task(protect=False)], [live]))
    assert lifted.action is Action.UPDATE
    assert [(d.field, d.before, d.after) for d in lifted.differences] == [("lifecycle.protect", True, False)]


def test_a_rename_lifts_no_protection_for_later_changes() -> None:
    live = run(task(protect=True), "Running", keep=Keep.PROTECT)
    renamed = task("better-name", spec={"args": "--new"}, previousNames=["train"])
    replacement, rename = planned([renamed], [live]).changes
    assert (replacement.action, replacement.blocked) == (Action.REPLACE, "protected")
    assert rename.action is Action.RENAME


def echoing(declared: Task, state: str, **fields: Any) -> Run:
    return replace(run(declared, state, **fields), spec=declared.payload)


@pytest.mark.parametrize(("state", "stop"), [("Running", ""), ("Killed", "suspend"), ("Success", "")])
def test_a_new_run_shows_the_ignored_fields_that_change_with_it(state: str, stop: str) -> None:
    ignoring: dict[str, Any] = {"ignoreChanges": ["spec.args"]}
    old = echoing(task(spec={"args": "--a"}, **ignoring), state, stop=stop)
    spec = {"args": "--b"} if stop else {"args": "--b", "image": "i:2"}
    change = only(planned([task(spec=spec, **ignoring)], [old]))
    assert change.submits
    assert ("spec.args", "--a", "--b") in [(d.field, d.before, d.after) for d in change.differences]


def test_an_ignored_variable_is_not_shown_as_removed() -> None:
    def keyed(name: str, **spec: Any) -> Task:
        env = {"KEY": {"secret": {"env": name}}}
        return task(spec={"env": env, **spec}, ignoreChanges=["spec.env.KEY"], onChange="Manual")

    old = replace(
        run(keyed("K1"), "Running"), spec={**keyed("K1").payload, "Envs": [{"Name": "KEY", "Value": "x"}]}
    )
    change = only(planned([keyed("K2", image="i:2")], [old]))
    assert [d.field for d in change.differences] == ["spec.image"]


def test_two_spellings_of_one_path_are_no_difference_beside_a_real_one() -> None:
    storage = {"type": "Tos", "mountPath": "/data/", "bucket": "b"}
    old = echoing(task(spec={"storages": [storage]}), "Running")
    now = task(spec={"storages": [{**storage, "mountPath": "/data"}], "access": "Private"})
    change = only(planned([now], [replace(old, spec={**(old.spec or {}), "AccessType": "Public"})]))
    assert [d.field for d in change.differences] == ["spec.access"]
