"""Fields that are sent to the platform as they are: their wire form, their hash, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.manifest.importing.record import Given, imported
from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.payload.create import references, resolve
from jobspec.manifest.payload.extra import misplaced
from jobspec.manifest.payload.fields import STORAGE_KEYS, manifest_field, manifest_fields
from jobspec.manifest.resolve.quick import NOWHERE
from jobspec.manifest.schema.storages import STORAGE_KEYS as MODEL_KEYS
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.validate.rules import task_problems
from jobspec.manifest.values import NameRef
from jobspec.manifest.yaml.writing import to_yaml
from tests.manifest.tasks import task_from

if TYPE_CHECKING:
    from pathlib import Path

SECRET = {"secret": {"env": "TOKEN"}}
WORKER = {"name": "worker", "replicas": 2, "flavor": "ml.g1e.large"}
WIRE_WORKER = {"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "image-without-type": ({"image": {"url": "r/x:1"}}, {"ImageSpec": {"Url": "r/x:1"}}, "19a04b1d4597f8243"),
    "framework-in-any-case": ({"framework": "HOROVOD"}, {"Framework": "HOROVOD"}, "17900e09c6ed31731"),
    "framework-pytorch": ({"framework": "PyTorch"}, {"Framework": "PyTorch"}, "1b2bb56072ae27ee0"),
    "no-deadline": ({"activeDeadline": "none"}, {"ActiveDeadlineSeconds": 0}, "19123408c45a91d48"),
    "access-users": (
        {"access": {"type": "Queue", "users": ["b", "a"]}},
        {"AccessType": "Queue", "AccessUsers": ["a", "b"]},
        "1e83ae8d9af3b995c",
    ),
    "idle": ({"idleResource": True}, {"EnableIdleResource": True}, "19df724db4b16e4b6"),
    "retry-off-as-declared": (
        {"retry": {"enabled": False, "maxTimes": 0, "interval": "2m", "reserveResource": False}},
        {
            "RetryOptions": {
                "EnableRetry": False,
                "MaxRetryTimes": 0,
                "EnableReserveResourceOnRetry": False,
                "IntervalSeconds": 120,
            }
        },
        "163a275ef09ad7aae",
    ),
    "retry-reasons": (
        {"retry": {"on": ["VecclHangDetectionFailed", "PythonDetectionFailed", "LogDetectionFailed"]}},
        {
            "RetryOptions": {
                "EnableRetry": True,
                "PolicySets": ["LogDetectionFailed", "PythonDetectionFailed", "VecclHangDetectionFailed"],
            }
        },
        "1985e31290988e642",
    ),
    "diagnostics": (
        {
            "diagnostics": [
                {"name": "PythonDetection", "interval": "1h", "extra": {"Level": 2}},
                {"name": "EnvironmentalDiagnosis", "enabled": False},
            ]
        },
        {
            "DiagOptions": [
                {"Name": "EnvironmentalDiagnosis", "Enable": False},
                {"Name": "PythonDetection", "Enable": True, "PythonDetectionInterval": 3600, "Level": 2},
            ]
        },
        "14bd7e4ff1606ed91",
    ),
    "network": (
        {"network": {"vpcId": "v", "subnetId": "s", "securityGroupIds": ["b", "a"]}},
        {"PrivateNetwork": {"VpcId": "v", "SubnetId": "s", "SecurityGroupIds": ["a", "b"]}},
        "12ad6eaca68e6f6cf",
    ),
    "services": (
        {"services": [{"port": 9100, "type": "Metrics", "path": "/metrics", "extra": {"Protocol": "http"}}]},
        {"CustomServices": [{"ListenPort": 9100, "Type": "Metrics", "Path": "/metrics", "Protocol": "http"}]},
        "11e6674d3940b8782",
    ),
    "tensorboard-storage": (
        {"tensorboard": {"enabled": True, "storage": {"type": "Nas", "nasId": "n", "subPath": "t"}}},
        {
            "EnableTensorBoard": True,
            "TensorBoardStorage": {"Type": "Nas", "NasId": "n", "SubPath": "t"},
        },
        "1f94d2a2d0a5adf82",
    ),
    "private-value": (
        {
            "env": {
                "BASH_FUNC_x%%": "() { :;}",
                "TEAM": {"value": "a", "private": True},
                "LR": {"value": "1"},
            }
        },
        {
            "Envs": [
                {"Name": "BASH_FUNC_x%%", "Value": "() { :;}"},
                {"Name": "LR", "Value": "1"},
                {"Name": "TEAM", "Value": "a", "IsPrivate": True},
            ]
        },
        "1e6ece4747714821e",
    ),
    "storages": (
        {
            "storages": [
                {
                    "type": "Tos",
                    "mountPath": "/a",
                    "bucket": "b",
                    "fsName": "c",
                    "metaCacheExpiryMinutes": -1,
                },
                {"type": "TosFuse", "mountPath": "/b", "bucket": "b", "prefix": "/"},
                {"type": "Vepfs", "mountPath": "/c", "id": "v", "subPath": "s"},
                {"type": "Vepfs", "mountPath": "/d", "fsName": "v"},
                {"type": "Vepfs", "mountPath": "/e"},
                {"type": "VepfsAP", "mountPath": "/f", "vepfsId": "v", "vepfsAccessPointId": "ap"},
                {"type": "Nas", "mountPath": "/g", "nasId": "n", "nasAccessPointId": "ap"},
                {"type": "Sfcs", "mountPath": "/h", "bucket": "b", "extra": {"lower_case": 1}},
            ]
        },
        {
            "Storages": [
                {
                    "Type": "Tos",
                    "MountPath": "/a",
                    "Bucket": "b",
                    "FsName": "c",
                    "MetaCacheExpiryMinutes": -1,
                },
                {"Type": "TosFuse", "MountPath": "/b", "Bucket": "b", "Prefix": "/"},
                {"Type": "Vepfs", "MountPath": "/c", "Id": "v", "SubPath": "s", "ReadOnly": False},
                {"Type": "Vepfs", "MountPath": "/d", "FsName": "v", "ReadOnly": False},
                {"Type": "Vepfs", "MountPath": "/e", "ReadOnly": False},
                {"Type": "VepfsAP", "MountPath": "/f", "VepfsId": "v", "VepfsAccessPointId": "ap"},
                {"Type": "Nas", "MountPath": "/g", "NasId": "n", "NasAccessPointId": "ap"},
                {"Type": "Sfcs", "MountPath": "/h", "Bucket": "b", "lower_case": 1},
            ]
        },
        "11ab6e317d468c091",
    ),
    "role-settings": (
        {
            "roles": [
                {
                    **WORKER,
                    "minReplicas": 1,
                    "maxFailed": 0,
                    "restartPolicy": "OnFailure",
                    "restartMaxRetries": 3,
                    "gpuRate": 0.5,
                    "zone": "z",
                    "extra": {"Color": {"R": 1}},
                }
            ]
        },
        {
            "TaskRoleSpecs": [
                {
                    **WIRE_WORKER,
                    "RoleMinReplicas": 1,
                    "RoleMaxFailed": 0,
                    "RoleRestartPolicy": "OnFailure",
                    "RoleRestartMaxRetryCount": 3,
                    "GpuRate": 0.5,
                    "ZoneId": "z",
                    "Color": {"R": 1},
                }
            ]
        },
        "11bf1eb71b7742c18",
    ),
    "resources": (
        {
            "roles": [
                {
                    "name": "worker",
                    "replicas": 2,
                    "resources": {"cpu": 108.0, "memory": 1900, "gpus": 8, "gpuType": "A100-80G"},
                }
            ]
        },
        {
            "TaskRoleSpecs": [
                {
                    "RoleName": "worker",
                    "RoleReplicas": 2,
                    "FlexibleResourceClaim": {
                        "Cpu": 108,
                        "MemoryGiB": 1900,
                        "GpuCount": 8,
                        "GpuType": "A100-80G",
                    },
                }
            ]
        },
        "134495ef5dea5687e",
    ),
    "extra": (
        {"extra": {"New": {"A": [1]}, "RetryOptions": {"Backoff": 2}}, "retry": {"on": ["Failed"]}},
        {
            "New": {"A": [1]},
            "RetryOptions": {"EnableRetry": True, "PolicySets": ["Failed"], "Backoff": 2},
        },
        "1b0774837c34e2ee6",
    ),
}
CASE_IDS = list(CASES)


def declared(spec: dict[str, Any]) -> Task:
    whole = {"image": "i", "entrypoint": "e", "roles": [WORKER], **spec}
    return task_from(whole, scope=Scope("p"), metadata={"name": "train"})


@pytest.mark.parametrize(("spec", "wire", "pinned"), CASES.values(), ids=CASE_IDS)
def test_a_field_is_sent_as_declared(spec: dict[str, Any], wire: dict[str, Any], pinned: str) -> None:
    payload = declared(spec).payload
    assert {key: payload[key] for key in wire} == wire
    assert pinned


@pytest.mark.parametrize(("spec", "wire", "pinned"), CASES.values(), ids=CASE_IDS)
def test_its_hash_never_changes(spec: dict[str, Any], wire: dict[str, Any], pinned: str) -> None:
    """Pinned, because runs are recognised by it."""
    assert wire
    assert declared(spec).fingerprint.spec == pinned


@pytest.mark.parametrize(("spec", "wire", "pinned"), CASES.values(), ids=CASE_IDS)
def test_an_imported_field_means_the_same(spec: dict[str, Any], wire: dict[str, Any], pinned: str) -> None:
    assert wire
    task = declared(spec)
    record = {"Id": "t-20261123140229-abcde", **json.loads(json.dumps(task.payload))}
    found = imported(record, Given("train"))
    again = declared(found.document["spec"])
    if "private-value" in CASES and spec is CASES["private-value"][0]:
        assert found.document["spec"]["env"]["TEAM"] == {"secret": {"env": "TEAM"}}  # a private value
        return
    assert again.fingerprint.spec == pinned
    assert not [note.text for note in found.notes if note.is_loss]


def test_no_cache_type_is_sent_for_none() -> None:
    assert "CacheType" not in declared({"cacheType": "none"}).payload
    assert declared({}).payload["CacheType"] == "Cloudfs"


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ({"image": {"url": "u"}}, {"image": {"url": "u", "type": "Custom"}}),
        ({"framework": "HOROVOD"}, {"framework": "Horovod"}),
        ({"env": {"A": "1"}}, {"env": {"A": {"value": "1"}}}),
        ({"access": "Private"}, {"access": {"type": "Private"}}),
        ({}, {"extra": {}}),
    ],
)
def test_what_means_the_same_has_the_same_hash(one: dict[str, Any], same: dict[str, Any]) -> None:
    assert declared(one).fingerprint.spec == declared(same).fingerprint.spec


def test_an_image_without_a_type_matches_runs_of_earlier_releases() -> None:
    """Pinned: what 0.1 computed for this image, whose type it sent as `Custom`."""
    assert "1a9779482941902ec" in declared({"image": {"url": "u"}}).fingerprint.specs


def test_the_name_of_a_queue_or_a_file_system_stays_a_name_until_it_is_looked_up() -> None:
    storage = {"type": "Vepfs", "mountPath": "/a", "name": "team share"}
    task = declared({"resourceQueue": {"name": "示例队列"}, "storages": [storage]})
    assert task.names == (NameRef("queue", "示例队列"), NameRef("vepfs", "team share"))
    assert task.names == references(task.payload).names
    with pytest.raises(TypeError, match="was not looked up"):
        resolve(task.payload, str)


@pytest.mark.parametrize(
    "extra",
    [{"Foo": SECRET}, {"Bar": [{"A": SECRET}]}, {"Foo": {**SECRET, "x": 1}}, SECRET],
)
@pytest.mark.parametrize("field", ["spec", "role"])
def test_a_secret_in_extra_is_refused(extra: dict[str, Any], field: str) -> None:
    spec = {"extra": extra} if field == "spec" else {"roles": [{**WORKER, "extra": extra}]}
    document = {
        "metadata": {"name": "a"},
        "spec": {"image": "i", "entrypoint": "e", "roles": [WORKER], **spec},
    }
    assert [one.code for one in task_problems(document, NOWHERE)] == ["JS328"]


@pytest.mark.parametrize(
    "extra",
    [
        {"Password": "hunter2xyzzy"},
        {"Nested": [{"SecretKey": "abcdefgh1"}]},
        {"A": {"AuthToken": "abcd1234"}},
    ],
)
@pytest.mark.parametrize("field", ["spec.extra", "spec.services[0].extra"])
def test_a_credential_in_extra_is_an_error(extra: dict[str, Any], field: str, tmp_path: Path) -> None:
    spec: dict[str, Any] = {"image": "i", "entrypoint": "e", "roles": [WORKER]}
    spec |= {"extra": extra} if field == "spec.extra" else {"services": [{"port": 1, "extra": extra}]}
    document = {"apiVersion": "jobspec/v1", "kind": "Task", "metadata": {"name": "a"}, "spec": spec}
    (tmp_path / "a.yaml").write_text(to_yaml(document))
    found = load(LoadRequest((tmp_path,), tmp_path, scope="s"))
    assert "JS310" in {one.code for one in found.diagnostics}


def test_a_number_under_the_name_of_a_secret_is_none(tmp_path: Path) -> None:
    text = "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: a}\nspec:\n  image: i\n  entrypoint: e\n"
    text += "  roles: [{name: w, replicas: 1, flavor: f}]\n  extra: {MaxTokens: 100, KeyCount: 3}\n"
    (tmp_path / "a.yaml").write_text(text)
    assert load(LoadRequest((tmp_path,), tmp_path, scope="s")).diagnostics == ()


def test_each_interval_of_a_check_has_its_own_name() -> None:
    check = {"name": "PythonDetection", "interval": "1h", "extra": {"PollInterval": 2}}
    fields = manifest_fields(declared({"diagnostics": [check]}).payload)
    assert fields["spec.diagnostics[PythonDetection].interval"] == 3600
    assert fields["spec.diagnostics[PythonDetection].extra.PollInterval"] == 2


def test_every_key_of_a_storage_is_known_to_the_fast_reader() -> None:
    assert set(MODEL_KEYS) == STORAGE_KEYS


@pytest.mark.parametrize(
    ("extra", "names_there"),
    [
        ({"Name": "x"}, ["metadata.name"]),
        ({"ImageSpec": {"url": "x"}}, ["spec.image.url"]),
        ({"image_spec": {"Purpose": "x"}}, ["spec.extra.ImageSpec"]),
        ({"retryOptions": {"Backoff": 2}}, ["spec.extra.RetryOptions"]),
        ({"Credential": {"Region": "x"}}, ["spec.storageCredential"]),
        ({"ImageSpec": {"Credential": {"Region": "x"}}}, ["spec.image.credential"]),
        ({"State": "Running", "id": "t-1"}, ["", ""]),
        (
            {"image_id": "i", "Entrypoint": "x", "ResourceQueueName": "q"},
            ["spec.image", "spec.entrypoint", "spec.resourceQueue"],
        ),
        ({"ResourceQueueID": "q"}, ["spec.resourceQueue"]),
        ({"AccessUsers": []}, ["spec.access.users"]),
        ({"DiagOptions": []}, ["spec.diagnostics[].extra"]),
        ({"RetryOptions": 3}, ["spec.retry"]),
        ({"PrivateNetwork": {"VpcId": "v", "Mtu": 9000}}, ["spec.network.vpcId"]),
        ({"Brand": {"Name": "x"}}, []),
    ],
)
def test_extra_cannot_shadow_a_field_with_a_name(extra: dict[str, Any], names_there: list[str]) -> None:
    assert [one.field for one in misplaced(extra)] == names_there


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("TaskRoleSpecs[worker].RoleMaxFailed", "spec.roles[worker].maxFailed"),
        ("TaskRoleSpecs[worker].FlexibleResourceClaim.GpuCount", "spec.roles[worker].resources.gpus"),
        ("TaskRoleSpecs[worker].Color", "spec.roles[worker].extra.Color"),
        ("DiagOptions[LogDetection].LogDetectionInterval", "spec.diagnostics[LogDetection].interval"),
        ("RetryOptions.Backoff", "spec.extra.RetryOptions.Backoff"),
        ("CustomServices[9100].ListenPort", "spec.services[9100].port"),
        ("CustomServices[9100].Protocol", "spec.services[9100].extra.Protocol"),
    ],
)
def test_a_wire_path_has_the_name_of_its_field(wire: str, field: str) -> None:
    assert manifest_field(wire) == field
