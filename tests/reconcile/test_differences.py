"""Differences between two runs of a task: named as in the manifest, and without values that may be secret."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.reconcile.declared import declare, marks_of, update_step
from jobspec.reconcile.differences import HIDDEN, NOT_ECHOED, between, of_metadata, of_run, of_spec
from jobspec.reconcile.planning.plan import Difference
from jobspec.reconcile.runs import Run
from tests.reconcile.world import only, planned, run, task

TOKEN = "ghp_" + "a1B2" * 9
TOS = {"type": "Tos", "mountPath": "/d", "bucket": "b", "prefix": "p"}


def echo(**spec: Any) -> Run:
    """A run with this echo of the platform."""
    return replace(run(task(), "Success"), spec=spec)


def roles(replicas: int, name: str = "worker") -> list[dict[str, Any]]:
    return [{"RoleName": name, "RoleReplicas": replicas, "ResourceSpecId": "ml.g1e.large"}]


def env(value: str | None) -> list[dict[str, Any]]:
    """A variable; a private one is echoed without its value."""
    return [{"Name": "LR", **({} if value is None else {"Value": value})}]


DIFFERENT = {
    "value": ({"Args": "10"}, {"Args": "20"}, ("spec.args", "10", "20")),
    "added": ({}, {"Priority": 4}, ("spec.priority", None, 4)),
    "removed": ({"Priority": 4}, {"Priority": None}, ("spec.priority", 4, None)),
    "replicas": (
        {"TaskRoleSpecs": roles(1)},
        {"TaskRoleSpecs": roles(2)},
        ("spec.roles[worker].replicas", 1, 2),
    ),
    "variable": ({"Envs": env("0.1")}, {"Envs": env("0.2")}, ("spec.env.LR", "0.1", "0.2")),
    "variable-without-a-value": ({}, {"Envs": env(None)}, ("spec.env.LR", None, NOT_ECHOED)),
    "private-variable": (
        {"Envs": [{"Name": "LR", "Value": "0.1", "IsPrivate": True}]},
        {"Envs": [{"Name": "LR", "Value": "0.2", "IsPrivate": True}]},
        ("spec.env.LR", HIDDEN, HIDDEN),
    ),
    "secretive-variable": (
        {"Envs": [{"Name": "HF_TOKEN", "Value": "one"}]},
        {"Envs": [{"Name": "HF_TOKEN", "Value": "other"}]},
        ("spec.env.HF_TOKEN", HIDDEN, HIDDEN),
    ),
    "list": (
        {"RetryOptions": {"PolicySets": ["Failed"]}},
        {"RetryOptions": {"PolicySets": ["Failed", "InstanceReclaimed"]}},
        ("spec.retry.on", ["Failed"], ["Failed", "InstanceReclaimed"]),
    ),
    "key-of-a-storage": (
        {"Storages": [{"MountPath": "/data", "SecretAccessKey": "one"}]},
        {"Storages": [{"MountPath": "/data", "SecretAccessKey": "other"}]},
        ("spec.storages[/data].secretAccessKey", HIDDEN, HIDDEN),
    ),
    "token-in-a-command": (
        {"EntrypointPath": f"login {TOKEN}"},
        {"EntrypointPath": "login"},
        ("spec.entrypoint", f"login {'*' * len(TOKEN)}", "login"),
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_a_difference_between_two_echoes_is_named_as_in_a_manifest(
    before: dict[str, Any], after: dict[str, Any], expected: tuple[str, object, object]
) -> None:
    assert between(echo(**before), echo(**after)) == (Difference(*expected),)


SAME = {
    "nothing-echoed": ({}, {}),
    "other-run": ({"Id": "t-1", "State": "Failed", "ExitCode": 3}, {"Id": "t-2", "State": "Success"}),
    "labels": ({"Name": "old", "Tags": ["a"], "Description": "x"}, {"Name": "new", "Tags": ["b"]}),
    "null": ({"Args": None}, {}),
    "number": ({"SidecarMemoryRatio": 1}, {"SidecarMemoryRatio": 1.0}),
    "order-of-roles": (
        {"TaskRoleSpecs": [*roles(1), *roles(2, "ps")]},
        {"TaskRoleSpecs": [*roles(2, "ps"), *roles(1)]},
    ),
    "private-variable": ({"Envs": env(None)}, {"Envs": env(None)}),
    "platforms-own": ({"ImageSpec": {"Digest": "1"}}, {"ImageSpec": {"Digest": "2"}}),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME.keys())
def test_a_field_that_no_manifest_has_is_no_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert between(echo(**before), echo(**after)) == ()


def test_two_runs_without_an_echo_have_no_differences() -> None:
    assert between(replace(echo(), spec=None), replace(echo(), spec=None)) == ()


def differences(live: dict[str, Any], **spec: Any) -> list[tuple[str, object, object]]:
    """The differences of a live echo from a declared task."""
    found = of_spec(echo(**live), task(spec=spec).payload)
    return [(d.field, d.before, d.after) for d in found]


@pytest.mark.parametrize(
    ("live", "spec"),
    [
        ({"ResourceGroupId": ""}, {}),
        ({"ImageSpec": {"Url": "a/b:1"}}, {"image": {"url": "a/b:1", "type": "Custom"}}),
        ({"RetryOptions": {"EnableRetry": True}}, {"retry": {"enabled": True, "maxTimes": 3}}),
        ({"Storages": [{"MountPath": "/d", "Type": "Tos", "Bucket": "b"}]}, {"storages": [TOS]}),
        ({"Envs": None, "Storages": ["what", 3, None]}, {}),
    ],
)
def test_a_field_that_the_platform_does_not_echo_is_no_difference(
    live: dict[str, Any], spec: dict[str, Any]
) -> None:
    assert [field for field, _, _ in differences(live, **spec)] == []


def test_an_item_that_the_platform_dropped_is_a_difference() -> None:
    assert differences({"Envs": []}, env={"LR": "0.1"}) == [("spec.env.LR", None, "0.1")]
    assert ("spec.storages[/d].bucket", None, "b") in differences({"Storages": []}, storages=[TOS])


def test_a_credential_in_a_live_command_is_not_shown() -> None:
    [(field, before, _)] = differences({"EntrypointPath": f"login {TOKEN}"})
    assert field == "spec.entrypoint"
    assert TOKEN not in str(before)


def test_a_live_value_under_a_secret_key_is_not_shown() -> None:
    [(_, before, _)] = differences(
        {"Storages": [{"MountPath": "/d", "Type": "Tos", "Bucket": "b", "SecretAccessKey": "hunter2"}]},
        storages=[TOS],
    )
    assert before == HIDDEN


def test_a_credential_in_a_live_label_is_not_shown() -> None:
    live = replace(run(task(), "Running"), description=f"use {TOKEN}", tags=(TOKEN,))
    declared = declare(task())
    update = update_step(declared.task, live, marks_of(live))
    assert TOKEN not in str(of_metadata(live, update))
    assert "metadata.tags" in {d.field for d in of_metadata(live, update)}


PRIVATE = {"Name": "T", "Value": "a-private-value", "IsPrivate": True}


def test_a_private_value_that_a_run_repeats_elsewhere_is_not_shown() -> None:
    before = echo(Envs=[PRIVATE], TensorBoardPath="/a/a-private-value")
    assert between(before, echo(Envs=[PRIVATE], TensorBoardPath="/b")) == (
        Difference("spec.tensorboard.path", "/a/***", "/b"),
    )


def test_a_private_value_in_a_live_description_is_not_shown() -> None:
    live = replace(run(task(), "Running"), description="with a-private-value", spec={"Envs": [PRIVATE]})
    update = update_step(declare(task(description="new")).task, live, marks_of(live))
    before = {difference.field: difference.before for difference in of_metadata(live, update)}
    assert before["metadata.description"] == "with ***"


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({}, {"preemptible": True}, [("spec.preemptible", None, True)]),
        ({"priority": 4}, {}, [("spec.priority", 4, None)]),
        (
            {},
            {"args": "--b", "retry": {"on": ["Failed"]}},
            ["spec.args", "spec.retry.enabled", "spec.retry.on"],
        ),
        ({}, {"extra": {"New": 1}, "cacheType": "none"}, ["spec.cacheType", "spec.extra.New"]),
        (
            {},
            {"diagnostics": [{"name": "LogDetection"}]},
            [("spec.diagnostics[LogDetection].enabled", None, True)],
        ),
        ({}, {"resourceQueue": "q-1"}, ["spec.resourceGroup", "spec.resourceQueue"]),
    ],
)
def test_a_field_that_a_complete_echo_lacks_was_not_given(
    was: dict[str, Any], now: dict[str, Any], expected: list[Any]
) -> None:
    before = task(spec=was)
    live = replace(run(before, "Running"), spec={**before.payload, "State": "Running", "ExitCode": 0})
    found = of_run(live, task(spec=now).payload)
    assert [
        one if isinstance(wanted, tuple) else one.field for one, wanted in zip(found, expected, strict=True)
    ] == [Difference(*wanted) if isinstance(wanted, tuple) else wanted for wanted in expected]


def test_a_field_that_an_incomplete_echo_lacks_may_have_been_given() -> None:
    before = task(spec={"priority": 4})
    live = replace(run(before, "Running"), spec={"Args": ""})
    assert of_run(live, task(spec={"preemptible": True}).payload) == ()


@pytest.mark.parametrize("number", [float("inf"), 10**400], ids=["infinite", "huge"])
@pytest.mark.parametrize("lifecycle", [{}, {"ignoreChanges": ["spec.priority"]}])
def test_a_number_that_json_cannot_hold_is_no_crash(number: float, lifecycle: dict[str, Any]) -> None:
    before, after = task(spec={"priority": 4}), task(spec={"priority": 6, "args": "--b"}, **lifecycle)
    live = replace(run(before, "Running"), spec={**before.payload, "Priority": number})
    assert only(planned([after], [live])).reason == "spec-changed"
