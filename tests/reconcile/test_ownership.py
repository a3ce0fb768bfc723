"""Adopting and releasing a run: what is written, shown and refused."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare
from jobspec.reconcile.guards.violation import Violation
from jobspec.reconcile.planning.ownership import adoption, release
from jobspec.reconcile.planning.plan import Action, Plan, Reason, Update
from jobspec.reconcile.protocol.calls import Create
from jobspec.reconcile.protocol.converge import converge
from jobspec.reconcile.protocol.outcome import Status
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Marks
from tests.reconcile.simulated import World
from tests.reconcile.world import SCOPE, only, planned, run, task, unmanaged

OLD = "1" + "0" * 16
TRAIN = task(tags=["team-x"])
SAME = {"EntrypointPath": "python train.py", "ImageSpec": {"Id": "ml_platform/pytorch:1.7"}}


def foreign(state: str, **spec: object) -> Run:
    found = unmanaged("someone-elses-name", state, number=9)
    return replace(found, tags=("mine",), spec={**SAME, **spec})


def adopted(live: Run, *own: Run) -> tuple[Plan, tuple[Violation, ...]]:
    return adoption(declare(TRAIN), live, own)


def after(live: Run, plan: Plan) -> Run:
    [step] = only(plan).steps
    assert isinstance(step, Update)
    return replace(live, name=step.name, marks=step.becomes, tags=tags.write(step.becomes, step.user_tags))


@pytest.mark.parametrize(
    ("state", "reason"), [("Running", "in-progress"), ("Queue", "in-progress"), ("Success", "done")]
)
def test_an_adopted_run_is_one_of_its_manifest(state: str, reason: str) -> None:
    plan, refused = adopted(foreign(state))
    assert refused == ()
    assert only(plan).action is Action.ADOPT
    change = only(planned([TRAIN], [after(foreign(state), plan)]))
    assert (change.action, change.reason) == (Action.NONE, reason)


def test_written_fields_are_shown() -> None:
    plan, _ = adopted(foreign("Running"))
    assert [d.field for d in only(plan).differences] == ["metadata.name", "metadata.tags"]


def test_a_run_of_another_spec_must_be_forced_and_shows_its_differences() -> None:
    plan, [refused] = adopted(foreign("Running", EntrypointPath="python other.py"))
    assert (refused.code, refused.guard) == ("JS413", "differences")
    assert "spec.entrypoint" in [d.field for d in only(plan).differences]


def test_adopting_beside_an_active_run_is_refused_because_apply_would_stop_one() -> None:
    _, [refused] = adopted(foreign("Running"), run(TRAIN, "Running"))
    assert (refused.code, refused.guard) == ("JS413", "")
    assert "duplicate" in refused.message


def test_adopting_for_a_suspended_task_is_refused_because_apply_would_stop_it() -> None:
    _, [refused] = adoption(declare(task(suspend=True)), foreign("Running"), ())
    assert "suspended" in refused.message


@pytest.mark.parametrize("state", ["Killing", "Hibernating"])
def test_a_run_that_is_stopping_or_in_an_unknown_state_is_not_adopted(state: str) -> None:
    with pytest.raises(UsageError, match=state):
        adopted(foreign(state))


def test_a_managed_run_is_not_adopted() -> None:
    with pytest.raises(UsageError, match="already managed"):
        adopted(run(TRAIN, "Running"))


def test_a_run_with_contradicting_tags_is_not_adopted() -> None:
    broken = replace(foreign("Running"), marks=tags.read(("jobspec-scope_vision",)))
    with pytest.raises(UsageError, match="no `jobspec-task_…` tag"):
        adopted(broken)


def test_release_removes_every_tag_of_ours_and_keeps_the_users() -> None:
    runs = (run(TRAIN, "Running", 1, stop="user"), run(TRAIN, "Failed", 2))
    change = only(release(SCOPE, "train", runs))
    assert change.action is Action.RELEASE
    assert not change.stops
    for step in change.steps:
        assert isinstance(step, Update)
        assert isinstance(step.marks, Marks)
        assert tags.write(step.becomes, step.user_tags) == ("team-x",)


def test_release_updates_the_active_run_last() -> None:
    runs = (run(TRAIN, "Running", 1), run(TRAIN, "Failed", 2), run(TRAIN, "Success", 3))
    change = only(release(SCOPE, "train", runs))
    assert isinstance(change.steps[-1], Update)
    assert change.steps[-1].run == runs[0].id


def test_an_adopted_run_that_failed_is_retried_like_any_other() -> None:
    retried = task(tags=["team-x"], restartPolicy="OnFailure")
    plan, _ = adoption(declare(retried), foreign("Failed"), ())
    world = World().add(after(foreign("Failed"), plan))
    change = only(planned([retried], list(world.runs.values())))
    outcome = world.drive(converge(change, "vision", Assumptions(0, 0)))
    assert (change.reason, outcome.status, world.count(Create)) == (Reason.RETRY, Status.DONE, 1)


def test_a_description_that_is_not_shown_is_not_emptied() -> None:
    [step] = only(adopted(foreign("Running"))[0]).steps
    assert isinstance(step, Update)
    assert step.description is None
