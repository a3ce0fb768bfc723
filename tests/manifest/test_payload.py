"""A task's create payload, and the names of its differences in terms of a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.diagnostics import Place, Position, Span
from jobspec.manifest.payload.create import payload, resolve, secret_refs
from jobspec.manifest.payload.fields import manifest_field, manifest_fields, without_fields
from jobspec.manifest.schema.task_model import MergedTask
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.validate.rules import IGNORABLE
from tests.manifest.test_schema import FULL_TASK, ROLE, SECRET, TASK

PLACE = Place("a.yaml", Span(Position(1, 1), Position(1, 2)))
MINIMAL = {"image": "i", "entrypoint": "e", "roles": [ROLE]}


def _task(spec: dict[str, Any]) -> Task:
    document = MergedTask.model_validate({**TASK, "spec": {**MINIMAL, **spec}})
    return Task(Scope("p", "e"), document.metadata, document.spec, document.lifecycle, PLACE)


def test_a_minimal_task_gets_the_defaults_of_the_platforms_sdk() -> None:
    assert payload(_task({})) == {
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
    body = payload(_task(FULL_TASK["spec"]))
    assert body["ImageSpec"]["Type"] == "Custom"  # type: ignore[index]  # a payload is of plain values
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
    body = payload(_task(FULL_TASK["spec"]))
    names = set(manifest_fields(body))
    assert all(name.startswith(("spec.", "metadata.")) for name in names)
    assert {"spec.roles[worker].replicas", "spec.env.A", "spec.storages[/a].bucket", "spec.retry.on"} <= names


def test_sets_are_in_one_order() -> None:
    other = {"name": "ps", "replicas": 1, "flavor": "f"}
    one = _task({"roles": [ROLE, other], "env": {"A": "1", "B": "2"}})
    two = _task({"roles": [other, ROLE], "env": {"B": "2", "A": "1"}})
    assert payload(one) == payload(two)


def test_a_queue_replaces_the_default_group() -> None:
    body = payload(_task({"resourceQueue": "q"}))
    assert body["ResourceQueueId"] == "q"
    assert "ResourceGroupId" not in body


def test_unknown_keys_of_a_storage_are_passed_on() -> None:
    storage = {"type": "Tos", "mountPath": "/a", "bucket": "b", "cacheMode": "x", "Odd": 1, "none": None}
    assert payload(_task({"storages": [storage]}))["Storages"] == [
        {"Type": "Tos", "MountPath": "/a", "Bucket": "b", "CacheMode": "x", "Odd": 1}
    ]


def test_secrets_stay_references_until_they_are_resolved() -> None:
    body = payload(_task({"env": {"B": SECRET}}))
    [reference] = secret_refs(body)
    assert reference.reference == {"secret": {"env": "A"}}
    assert resolve(body, str)["Envs"] == [{"Name": "B", "Value": "secret env A", "IsPrivate": True}]
    assert list(secret_refs(body)) == [reference]


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("EntrypointPath", "spec.entrypoint"),
        ("RetryOptions.PolicySets", "spec.retry.on"),
        ("TaskRoleSpecs[worker].RoleReplicas", "spec.roles[worker].replicas"),
        ("Storages[/a/b.c].Bucket", "spec.storages[/a/b.c].bucket"),
        ("Envs[LR]", "spec.env.LR"),
        ("SomethingNew", "SomethingNew"),
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
    body = payload(_task(FULL_TASK["spec"]))
    kept = manifest_fields(without_fields(body, [path]))
    assert set(manifest_fields(body)) - set(kept) == gone


@pytest.mark.parametrize("path", [path for path in IGNORABLE if not path.startswith("spec.image.credential")])
def test_ignoring_any_field_that_may_be_named_never_adds_one(path: str) -> None:
    body = payload(_task(FULL_TASK["spec"]))
    assert set(manifest_fields(without_fields(body, [path]))) <= set(manifest_fields(body))
