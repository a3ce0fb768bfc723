"""What the platform says about what a plan needs: a table for each kind of fact."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from jobspec.cluster import Flavor, Mount, Queue, Quota
from jobspec.reconcile.planning.plan import Change
from jobspec.reconcile.preflight.facts import Facts, KnownFlavor, KnownQueue, Missing, Unchecked
from jobspec.reconcile.preflight.finding import FactFinding, FactStatus
from jobspec.reconcile.preflight.needs import needs_of
from jobspec.reconcile.preflight.preflight import examine, refusals
from jobspec.reconcile.preflight.resources import is_below
from jobspec.reconcile.usage.hours import roles_of
from jobspec.reconcile.usage.sizes import Sizes
from tests.reconcile.world import EPOCH, planned, run, task

FLAVOR = Flavor("ml.g1e.large", "zone-a", gpus=8, gpu_type="A100", vcpu=96, memory=1000)
RUNNING = Queue(
    "q-1", "research", "Running", "User", "zone-a", Quota(960, 10_000, {"A100": 24}), Quota(0, 0, {})
)
OLD = "1" + "0" * 16


def submitting(*names: str, **spec: Any) -> tuple[Change, ...]:
    tasks = [task(name, spec={"resourceQueue": "q-1", **spec}) for name in names or ("train",)]
    return planned(tasks, []).pending


def facts(
    queue: KnownQueue = RUNNING,
    listed: tuple[Flavor, ...] | Unchecked = (FLAVOR,),
    one: KnownFlavor | None = None,
    mounts: tuple[Mount, ...] | Unchecked = (),
) -> Facts:
    return Facts(EPOCH, {"q-1": queue}, listed, {} if one is None else {"ml.g1e.large": one}, {"q-1": mounts})


def found(
    known: Facts, kind: str, changes: tuple[Change, ...] | None = None, *, is_strict: bool = False
) -> list[FactFinding]:
    sizes = Sizes.of(known.sized())
    every = examine(changes or submitting(), known, sizes, is_strict=is_strict)
    return [one for one in every if one.subject.startswith(kind)]


def status(known: Facts, kind: str, changes: tuple[Change, ...] | None = None) -> list[str]:
    return [str(one.status) for one in found(known, kind, changes)]


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        (RUNNING, "verified"),
        (Queue("q-1"), "verified"),
        (Queue("q-1", state="running"), "verified"),
        (Missing(), "refused"),
        (Queue("q-1", state="Closed", role="User"), "refused"),
        (Queue("q-1", state="Running", role=""), "refused"),
        (Unchecked("the platform does not offer `GetResourceQueue`"), "not-checked"),
    ],
)
def test_a_queue_must_exist_run_and_be_open_to_this_key(queue: KnownQueue, expected: str) -> None:
    assert status(facts(queue), "queue ") == [expected]


ELSEWHERE = Flavor("ml.g1e.large", "zone-b")
OTHER = Flavor("ml.c", "zone-a")


@pytest.mark.parametrize(
    ("listed", "one", "expected"),
    [
        ((FLAVOR,), None, "verified"),
        ((ELSEWHERE, OTHER), None, "refused"),
        ((ELSEWHERE,), None, "not-checked"),
        ((Flavor("ml.g1e.large", "zone-a", is_deprecated=True),), None, "refused"),
        ((Flavor("ml.g1e.large", "zone-a", is_deprecated=True), FLAVOR), None, "verified"),
        ((Flavor("ml.g1e.large"),), None, "verified"),
        ((OTHER,), Missing(), "refused"),
        ((OTHER,), Flavor("ml.g1e.large"), "verified"),
        ((OTHER,), Unchecked("no answer"), "not-checked"),
        (Unchecked("unknown action"), None, "not-checked"),
        (Unchecked("unknown action"), Missing(), "refused"),
        (Unchecked("unknown action"), Flavor("ml.g1e.large", is_deprecated=True), "refused"),
        ((), None, "not-checked"),
    ],
)
def test_a_flavor_must_exist_in_the_zone_of_the_queue(
    listed: tuple[Flavor, ...] | Unchecked, one: KnownFlavor | None, expected: str
) -> None:
    assert status(facts(listed=listed, one=one), "flavor ") == [expected]


def quota(whole: float, taken: float) -> Queue:
    return Queue(
        "q-1",
        state="Running",
        role="User",
        zone="zone-a",
        whole=Quota(gpus={"A100": whole}),
        taken=Quota(gpus={"A100": taken}),
    )


@pytest.mark.parametrize(
    ("whole", "taken", "expected", "words"),
    [
        (24, 0, "verified", "fit"),
        (16, 0, "verified", "fit"),
        (24, 8, "verified", "fit"),
        (24, 9, "note", "will queue: 15 of 24 A100 free, 16 needed"),
        (16, 16, "note", "will queue: 0 of 16 A100 free, 16 needed"),
        (16, 99, "note", "will queue: 0 of 16 A100 free, 16 needed"),
        (15, 0, "warning", "the task needs 16 A100, and the whole quota is 15 A100"),
    ],
)
def test_the_replicas_fit_the_quota_or_queue(whole: float, taken: float, expected: str, words: str) -> None:
    [one] = found(facts(quota(whole, taken)), "quota")
    assert (one.status, words in one.message) == (expected, True), one


def test_all_new_runs_count_for_what_is_free_and_each_alone_for_the_whole_quota() -> None:
    changes = submitting("a", "b")
    [one] = found(facts(quota(16, 0)), "quota", changes)
    assert (one.status, one.tasks) == (FactStatus.NOTE, ("a", "b"))
    assert "16 of 16 A100 free, 32 needed" in one.message


def test_what_the_plan_stops_counts_as_free() -> None:
    declared = task(spec={"resourceQueue": "q-1"})
    live = run(declared, "Running", hours=1, spec=OLD)
    changes = planned([declared], [type(live)(**{**_fields(live), "queue": "q-1"})]).pending
    assert changes[0].stops
    assert status(facts(quota(16, 16)), "quota", changes) == ["verified"]
    assert status(facts(quota(16, 32)), "quota", changes) == ["note"]  # others have taken more than there is


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


@pytest.mark.parametrize(
    "queue",
    [
        Queue("q-1", state="Running"),
        Queue("q-1", state="Running", whole=Quota(0, 0, {})),
        Queue("q-1", state="Running", whole=Quota(gpus={"A100": 24})),
        Queue("q-1", state="Running", whole=Quota(gpus={"A100": 24}), taken=Quota(vcpu=1)),
    ],
)
def test_a_quota_that_is_not_returned_is_not_checked(queue: Queue) -> None:
    assert status(facts(queue), "quota") == ["not-checked"]


def test_no_vcpu_and_no_memory_is_no_limit() -> None:
    whole, taken = Quota(0, 0, {"A100": 24}), Quota(0, 0, {"A100": 0})
    queue = Queue("q-1", state="Running", zone="zone-a", whole=whole, taken=taken)
    assert status(facts(queue), "quota") == ["verified"]


def test_a_queue_without_gpus_is_too_small_for_a_task_with_some() -> None:
    queue = Queue("q-1", state="Running", zone="zone-a", whole=Quota(960, 9_000, {}), taken=Quota(0, 0, {}))
    assert status(facts(queue), "quota") == ["warning"]


def test_a_flavor_of_unknown_size_leaves_the_quota_unchecked() -> None:
    [one] = found(facts(listed=(Flavor("ml.g1e.large", "zone-a"),)), "quota")
    assert (one.status, "ml.g1e.large" in one.message) == (FactStatus.NOT_CHECKED, True)


def test_an_unknown_flavor_hides_no_lack_of_room_for_another_task() -> None:
    other = task(
        "other", spec={"resourceQueue": "q-1", "roles": [{"name": "w", "replicas": 1, "flavor": "x"}]}
    )
    changes = planned([task(spec={"resourceQueue": "q-1"}), other], []).pending
    assert status(facts(quota(16, 16)), "quota", changes) == ["note", "not-checked"]
    assert status(facts(quota(16, 0)), "quota", changes) == ["not-checked"]


def test_a_strict_project_refuses_what_exceeds_the_whole_quota() -> None:
    known = facts(quota(8, 0))
    assert [one.status for one in found(known, "quota", is_strict=True)] == [FactStatus.REFUSED]
    assert [one.status for one in found(facts(quota(16, 16)), "quota", is_strict=True)] == [FactStatus.NOTE]
    refused = refusals(found(known, "quota", is_strict=True))
    assert [(one.code, one.guard) for one in refused] == [("JS445", "preflight")]


MOUNT = Mount("v-1", "data", ("/team/a", "scratch/"), ("/team",))


@pytest.mark.parametrize(
    ("mounts", "path", "is_read_only", "expected"),
    [
        ((MOUNT,), "team/a/run", False, "verified"),
        ((MOUNT,), "/team/a", False, "verified"),
        ((MOUNT,), "team/ab", False, "refused"),
        ((MOUNT,), "team/ab", True, "verified"),
        ((MOUNT,), "team/a/../ab", False, "refused"),
        ((MOUNT,), "team/a/../..", True, "refused"),
        ((MOUNT,), "scratch", True, "verified"),
        ((MOUNT,), "scratch/x", False, "verified"),
        ((MOUNT,), "", True, "refused"),
        ((Mount("v-1", read_write=("/",)),), "", False, "verified"),
        ((Mount("v-2", read_write=("/",)),), "", False, "refused"),
        ((Mount("v-1"),), "", False, "not-checked"),
        ((), "", False, "not-checked"),
        (Unchecked("unknown action"), "", False, "not-checked"),
    ],
)
def test_a_directory_must_be_permitted_with_the_access(
    mounts: tuple[Mount, ...] | Unchecked, path: str, is_read_only: bool, expected: str
) -> None:
    storage = {
        "type": "Vepfs",
        "mountPath": "/d",
        "vepfsId": "v-1",
        "subPath": path,
        "readOnly": is_read_only,
    }
    changes = submitting(storages=[storage])
    assert status(facts(mounts=mounts), "directory", changes) == [expected]


@pytest.mark.parametrize(
    ("storage", "expected", "words"),
    [
        ({"type": "Vepfs", "id": "v-1", "subPath": "team/a"}, "verified", "team/a of vePFS v-1"),
        ({"type": "Vepfs", "id": "v-9", "subPath": "team/a"}, "refused", "team/a of vePFS v-9"),
        ({"type": "Vepfs", "fsName": "data"}, "not-checked", "the storage has `fsName`"),
        ({"type": "Vepfs"}, "not-checked", "the storage has no id"),
        (
            {"type": "VepfsAP", "vepfsId": "v-1", "vepfsAccessPointId": "ap-1"},
            "not-checked",
            "access point ap-1",
        ),
    ],
)
def test_each_vepfs_has_a_fact_however_it_is_named(
    storage: dict[str, Any], expected: str, words: str
) -> None:
    changes = submitting(storages=[{"mountPath": "/d", **storage}])
    [one] = found(facts(mounts=(MOUNT,)), "directory", changes)
    assert (one.status, words in f"{one.subject}: {one.message}") == (expected, True), one


def test_a_type_of_gpu_that_the_quota_does_not_list_is_not_checked() -> None:
    queue = structs.replace(RUNNING, whole=Quota(960, 10_000, {"NVIDIA-A100": 8}))
    [one] = found(facts(queue), "quota", is_strict=True)
    assert (one.status, one.message) == (FactStatus.NOT_CHECKED, "the quota lists no `A100`")


def test_what_waits_in_the_queue_frees_nothing() -> None:
    declared = task(spec={"resourceQueue": "q-1"})
    live = structs.replace(run(declared, "Queue", hours=1, spec=OLD), queue="q-1")
    changes = planned([declared], [live]).pending
    assert changes[0].stops
    assert status(facts(quota(16, 16)), "quota", changes) == ["note"]


def test_a_role_in_a_zone_of_its_own_needs_its_flavor_there() -> None:
    role = {"name": "w", "replicas": 1, "flavor": "ml.g1e.large", "zone": "zone-b"}
    listed = (FLAVOR, Flavor("ml.c", "zone-b"))
    assert status(facts(listed=listed), "flavor ", submitting(roles=[role])) == ["refused"]


def test_rounding_is_no_shortage() -> None:
    roles = [
        {"name": f"w{n}", "replicas": 1, "flavor": "ml.g1e.large", "gpuRate": rate}
        for n, rate in enumerate((0.0125, 0.025))
    ]
    assert 8 * 0.0125 + 8 * 0.025 > 0.3, "this sum is not exact"
    assert status(facts(quota(0.3, 0)), "quota", submitting(roles=roles)) == ["verified"]


def test_a_task_that_does_not_change_needs_nothing() -> None:
    declared = task(spec={"resourceQueue": "q-1"})
    assert needs_of(planned([declared], [run(declared, "Running")]).changes).queues == {}


def test_the_worst_comes_first_and_only_what_is_refused_is_a_guard() -> None:
    every = examine(submitting(), facts(Missing(), (OTHER,), Missing()), Sizes(), is_strict=True)
    assert [one.status for one in every] == [FactStatus.REFUSED, FactStatus.REFUSED]
    assert [one.code for one in refusals(every)] == ["JS443", "JS444"]
    assert refusals(examine(submitting(), facts(), Sizes.of((FLAVOR,)), is_strict=True)) == ()


def test_facts_that_were_not_read_are_not_checked() -> None:
    every = examine(submitting(), Facts(EPOCH), Sizes(), is_strict=True)
    assert {one.status for one in every} == {FactStatus.NOT_CHECKED}


STEPS = st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=5).map("/".join)


@given(STEPS, STEPS)
def test_a_path_is_below_what_it_begins_with(path: str, more: str) -> None:
    assert is_below(path, path)
    assert is_below(path, "/")
    if ".." not in more:
        assert is_below(f"{path}/{more}", path)


@given(
    whole=st.floats(1, 1000),
    more=st.floats(0, 1000),
    taken=st.floats(0, 1000),
    is_strict=st.booleans(),
    kind=st.sampled_from(["A100", "a100", "H20"]),
)
def test_more_quota_is_never_worse(
    *, whole: float, more: float, taken: float, is_strict: bool, kind: str
) -> None:
    order = list(FactStatus)

    def worst(amount: float) -> int:
        queue = Queue(
            "q-1", state="Running", whole=Quota(gpus={kind: amount}), taken=Quota(gpus={kind: taken})
        )
        return min(order.index(one.status) for one in found(facts(queue), "quota", is_strict=is_strict))

    assert worst(whole + more) >= worst(whole)


def test_an_unknown_claim_beside_a_flavor_hides_nothing_from_the_quota() -> None:
    role = {"name": "w", "replicas": 8, "flavor": "ml.g1e.large"}
    changes = submitting(roles=[role])
    [step] = changes[0].submits
    roles = [{**one, "FlexibleResourceClaim": {"X": 1}} for one in roles_of(step.payload)]
    change = structs.replace(
        changes[0], steps=(structs.replace(step, payload={**step.payload, "TaskRoleSpecs": roles}),)
    )
    strict = found(facts(), "quota", (change,), is_strict=True)
    assert [one.status for one in strict] == [FactStatus.REFUSED, FactStatus.NOT_CHECKED]
