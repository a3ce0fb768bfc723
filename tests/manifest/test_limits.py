"""`validate` and the platform accept the same values: both have the same limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from jobspec.local.api.requests import checked_create
from jobspec.local.errors import ApiError
from jobspec.manifest.payload.create import payload
from jobspec.manifest.schema.limits import MAX_AMOUNT, MAX_INTEGER, MAX_REPLICAS, MAX_TAG
from jobspec.manifest.schema.spelling import form
from jobspec.manifest.schema.storages import NasStorage
from jobspec.manifest.task import Scope, Task
from tests.manifest.tasks import task_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


ROLE = {"name": "worker", "replicas": 1, "flavor": "f"}
LIMITS: dict[str, tuple[Callable[[int], dict[str, object]], int]] = {
    "activeDeadline": (lambda n: {"activeDeadline": n}, MAX_INTEGER),
    "delayExit": (lambda n: {"delayExit": n}, MAX_INTEGER),
    "interval": (lambda n: {"retry": {"interval": n}}, MAX_INTEGER),
    "maxTimes": (lambda n: {"retry": {"maxTimes": n}}, MAX_INTEGER),
    "replicas": (lambda n: {"roles": [ROLE | {"replicas": n}]}, MAX_REPLICAS),
    "cpu": (lambda n: {"sidecar": {"cpu": n}}, MAX_AMOUNT - 1),
    "memory": (lambda n: {"sidecar": {"memory": n}}, MAX_AMOUNT - 1),
    "tag": (lambda n: {"tags": ["x" * n]}, MAX_TAG),
}


def task_of(fields: Mapping[str, Any]) -> Task:
    metadata: dict[str, Any] = {"name": "t"} | {key: fields[key] for key in fields if key == "tags"}
    spec: dict[str, Any] = {"image": "i", "entrypoint": "e", "roles": [ROLE]}
    spec |= {key: value for key, value in fields.items() if key != "tags"}
    return task_from(spec, scope=Scope("p"), metadata=metadata)


def body_of(fields: Mapping[str, Any]) -> dict[str, object]:
    task = task_of(fields)
    return {**task.payload, "Tags": list(task.tags)}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_a_manifest_is_the_platforms(name: str) -> None:
    fields, limit = LIMITS[name]
    checked_create(body_of(fields(limit)))
    with pytest.raises(ValidationError):
        body_of(fields(limit + 1))


def test_the_platform_accepts_nothing_beyond_the_limits() -> None:
    with pytest.raises(ApiError):
        checked_create(body_of({}) | {"ActiveDeadlineSeconds": MAX_INTEGER + 1})
    with pytest.raises(ApiError):
        checked_create(body_of({}) | {"Tags": ["x" * (MAX_TAG + 1)]})


def test_two_keys_of_a_storage_never_collide_on_the_wire() -> None:
    with pytest.raises(ValidationError):
        NasStorage.model_validate({"type": "Nas", "mountPath": "/d", "nasId": "n", "NasId": "m"})
    storage = {"type": "Nas", "mountPath": "/d", "nasId": "n", "NasId": "m"}
    spec = {"image": "i", "entrypoint": "e", "roles": [ROLE], "storages": [storage]}
    with pytest.raises(ValueError, match="two keys"):
        payload({"metadata": {"name": "t"}, "spec": spec})


def test_spellings_are_one_form() -> None:
    assert {form(key) for key in ("readOnly", "ReadOnly", "read_only", "READ-ONLY", "read only")} == {
        "readonly"
    }
