"""The order between tasks: dependencies, `maxActive` and `maxFailed`, as one step after the plan is made."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.manifest.payload.rerun_on import with_reruns
from jobspec.manifest.task import SetRules, Task
from jobspec.reconcile import differences, tags
from jobspec.reconcile.guards.limits import DEFAULT, is_removal, violations
from jobspec.reconcile.order.hold import hold
from jobspec.reconcile.order.standing import TaskState, set_status
from jobspec.reconcile.planning import planner, twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import Action, Change, Difference, Plan, Reason
from jobspec.reconcile.runs import LiveRole, Run
from jobspec.reconcile.tags import Keep, Marks, TagKey
from tests.reconcile.world import EPOCH, PLACE, SCOPE, run, task, unmanaged

OLD = "1" + "0" * 16
A, B, C = task("a"), task("b", dependsOn=["a"]), task("c", dependsOn=["b"])
NAMES = tuple(f"s{number}" for number in range(5))
FINISHED = [{"task": "a", "condition": "Finished"}]


def rules(*, active: int | None = None, failed: int | None = None, cancel: bool = False) -> SetRules:
    then: Any = "Cancel" if cancel else "Continue"
    return SetRules("sweep", NAMES, PLACE, active, failed, then)


def cell(number: int, **fields: Any) -> Task:
    return replace(task(NAMES[number], **fields), set="sweep")


def cells(count: int = 5, **fields: Any) -> list[Task]:
    return [cell(number, **fields) for number in range(count)]


def of_set(declared: Task, state: str, number: int = 1, **options: Any) -> Run:
    found = run(declared, state, number, **options)
    assert isinstance(found.marks, Marks)
    marks = replace(found.marks, set="sweep")
    return replace(found, id=f"t-{declared.name}-{number}", marks=marks, tags=tags.write(marks, ()))


def planned(
    tasks: list[Task], runs: list[Run] | tuple[Run, ...] = (), *sets: SetRules, only: set[str] | None = None
) -> dict[str, Change]:
    runs = [replace(one, id=f"{one.id}-{one.name}") for one in runs]
    whole = planner.plan(SCOPE, tasks, runs, PlanningContext(EPOCH))
    part = replace(whole, changes=tuple(c for c in whole.changes if only is None or c.task in only))
    part = twins.hold(part, [one for one in runs if one.marks is None], ())
    plan = hold(part, whole, scope=SCOPE, declared=(tasks, sets), runs=runs)
    return {change.task: change for change in plan.changes}


def how(change: Change) -> tuple[Action, Reason]:
    return change.action, change.reason


WAITS = (Action.NONE, Reason.WAITING)
BLOCKED = (Action.NONE, Reason.BLOCKED_BY_FAILURE)
NEW = (Action.SUBMIT, Reason.NEW)


@pytest.mark.parametrize(
    ("runs", "expected", "detail"),
    [
        ([], WAITS, "waiting for a (not submitted)"),
        ([run(A, "Queue")], WAITS, "waiting for a (pending)"),
        ([run(A, "Running")], WAITS, "waiting for a (running)"),
        ([run(A, "Killing")], WAITS, "waiting for a (stopping)"),
        ([run(A, "Running", spec=OLD)], WAITS, "waiting for a (running with an earlier spec)"),
        ([run(A, "Success", spec=OLD)], WAITS, "waiting for a (not submitted)"),
        ([run(A, "Migrating")], WAITS, "waiting for a (unknown-state)"),
        ([run(A, "Success")], NEW, ""),
        ([run(A, "Success"), run(A, "Failed", 2)], NEW, ""),
        ([run(A, "Success"), run(A, "Running", 2)], NEW, ""),
        ([run(A, "Failed")], BLOCKED, "a failed"),
        ([run(A, "Killed")], BLOCKED, "a was cancelled"),
        ([run(A, "Killed", stop="user")], BLOCKED, "a was cancelled"),
    ],
)
def test_a_task_waits_until_its_dependency_has_succeeded(
    runs: list[Run], expected: tuple[Action, Reason], detail: str
) -> None:
    found = planned([A, B], runs)["b"]
    assert (how(found), found.detail) == (expected, detail)
    assert bool(found.steps) is (expected == NEW)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], WAITS),
        ([run(A, "Running")], WAITS),
        ([run(A, "Failed", spec=OLD)], WAITS),
        ([run(A, "Success")], NEW),
        ([run(A, "Failed")], NEW),
        ([run(A, "Killed")], NEW),
    ],
)
def test_with_finished_any_end_of_the_present_spec_is_enough(
    runs: list[Run], expected: tuple[Action, Reason]
) -> None:
    assert how(planned([A, task("b", dependsOn=FINISHED)], runs)["b"]) == expected


def test_a_failure_that_will_be_retried_is_not_final() -> None:
    retried = task("a", restartPolicy="OnFailure", backoffLimit=1)
    assert planned([retried, B], [run(retried, "Failed")])["b"].detail == "waiting for a (not submitted)"
    twice = [run(retried, "Failed"), run(retried, "Failed", 2)]
    assert how(planned([retried, B], twice)["b"]) == BLOCKED
    cooling = task("a", restartPolicy="OnFailure", cooldown="10m")
    ended = replace(run(cooling, "Failed"), finished=EPOCH)
    assert planned([cooling, B], [ended])["b"].detail == "waiting for a (cooldown)"


def test_the_first_failure_is_named_along_the_chain() -> None:
    found = planned([A, B, C], [run(A, "Failed")])
    assert (how(found["b"]), found["b"].detail) == (BLOCKED, "a failed")
    assert (how(found["c"]), found["c"].detail) == (BLOCKED, "a failed, which blocks b")
    after = planned([A, B, task("c", dependsOn=[{"task": "b", "condition": "Finished"}])], [run(A, "Failed")])
    assert how(after["c"]) == BLOCKED  # b never ends, so c may not wait for it for ever


def test_only_direct_dependencies_count() -> None:
    found = planned([A, B, C], [run(A, "Failed"), run(B, "Success", 2)])
    assert (found["b"].reason, how(found["c"])) == (Reason.DONE, NEW)


def test_every_dependency_counts_and_is_named() -> None:
    both = task("b", dependsOn=["a", "x"])
    found = planned([A, task("x"), both], [run(A, "Running")])["b"]
    assert found.detail == "waiting for a (running), x (not submitted)"
    assert how(planned([A, task("x"), both], [run(A, "Running"), run(task("x"), "Failed")])["b"]) == BLOCKED


def test_a_suspended_task_counts_only_by_its_success() -> None:
    suspended = task("a", suspend=True)
    assert planned([suspended, B], [])["b"].detail == "waiting for a (suspended)"
    assert how(planned([suspended, B], [run(suspended, "Success")])["b"]) == NEW


def test_a_done_task_is_not_rerun_and_an_active_one_goes_on_when_its_dependency_changes() -> None:
    changed = [run(A, "Success", spec=OLD)]
    assert planned([A, B], [*changed, run(B, "Success", 2)])["b"].reason is Reason.DONE
    assert planned([A, B], [*changed, run(B, "Running", 2)])["b"].reason is Reason.IN_PROGRESS
    retried = task("b", dependsOn=["a"], restartPolicy="OnFailure")
    assert how(planned([A, retried], [*changed, run(retried, "Failed", 2)])["b"]) == WAITS


def test_a_replacement_that_may_not_start_is_held_whole() -> None:
    found = planned([A, B], [run(A, "Running"), run(B, "Running", 2, spec=OLD)])["b"]
    assert (how(found), found.steps, found.stops) == (WAITS, (), ())
    assert [step.marks.spec for step in found.later] == [found.later[0].fingerprint.spec]
    failed = planned([A, B], [run(A, "Failed"), run(B, "Running", 2, spec=OLD)])["b"]
    assert (how(failed), failed.steps, failed.later) == (BLOCKED, (), ())


def test_the_whole_scope_counts_even_if_only_a_part_is_selected() -> None:
    assert planned([A, B], [], only={"b"})["b"].detail == "waiting for a (not submitted)"
    assert how(planned([A, B], [run(A, "Success")], only={"b"})["b"]) == NEW


def test_what_waits_counts_for_limits_on_submits_and_what_is_blocked_does_not() -> None:
    def refused(runs: list[Run]) -> list[str]:
        found = tuple(planned([A, B, C], runs).values())
        limits = replace(DEFAULT, max_submits=2)
        return [one.code for one in violations(Plan("vision", found, 3), limits, EPOCH, declared=3)]

    assert refused([]) == ["JS420"]
    assert refused([run(A, "Success")]) == []
    assert refused([run(A, "Failed")]) == []


# Sets as dependencies


def test_a_set_has_succeeded_once_every_declared_member_has() -> None:
    select = task("select", dependsOn=["set/sweep"])
    declared = [*cells(3), select]
    some = SetRules("sweep", NAMES[:3], PLACE)
    ended = [of_set(one, "Success") for one in cells(3)]
    assert planned(declared, ended[:2], some)["select"].detail == "waiting for set/sweep (2 of 3 succeeded)"
    assert how(planned(declared, ended, some)["select"]) == NEW
    failed = [ended[0], of_set(cell(1), "Failed"), ended[2]]
    found = planned(declared, failed, some)["select"]
    assert (how(found), found.detail) == (BLOCKED, "s1 of set/sweep failed")


def test_a_set_has_finished_once_every_member_has_ended() -> None:
    declared = [*cells(3), task("select", dependsOn=[{"task": "set/sweep", "condition": "Finished"}])]
    some = SetRules("sweep", NAMES[:3], PLACE)
    ended = [of_set(cell(0), "Success"), of_set(cell(1), "Failed"), of_set(cell(2), "Killed")]
    assert planned(declared, ended[:2], some)["select"].detail == "waiting for set/sweep (2 of 3 ended)"
    assert how(planned(declared, ended, some)["select"]) == NEW


def test_a_set_of_suspended_members_is_suspended_and_not_succeeded() -> None:
    declared = [*cells(2, suspend=True), task("select", dependsOn=["set/sweep"])]
    some = SetRules("sweep", NAMES[:2], PLACE)
    assert (
        planned(declared, [], some)["select"].detail == "waiting for set/sweep (0 of 2 succeeded, suspended)"
    )
    one = [of_set(cell(0), "Success")]
    assert how(planned(declared, one, some)["select"]) == WAITS


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ("succeeded succeeded", "succeeded"),
        ("succeeded suspended", "suspended"),
        ("suspended suspended", "suspended"),
        ("succeeded waiting suspended", "waiting"),
        ("running waiting", "running"),
        ("blocked-by-failure running", "blocked-by-failure"),
        ("failed running waiting", "failed"),
        ("cancelled succeeded", "failed"),
        ("", "waiting"),
    ],
)
def test_the_status_of_a_set(members: str, status: str) -> None:
    assert set_status(map(TaskState, members.split())) is TaskState(status)


# maxActive


def submitted(found: dict[str, Change]) -> list[str]:
    return sorted(name for name, change in found.items() if change.submits)


def test_slots_are_given_in_the_order_of_the_members() -> None:
    found = planned(cells(), [], rules(active=2))
    assert submitted(found) == ["s0", "s1"]
    assert found["s2"].detail == "waiting for a slot of set/sweep: 0 of 2 are active, 2 start now"
    assert how(found["s4"]) == WAITS
    backwards = replace(rules(active=2), members=NAMES[::-1])
    assert submitted(planned(cells(), [], backwards)) == ["s3", "s4"]
    [step] = found["s0"].submits
    assert step.slots is not None
    assert (step.slots.tag, step.slots.limit, step.marks.set) == ("sweep", 2, "sweep")


def test_active_members_hold_their_slots_and_ended_ones_free_them() -> None:
    full = [of_set(cell(0), "Running"), of_set(cell(1), "Killing")]
    found = planned(cells(), full, rules(active=2))
    assert submitted(found) == []
    assert found["s2"].detail == "waiting for a slot of set/sweep: 2 of 2 are active"
    ended = [of_set(cell(0), "Success"), of_set(cell(1), "Failed")]
    assert submitted(planned(cells(), ended, rules(active=2))) == ["s2", "s3"]
    unknown = [of_set(cell(0), "Migrating")]
    assert submitted(planned(cells(), unknown, rules(active=2))) == ["s1"]


def test_former_members_hold_slots_by_the_tag_of_their_set() -> None:
    gone = of_set(task("gone", spec={"args": "--other"}), "Running")
    assert submitted(planned(cells(), [gone], rules(active=2))) == ["s0"]
    other = run(task("gone", spec={"args": "--other"}), "Running")  # never a member
    assert submitted(planned(cells(), [other], rules(active=2))) == ["s0", "s1"]


def test_what_waits_or_is_blocked_or_not_selected_holds_no_slot() -> None:
    waiting = [cell(0, dependsOn=["a"]), *cells()[1:], A]
    assert submitted(planned(waiting, [run(A, "Running")], rules(active=1))) == ["s1"]
    twin = [unmanaged("s0", "Running")]
    assert submitted(planned(cells(), twin, rules(active=1))) == ["s1"]
    assert submitted(planned(cells(), [], rules(active=1), only={"s3", "s4"})) == ["s3"]
    cooling = [cell(0, restartPolicy="OnFailure", cooldown="10m"), *cells()[1:]]
    ended = [replace(of_set(cooling[0], "Failed"), finished=EPOCH)]
    assert submitted(planned(cooling, ended, rules(active=1))) == ["s1"]


def test_one_slot_and_a_member_that_needs_a_later_one() -> None:
    declared = [cell(0, dependsOn=["s1"]), cell(1)]
    some = SetRules("sweep", ("s0", "s1"), PLACE, max_active=1)
    assert submitted(planned(declared, [], some)) == ["s1"]
    assert submitted(planned(declared, [of_set(cell(1), "Success")], some)) == ["s0"]


def test_a_replacement_in_a_full_set_takes_the_slot_that_it_frees() -> None:
    full = [of_set(cell(0), "Running", spec=OLD), of_set(cell(1), "Running")]
    found = planned(cells(), full, rules(active=2))
    assert (how(found["s0"]), submitted(found)) == ((Action.REPLACE, Reason.SPEC_CHANGED), ["s0"])
    over = [*full, of_set(cell(2), "Running")]
    held = planned(cells(), over, rules(active=2))["s0"]
    assert (how(held), held.stops) == (WAITS, ())


def test_a_run_without_the_tag_of_its_set_gets_it_in_place() -> None:
    found = planned(cells(1), [run(cell(0), "Running")], rules(active=2))["s0"]
    assert (found.action, [d.field for d in found.differences]) == (Action.UPDATE, ["set"])
    left = planned([task("s0")], [of_set(cell(0), "Running")])["s0"]
    assert [(d.field, d.before, d.after) for d in left.differences] == [("set", "sweep", None)]


# maxFailed


def failed(*numbers: int) -> list[Run]:
    return [of_set(cell(number), "Failed") for number in numbers]


def test_after_enough_final_failures_nothing_new_starts_and_active_ones_go_on() -> None:
    below = planned(cells(), [*failed(0), of_set(cell(2), "Running")], rules(failed=2))
    assert submitted(below) == ["s1", "s3", "s4"]
    found = planned(cells(), [*failed(0, 1), of_set(cell(2), "Running")], rules(failed=2))
    assert (submitted(found), how(found["s3"])) == ([], BLOCKED)
    assert found["s3"].detail == "2 tasks of set/sweep failed; maxFailed is 2"
    assert how(found["s2"]) == (Action.NONE, Reason.IN_PROGRESS)
    assert submitted(planned(cells(), [], rules(failed=0))) == list(NAMES)


def test_a_failure_that_is_retried_does_not_count_yet() -> None:
    declared = cells(restartPolicy="OnFailure", backoffLimit=1)
    once = [of_set(declared[0], "Failed"), of_set(declared[1], "Failed")]
    assert submitted(planned(declared, once, rules(failed=1))) == list(NAMES)


def test_with_cancel_the_active_members_are_stopped_once_and_do_not_start_again() -> None:
    declared = [*cells(4), cell(4, protect=True)]
    active = [of_set(cell(1), "Running"), of_set(declared[4], "Running", keep=Keep.PROTECT)]
    found = planned(declared, [*failed(0), *active], rules(failed=1, cancel=True))
    assert how(found["s1"]) == (Action.CANCEL, Reason.MAX_FAILED)
    assert not is_removal(found["s1"])  # the manifest requests it
    assert found["s4"].reason is Reason.IN_PROGRESS
    stopped = [*failed(0), of_set(cell(1), "Killed", stop="max-failed"), active[1]]
    after = planned(declared, stopped, rules(failed=1, cancel=True))
    assert (how(after["s1"]), submitted(after)) == (BLOCKED, [])
    raised = planned(declared, stopped, rules(failed=3, cancel=True))
    assert how(raised["s1"]) == (Action.SUBMIT, Reason.RESUMED)


def test_the_order_of_events_does_not_matter() -> None:
    runs = [*failed(1, 3), of_set(cell(0), "Running"), of_set(cell(2), "Success")]
    declared = [*cells(), task("select", dependsOn=["set/sweep"])]
    limits = rules(active=2, failed=2, cancel=True)
    found = [planned(declared, list(some), limits) for some in permutations(runs)]
    assert all(one == found[0] for one in found)
    assert {name: how(change) for name, change in found[0].items()} == {
        "s0": (Action.CANCEL, Reason.MAX_FAILED),
        "s1": (Action.NONE, Reason.FAILED),
        "s2": (Action.NONE, Reason.DONE),
        "s3": (Action.NONE, Reason.FAILED),
        "s4": BLOCKED,
        "select": BLOCKED,
    }


def test_nothing_of_a_circle_starts_nor_what_depends_on_it() -> None:
    circle = [task("a", dependsOn=["b"]), task("b", dependsOn=["a"])]
    found = planned([*circle, C, task("d"), task("e", dependsOn=["d"])])
    assert [how(found[name]) for name in "abcde"] == [WAITS, WAITS, WAITS, NEW, WAITS]
    own = cells(2, dependsOn=["set/sweep"])
    assert [how(one) for one in planned(own, [], rules()).values()] == [WAITS, WAITS]


def test_what_max_failed_stops_does_not_count_as_removed_but_as_lost_work() -> None:
    declared = cells(5)
    active = [of_set(cell(number), "Running") for number in (1, 2, 3, 4)]
    active = [replace(one, launched=EPOCH, roles=(LiveRole("worker", 2, "ml.g1e.large"),)) for one in active]
    found = planned(declared, [*failed(0), *active], rules(failed=1, cancel=True))
    plan = Plan(str(SCOPE), tuple(found.values()), 5)
    limits = replace(DEFAULT, max_removals=0)
    assert violations(plan, limits, EPOCH + timedelta(hours=3), declared=5) == ()
    [refused] = violations(plan, limits, EPOCH + timedelta(hours=4), declared=5)
    assert refused.code == "JS403"


def test_without_order_the_plan_is_the_same_object() -> None:
    plan = planner.plan(SCOPE, [A], [])
    assert hold(plan, plan, scope=SCOPE, declared=([A], []), runs=[]) is plan


# rerunOn


def reran(*tasks: Task) -> dict[str, Task]:
    return {one.name: one for one in with_reruns(tasks)}


ON = task("b", dependsOn=["a"], rerunOn=["a"])


def test_only_tasks_with_rerun_on_get_another_hash() -> None:
    found = reran(A, ON)
    assert found["a"] is A
    assert found["b"].fingerprint != ON.fingerprint
    assert with_reruns((A, B)) == (A, B)
    assert found["b"].fingerprint.specs == ("12a70691e1b6f1536",)


def test_a_changed_dependency_reruns_with_rerun_on_after_it_has_succeeded() -> None:
    before, other = reran(A, ON), task("a", spec={"args": "--new"})
    after = reran(other, ON)
    done = [run(A, "Success"), run(before["b"], "Success", 2)]
    waiting = planned(list(after.values()), done)["b"]
    assert (how(waiting), waiting.detail) == (WAITS, "waiting for a (not submitted)")
    then = planned(list(after.values()), [*done, run(other, "Success", 3)])["b"]
    assert (how(then), then.detail) == (
        (Action.SUBMIT, Reason.SPEC_CHANGED),
        "`rerunOn`: a has changed",
    )
    assert then.earlier_success


def test_rerun_on_goes_through_a_chain_and_through_sets() -> None:
    chain = [A, ON, task("c", dependsOn=["b"], rerunOn=["b"])]
    changed = [task("a", spec={"args": "--new"}), *chain[1:]]
    assert reran(*chain)["c"].fingerprint != reran(*changed)["c"].fingerprint
    select = task("z", dependsOn=["set/sweep"], rerunOn=["set/sweep"])
    first, other = reran(*cells(2), select), reran(cell(0), cell(1, spec={"args": "--new"}), select)
    assert first["z"].fingerprint != other["z"].fingerprint
    assert first["z"].fingerprint == reran(select, *cells(2)[::-1])["z"].fingerprint


def test_a_pure_rename_of_the_members_does_not_rerun() -> None:
    select = task("z", dependsOn=["set/sweep"], rerunOn=["set/sweep"])
    other = cell(1, spec={"args": "--other"})
    renamed = [replace(task("t9"), set="sweep"), replace(task("t0", spec={"args": "--other"}), set="sweep")]
    assert reran(cell(0), other, select)["z"].fingerprint == reran(*renamed, select)["z"].fingerprint


def test_ignored_changes_of_a_dependency_do_not_rerun() -> None:
    def dependent(args: str) -> Task:
        return reran(task("a", spec={"args": args}, ignoreChanges=["spec.args"]), ON)["b"]

    assert dependent("--one").fingerprint == dependent("--two").fingerprint


def test_the_own_rerun_counts_too_and_is_told_apart() -> None:
    own = task("b", dependsOn=["a"], rerunOn=["a"], rerun="again")
    found = reran(A, own)["b"]
    assert found.lifecycle.rerun.startswith("again_on_")
    before = run(reran(A, ON)["b"], "Success", 2)
    change = planned([A, found], [run(A, "Success"), before])["b"]
    assert change.detail == "`lifecycle.rerun` requests another run"
    assert change.differences == (Difference("lifecycle.rerun", None, "again"),)  # no hash of `rerunOn`
    other = reran(task("a", spec={"args": "--new"}), own)["b"]
    assert differences.between(before, run(other, "Success", 3)) == (
        Difference("lifecycle.rerun", None, "again"),
        Difference("lifecycle.rerunOn", "earlier specs", "later specs"),
    )
    without = planned([A, task("b")], [run(A, "Success"), before])["b"]
    assert (without.detail, without.differences) == ("`rerunOn` was removed", ())
    tag = tags.encode(TagKey.RERUN, found.lifecycle.rerun)
    assert tag == f"jobspec-rerun_{found.lifecycle.rerun}"
