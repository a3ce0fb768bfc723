from __future__ import annotations

from typing import Any

import pytest

from jobspec.reconcile.intentions import run_id
from jobspec.reconcile.planning.plan import Action, Reason
from tests.reconcile.world import only, planned, run, task

SECRET = {"secret": {"env": "HF_TOKEN"}}


def test_the_hash_never_changes_from_one_release_to_the_next() -> None:
    """Pinned, because runs are recognised by it. If this fails, every active run would be replaced."""
    plain = task()
    rich = task(
        spec={
            "args": "--epochs 10",
            "env": {"LR": "0.1", "HF_TOKEN": SECRET},
            "storages": [{"type": "Tos", "mountPath": "/data", "bucket": "b", "prefix": "p"}],
            "retry": {"enabled": True, "maxTimes": 3, "interval": "120s", "on": ["Failed"]},
            "sidecar": {"image": "side:1", "memoryRatio": 0.5, "cpu": 1, "memory": 4},
            "priority": 4,
        },
        rerun="again",
    )
    assert [plain.fingerprint.spec, rich.fingerprint.spec] == PINNED


PINNED = ["189fffc0505e91d13", "1bd87d700543d8759"]
STORAGE = {"type": "Tos", "mountPath": "/data", "bucket": "b"}
NAS = {"type": "Nas", "mountPath": "/nas", "nasId": "n"}


@pytest.mark.parametrize(
    ("plain", "stated"),
    [
        ({}, {"delayExit": "0s"}),
        ({}, {"retry": {"enabled": False}}),
        ({}, {"retry": {"enabled": False, "maxTimes": 3, "on": ["Failed"]}}),
        ({}, {"tensorboard": {"enabled": False}}),
        ({}, {"tensorboard": {"path": ""}}),
        ({}, {"code": {"source": "", "originPath": "", "tosPath": "", "localPath": ""}}),
        ({}, {"env": {}, "storages": [], "args": ""}),
        ({}, {"resourceGroup": "default"}),
        ({}, {"entrypoint": "python train.py\n"}),
        ({}, {"args": "  "}),
        ({"args": "--a"}, {"args": "--a\n"}),
        ({"storages": [STORAGE]}, {"storages": [{**STORAGE, "prefix": ""}]}),
        ({"storages": [STORAGE]}, {"storages": [{**STORAGE, "prefix": "/"}]}),
        ({"storages": [STORAGE]}, {"storages": [{**STORAGE, "mountPath": "/data/"}]}),
        ({"storages": [STORAGE]}, {"storages": [{**STORAGE, "mountPath": "//data"}]}),
        ({"storages": [{**STORAGE, "prefix": "a/b"}]}, {"storages": [{**STORAGE, "prefix": "a/b/"}]}),
        ({"storages": [NAS]}, {"storages": [{**NAS, "subPath": ""}]}),
        ({"storages": [NAS]}, {"storages": [{**NAS, "subPath": "/"}]}),
        ({"storages": [{**NAS, "subPath": "a/b"}]}, {"storages": [{**NAS, "subPath": "/a/b/"}]}),
    ],
)
def test_equivalent_specs_have_the_same_hash_and_are_sent_as_declared(
    plain: dict[str, Any], stated: dict[str, Any]
) -> None:
    assert task(spec=stated).fingerprint.spec == task(spec=plain).fingerprint.spec
    assert (
        task(spec=stated, ignoreChanges=["spec.image"]).fingerprint.core
        == task(spec=plain, ignoreChanges=["spec.image"]).fingerprint.core
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"delayExit": "1s"}),
        ({}, {"retry": {"enabled": True}}),
        ({"args": "--a"}, {"args": "--a", "entrypoint": "python train.py\n"}),  # the appended part moves
        ({"env": {"A": "x"}}, {"env": {"A": "x\n"}}),
        ({"storages": [STORAGE]}, {"storages": [{**STORAGE, "mountPath": "/"}]}),
        ({"storages": [{**STORAGE, "prefix": "a"}]}, {"storages": [{**STORAGE, "prefix": "/a"}]}),
        ({"preemptible": False}, {}),
    ],
)
def test_different_specs_have_different_hashes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert task(spec=one).fingerprint.spec != task(spec=other).fingerprint.spec


EARLIER = {
    "delay": ({"delayExit": "0s"}, "1cede0ac201673f15"),
    "retry": ({"retry": {"enabled": False}}, "1a47cf001ecde4b95"),
    "prefix": ({"storages": [{**STORAGE, "prefix": ""}]}, "1002fddba71470d75"),
    "mount-path": ({"storages": [{**STORAGE, "mountPath": "/data/"}]}, "1d26fbae31a284237"),
    "block-scalar": ({"entrypoint": "python train.py\n"}, "1d57e89ebe5952886"),
}


@pytest.mark.parametrize(("spec", "earlier"), EARLIER.values(), ids=EARLIER.keys())
def test_a_run_that_an_earlier_release_hashed_still_matches(spec: dict[str, Any], earlier: str) -> None:
    """Pinned: the hashes of 0.1, which hashed the payload as declared."""
    declared = task(spec=spec)
    assert declared.fingerprint.spec != earlier
    change = only(planned([declared], [run(declared, "Running", spec=earlier)]))
    assert (change.action, change.reason) == (Action.NONE, Reason.IN_PROGRESS)
    done = only(planned([declared], [run(declared, "Success", spec=earlier)]))
    assert done.reason is Reason.DONE


@pytest.mark.parametrize(
    "fields", [{"description": "other"}, {"tags": ["team-x"]}, {"protect": True}, {"backoffLimit": 9}]
)
def test_fields_that_do_not_define_a_run_are_not_in_it(fields: dict[str, Any]) -> None:
    assert task(**fields).fingerprint.spec == task().fingerprint.spec


def test_the_name_is_not_in_it_so_that_a_rename_restarts_nothing() -> None:
    assert task("other").fingerprint.spec == task().fingerprint.spec


@pytest.mark.parametrize(
    "spec",
    [
        {"image": "other:1"},
        {"entrypoint": "python other.py"},
        {"args": "--x"},
        {"activeDeadline": "1h"},
        {"env": {"LR": "0.1"}},
        {"env": {"LR": SECRET}},
        {"roles": [{"name": "worker", "replicas": 3, "flavor": "ml.g1e.large"}]},
    ],
)
def test_fields_that_define_a_run_are_in_it(spec: dict[str, Any]) -> None:
    assert task(spec=spec).fingerprint.spec != task().fingerprint.spec


def test_rerun_requests_another_run() -> None:
    assert task(rerun="2").fingerprint.spec != task().fingerprint.spec


def test_the_order_of_a_set_does_not_matter() -> None:
    roles = [
        {"name": "worker", "replicas": 1, "flavor": "a"},
        {"name": "ps", "replicas": 1, "flavor": "b"},
    ]
    env = {"A": "1", "B": "2"}
    one = task(spec={"roles": roles, "env": env})
    other = task(spec={"roles": roles[::-1], "env": dict(reversed(env.items()))})
    assert one.fingerprint.spec == other.fingerprint.spec


def test_a_default_written_out_is_no_change() -> None:
    assert (
        task(spec={"activeDeadline": "5d", "cacheType": "Cloudfs"}).fingerprint.spec
        == task().fingerprint.spec
    )


def test_a_secret_counts_by_its_reference() -> None:
    other = {"secret": {"env": "OTHER"}}
    assert (
        task(spec={"env": {"T": SECRET}}).fingerprint.spec
        != task(spec={"env": {"T": other}}).fingerprint.spec
    )


def test_the_core_hash_leaves_out_the_ignored_fields() -> None:
    one = task(spec={"args": "--a"}, ignoreChanges=["spec.args"])
    other = task(spec={"args": "--b"}, ignoreChanges=["spec.args"])
    assert one.fingerprint.core == other.fingerprint.core != ""
    assert task().fingerprint.core == ""


def test_the_run_id_is_the_same_for_the_same_view() -> None:
    assert run_id("s", "t", "h", ["b", "a"]) == run_id("s", "t", "h", ["a", "b"])
    assert run_id("s", "t", "h", ["a"]) != run_id("s", "t", "h", ["a", "b"])
