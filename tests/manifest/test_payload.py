"""A task's create payload, and the names of its differences in terms of a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.manifest.payload.create import named_secrets, resolve
from jobspec.manifest.payload.fields import manifest_field, manifest_fields, without_fields
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.validate.rules import ignorable_fields
from tests.manifest.tasks import task_from
from tests.manifest.test_schema import FULL_TASK, ROLE, SECRET

MINIMAL = {"image": "i", "entrypoint": "e", "roles": [ROLE]}


def _task(spec: dict[str, Any]) -> Task:
    return task_from({**MINIMAL, **spec}, scope=Scope("p", "e"), metadata={"name": "a"})


def test_a_minimal_task_gets_the_defaults_of_the_platforms_sdk() -> None:
    assert _task({}).payload == {
        "Name": "a",
        "Description": "",
        "ImageSpec": {"Id": "i"},
        "EntrypointPath": "e",
        "Args": "",
        "Framework": "Custom",
        "ActiveDeadlineSeconds": 432000,
        "EnableTensorBoard": False,
        "CodeSource": "",
        "CacheType": "Cloudfs",
        "ResourceGroupId": "default",
        "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "f"}],
        "Envs": [],
        "Storages": [],
    }


def test_a_full_task_gets_every_wire_field() -> None:
    body = _task(FULL_TASK["spec"]).payload
    assert body["ImageSpec"]["Type"] == "Custom"
    assert body["RetryOptions"] == {
        "EnableRetry": True,
        "MaxRetryTimes": 3,
        "IntervalSeconds": 120,
        "PolicySets": ["Failed"],
    }
    assert body["SidecarMemoryRatio"] == 0.5
    assert body["Priority"] == 4
    assert {"CodeOriPath", "TensorBoardPath", "SidecarResourceCPU", "Credential"} <= set(body)


def test_every_wire_field_has_a_name_in_the_manifest() -> None:
    body = _task(FULL_TASK["spec"]).payload
    names = set(manifest_fields(body))
    assert all(name.startswith(("spec.", "metadata.")) for name in names)
    assert {"spec.roles[worker].replicas", "spec.env.A", "spec.storages[/a].bucket", "spec.retry.on"} <= names


def test_sets_are_in_one_order() -> None:
    other = {"name": "ps", "replicas": 1, "flavor": "f"}
    one = _task({"roles": [ROLE, other], "env": {"A": "1", "B": "2"}})
    two = _task({"roles": [other, ROLE], "env": {"B": "2", "A": "1"}})
    assert one.payload == two.payload


def test_a_queue_replaces_the_default_group() -> None:
    body = _task({"resourceQueue": "q"}).payload
    assert body["ResourceQueueId"] == "q"
    assert "ResourceGroupId" not in body


def test_unknown_keys_of_a_storage_are_passed_on() -> None:
    storage = {"type": "Tos", "mountPath": "/a", "bucket": "b", "cacheMode": "x", "Odd": 1, "none": None}
    assert _task({"storages": [storage]}).payload["Storages"] == [
        {"Type": "Tos", "MountPath": "/a", "Bucket": "b", "CacheMode": "x", "Odd": 1}
    ]


def test_secrets_stay_references_until_they_are_resolved() -> None:
    body = _task({"env": {"B": SECRET}}).payload
    [(reference, _)] = named_secrets(body)
    assert reference.reference == {"secret": {"env": "A"}}
    assert resolve(body, str)["Envs"] == [{"Name": "B", "Value": "secret env A", "IsPrivate": True}]
    assert named_secrets(body) == [(reference, False)]


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("EntrypointPath", "spec.entrypoint"),
        ("RetryOptions.PolicySets", "spec.retry.on"),
        ("TaskRoleSpecs[worker].RoleReplicas", "spec.roles[worker].replicas"),
        ("Storages[/a/b.c].Bucket", "spec.storages[/a/b.c].bucket"),
        ("Envs[LR]", "spec.env.LR"),
        ("SomethingNew", "spec.extra.SomethingNew"),
    ],
)
def test_a_wire_path_is_reported_as_a_manifest_field(wire: str, name: str) -> None:
    assert manifest_field(wire) == name


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("spec.args", {"spec.args"}),
        ("spec.env.A", {"spec.env.A"}),
        ("spec.env", {"spec.env.A", "spec.env.B"}),
        ("spec.roles.replicas", {"spec.roles[worker].replicas"}),
        ("spec.roles[worker].replicas", {"spec.roles[worker].replicas"}),
        ("spec.retry", {f"spec.retry.{name}" for name in ("enabled", "maxTimes", "interval", "on")}),
        ("spec.image.type", {"spec.image.type"}),
    ],
)
def test_ignored_fields_are_removed_from_the_payload(path: str, gone: set[str]) -> None:
    body = _task(FULL_TASK["spec"]).payload
    kept = manifest_fields(without_fields(body, [path]))
    assert set(manifest_fields(body)) - set(kept) == gone


@pytest.mark.parametrize(
    "path", [path for path in ignorable_fields() if not path.startswith("spec.image.credential")]
)
def test_ignoring_any_field_that_may_be_named_never_adds_one(path: str) -> None:
    body = _task(FULL_TASK["spec"]).payload
    assert set(manifest_fields(without_fields(body, [path]))) <= set(manifest_fields(body))
