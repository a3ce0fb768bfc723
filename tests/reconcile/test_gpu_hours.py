"""GPU-hours: what stops throw away, what submits may use, and what is unknown."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jobspec.cluster import Flavor
from jobspec.reconcile.guards.limits import UNLIMITED, counted, of_submits, replica_hours
from jobspec.reconcile.planning.plan import SeenRun
from jobspec.reconcile.runs import LiveRole, Phase
from jobspec.reconcile.usage.hours import Hours, by_queue, of_stop, of_submit, submitted
from jobspec.reconcile.usage.sizes import Sizes
from tests.reconcile.world import EPOCH, planned, task

KNOWN = Sizes.of([Flavor("ml.g8", gpus=8, gpu_type="A100"), Flavor("ml.cpu", gpus=0)])


def role(name: str, replicas: int, flavor: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "replicas": replicas, "flavor": flavor, **more}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([role("w", 2, "ml.g8")], Hours(160)),
        ([role("w", 2, "ml.g8", gpuRate=0.5)], Hours(80)),
        ([role("w", 2, "ml.new", gpuRate=0.5)], Hours(10)),
        ([role("w", 2, "ml.cpu")], Hours(0)),
        ([role("w", 2, "ml.new")], Hours(0, 20, frozenset({"ml.new"}))),
        ([role("w", 1, "ml.g8"), role("ps", 3, "ml.new")], Hours(80, 30, frozenset({"ml.new"}))),
        ([{"name": "w", "replicas": 2, "resources": {"cpu": 8, "memory": 64, "gpus": 4}}], Hours(80)),
        ([{"name": "w", "replicas": 2, "resources": {"cpu": 8, "memory": 64}}], Hours(0)),
    ],
)
def test_a_new_run_may_use_its_gpus_until_the_deadline(roles: list[dict[str, Any]], expected: Hours) -> None:
    payload = task(spec={"roles": roles, "activeDeadline": "10h"}).payload
    assert of_submit(payload, KNOWN) == expected


def _claiming(declared: dict[str, Any], **claim: Any) -> dict[str, Any]:
    payload = {"RoleReplicas": declared["replicas"], "ResourceSpecId": declared.get("flavor", "")}
    return {"TaskRoleSpecs": [payload | {"FlexibleResourceClaim": claim}], "ActiveDeadlineSeconds": 36000}


@pytest.mark.parametrize(
    ("flavor", "claim", "expected"),
    [
        ("ml.g8", {"X": 1}, Hours(160, 0, frozenset({"FlexibleResourceClaim.X"}))),
        ("ml.cpu", {"GPUNum": 8}, Hours(0, 0, frozenset({"FlexibleResourceClaim.GPUNum"}))),
        ("ml.new", {"GpuCount": 8}, Hours(0, 20, frozenset({"ml.new"}))),
        ("ml.g8", {"GpuCount": 1}, Hours(160)),
        ("ml.cpu", {"GpuCount": 4}, Hours(80)),
        ("ml.g8", {}, Hours(160)),
        ("", {"Cpu": 8, "GPUNum": 8}, Hours(0, 20, frozenset({"FlexibleResourceClaim.GPUNum"}))),
        ("", {"GpuCount": "8"}, Hours(0, 20, frozenset({"FlexibleResourceClaim.GpuCount"}))),
        ("", {"Cpu": 8, "RdmaEniCount": 4, "GPUNum": None}, Hours(0)),
    ],
)
def test_no_claim_hides_the_gpus_of_a_flavor_or_its_own(
    flavor: str, claim: dict[str, Any], expected: Hours
) -> None:
    assert of_submit(_claiming(role("w", 2, flavor), **claim), KNOWN) == expected


@pytest.mark.parametrize(
    ("retry", "delay", "expected"),
    [
        ({"enabled": True, "maxTimes": 3, "on": ["Failed"]}, "0s", Hours(32)),
        ({"enabled": True, "maxTimes": 0, "on": ["Failed"]}, "0s", Hours(8)),
        ({"enabled": True, "maxTimes": 1, "on": ["Failed"]}, "2h", Hours(48)),
        ({"enabled": False, "maxTimes": 3, "on": ["Failed"]}, "2h", Hours(24)),
        ({"enabled": True, "maxTimes": 3}, "0s", Hours(8)),
        ({"enabled": True, "on": ["Failed"]}, "0s", Hours(8, is_per_attempt=True)),
    ],
)
def test_each_retry_has_its_own_deadline_and_holds_its_gpus_after_it(
    retry: dict[str, Any], delay: str, expected: Hours
) -> None:
    spec = {"roles": [role("w", 1, "ml.g8")], "activeDeadline": "1h", "retry": retry, "delayExit": delay}
    payload = task(spec=spec).payload
    assert of_submit(payload, KNOWN) == expected
    assert of_submit(counted(payload), KNOWN) == expected, "what later rounds count of it"


def test_a_run_without_a_deadline_may_use_any_number_of_hours() -> None:
    payload = task(
        spec={"roles": [role("w", 1, "ml.g8"), role("c", 1, "ml.cpu")], "activeDeadline": "none"}
    ).payload
    assert of_submit(payload, KNOWN) == Hours(inf)
    assert replica_hours(payload) == inf


def stopped(phase: Phase = Phase.RUNNING, *roles: LiveRole) -> SeenRun:
    return SeenRun("t-1", "Running", phase, EPOCH, "q-1", roles or (LiveRole("w", 2, "ml.g8"),))


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (stopped(), Hours(48)),
        (stopped(Phase.PENDING), Hours()),
        (stopped(Phase.RUNNING, LiveRole("w", 2, "ml.new")), Hours(0, 6, frozenset({"ml.new"}))),
        (stopped(Phase.RUNNING, LiveRole("w", 2, "", gpus=4)), Hours(24)),
        (stopped(Phase.RUNNING, LiveRole("w", 2, "ml.g8", gpus=0)), Hours(48)),
        (stopped(Phase.RUNNING, LiveRole("w", 2, "ml.g8", gpu_rate=0.5)), Hours(24)),
    ],
)
def test_a_stop_throws_away_what_ran_since_the_launch(run: SeenRun, expected: Hours) -> None:
    assert of_stop(run, KNOWN, EPOCH + timedelta(hours=3)) == expected


def test_the_use_is_counted_by_queue() -> None:
    tasks = [
        task("a", spec={"resourceQueue": "q-1", "activeDeadline": "1h", "roles": [role("w", 1, "ml.g8")]}),
        task("b", spec={"activeDeadline": "1h", "roles": [role("w", 2, "ml.g8")]}),
    ]
    found = by_queue(planned(tasks, []).pending, KNOWN, EPOCH)
    assert {queue: one.submitted for queue, one in found.items()} == {"default": Hours(16), "q-1": Hours(8)}


def test_the_platform_comes_before_a_local_table_which_fills_its_gaps() -> None:
    platform = [Flavor("a", gpus=8), Flavor("b")]
    table = [Flavor("a", gpus=1), Flavor("b", gpus=2), Flavor("c", gpus=3)]
    found = Sizes.of(platform, table)
    assert {name: flavor.gpus for name, flavor in found.flavors.items()} == {"a": 8, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("limit", "flavor", "expected"),
    [
        (160, "ml.g8", []),
        (159.9, "ml.g8", ["JS447"]),
        (0, "ml.cpu", []),
        (10**9, "ml.new", ["JS447"]),
        (None, "ml.new", []),
    ],
)
def test_gpu_hours_beyond_the_limit_are_refused_and_so_is_what_cannot_be_counted(
    limit: float | None, flavor: str, expected: list[str]
) -> None:
    plan = planned([task(spec={"activeDeadline": "10h", "roles": [role("w", 2, flavor)]})], [])
    limits = replace(UNLIMITED, max_submit_gpu_hours=limit)
    assert [one.code for one in of_submits(plan, limits, KNOWN)] == expected
    assert of_submits(plan, limits) == ()


@given(
    st.lists(st.tuples(st.integers(1, 50), st.sampled_from(["ml.g8", "ml.cpu", "ml.new"])), max_size=5),
    st.integers(1, 100),
)
def test_hours_grow_with_each_task_and_are_never_negative(tasks: list[tuple[int, str]], hours: int) -> None:
    declared = [
        task(f"t{n}", spec={"activeDeadline": f"{hours}h", "roles": [role("w", replicas, flavor)]})
        for n, (replicas, flavor) in enumerate(tasks)
    ]
    changes = planned(declared, []).pending
    whole, part = submitted(changes, KNOWN), submitted(changes[1:], KNOWN)
    assert whole.gpu >= part.gpu >= 0
    assert whole.replica >= part.replica >= 0
    assert whole.unknown >= part.unknown
