"""What stands for a flavor is the same for a task and for its runs."""

from __future__ import annotations

import pytest

from jobspec.cloud.answers.wire import read_task
from jobspec.cluster import claim_label
from jobspec.manifest.payload.create import size_of

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
    record = read_task({"Id": "t-20260101000000-abcde", "TaskRoleSpecs": [role]}, action="GetCustomTask")
    assert [one.flavor for one in record.roles] == [label]
