"""What stands for a flavor is the same for a task and for its runs."""

from __future__ import annotations

import pytest

from jobspec.cloud.answers.wire import read_task
from jobspec.cluster import claim_label
from jobspec.manifest.payload.create import size_of

GPUS = [
    ({"Cpu": 8}, 0),
    ({"GpuCount": 4, "GpuMemory": 80}, 4),
    ({"Cpu": 8, "GPUNum": 8}, None),
    ({"GpuCount": -1}, None),
    ({}, None),
]


@pytest.mark.parametrize(("claim", "gpus"), GPUS)
def test_the_gpus_of_a_run_are_unknown_if_its_claim_may_mean_some(
    claim: dict[str, object], gpus: float | None
) -> None:
    role = {"RoleName": "w", "RoleReplicas": 1, "FlexibleResourceClaim": claim}
    record = read_task({"Id": "t-20260101000000-abcde", "TaskRoleSpecs": [role]}, action="GetCustomTask")
    assert [one.gpus for one in record.roles] == [gpus]


CLAIMS = [
    ({"Cpu": 108, "MemoryGiB": 1900, "GpuCount": 8, "GpuType": "A100-80G"}, "8xA100-80G-108cpu-1900GiB"),
    ({"Cpu": 0.5, "MemoryGiB": 2.0}, "0.5cpu-2GiB"),
    ({"GpuCount": 1}, "1xGPU"),
    ({"Cpu": "8", "GpuCount": True}, ""),
]


@pytest.mark.parametrize(("claim", "label"), CLAIMS)
def test_resources_have_one_label(claim: dict[str, object], label: str) -> None:
    role = {"RoleName": "w", "RoleReplicas": 1, "FlexibleResourceClaim": claim}
    assert claim_label(claim) == label
    assert size_of(role) == label
    assert size_of(role | {"ResourceSpecId": "ml.g8"}) == "ml.g8", "no claim hides a flavor"
    record = read_task({"Id": "t-20260101000000-abcde", "TaskRoleSpecs": [role]}, action="GetCustomTask")
    assert [one.flavor for one in record.roles] == [label]
