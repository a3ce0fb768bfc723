"""A live task becomes a manifest with the same meaning that contains no secret and reads back exactly."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobspec.errors import UsageError
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.importing.defaults import under_defaults
from jobspec.manifest.importing.record import Given, imported
from jobspec.manifest.importing.text import render
from jobspec.manifest.resolve.reading import Terms, read_manifests, terms_of_scope
from jobspec.manifest.resolve.reported import reported
from jobspec.manifest.resolve.tasks import Inherited
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.validate.plaintext_credentials import find_plaintext
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Mapping, plain
from tests.manifest.tasks import task_from
from tests.manifest.test_schema import ROLE, SECRET

SCOPE = Scope("p")
ID = "t-20261123140229-abcde"
MINIMAL = {"image": "i", "entrypoint": "e", "roles": [ROLE]}
RECORD = {
    "Id": ID,
    "Name": "train",
    "Description": "",
    "Tags": [],
    "ImageSpec": {"Id": "ml_platform/pytorch:1.7"},
    "EntrypointPath": "python train.py",
    "ResourceGroupId": "default",
    "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}],
}
NASTY = [
    "yes",
    "1e3",
    "0x10",
    "!!python/object",
    "~",
    "- a",
    "a: b",
    "# no",
    "'",
    '"',
    "\\",
    "\t",
    "&a",
    "*a",
    "|",
]
EVIL = [
    "\x07",
    "\x1b[2J",
    "\u202e",
    "\u2028",
    "\x85",
    "\ufeff",
    "\r\n",
    "a\n\n b\n",
    " lead\nx",
    "x \n y\t",
    "${{ x }}",
]
TEXT = (
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
    | st.text(string.printable, min_size=1)
    | st.sampled_from([*NASTY, *EVIL, "$${{", "${{ ${{ }}", "$${{ vars.a }} }}", "line\nline"])
)
WORD = st.text(string.ascii_letters + string.digits + ":/._-", min_size=1)
PATH = WORD.map(lambda word: f"/{word}")
DURATION = st.integers(1, 10**6) | st.from_regex(r"[1-9][0-9]{0,3}[smhd]", fullmatch=True)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


IMAGE = WORD | st.fixed_dictionaries(
    {"url": WORD}, optional={"type": st.sampled_from(["Preset", "VolcEngine", "Custom"])}
)
STORAGE: st.SearchStrategy[dict[str, Any]] = (
    st.fixed_dictionaries(
        {"type": st.just("Tos"), "mountPath": PATH, "bucket": WORD},
        optional={
            "prefix": TEXT | st.just(""),
            "cacheMode": st.dictionaries(st.sampled_from(["a", "b"]), TEXT, max_size=2),
            "odd": TEXT,
        },
    )
    | st.fixed_dictionaries(
        {"type": st.just("Nas"), "mountPath": PATH, "nasId": WORD},
        optional={"nasAddr": WORD, "subPath": TEXT},
    )
    | st.fixed_dictionaries(
        {"type": st.just("Vepfs"), "mountPath": PATH, "vepfsId": WORD}, optional={"readOnly": st.booleans()}
    )
    | st.fixed_dictionaries({"type": st.just("Sfcs"), "mountPath": PATH, "fileSystemName": WORD})
)
RATIO = st.floats(0.01, 0.99)
AMOUNT = st.integers(1, 99) | st.floats(0.1, 99)
REQUIRED: dict[str, st.SearchStrategy[Any]] = {
    "image": IMAGE,
    "entrypoint": TEXT,
    "roles": st.lists(
        st.builds(
            lambda name, n: {"name": name, "replicas": n, "flavor": "f"},
            st.from_regex(r"[a-z]{1,9}", fullmatch=True),
            st.integers(1, 99),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda role: role["name"],
    ),
}
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "args": TEXT,
    "framework": st.sampled_from(["Custom", "PyTorchDDP", "MPI"]),
    "activeDeadline": DURATION,
    "env": st.dictionaries(st.from_regex(r"[A-F]{1,3}", fullmatch=True), TEXT | st.just(""), max_size=3),
    "storages": st.lists(STORAGE, max_size=3, unique_by=lambda storage: storage["mountPath"]),
    "code": st.fixed_dictionaries({}, optional={"tosPath": TEXT, "localPath": TEXT})
    | st.fixed_dictionaries({"source": st.just("Local"), "originPath": TEXT}),
    "tensorboard": optional(enabled=st.booleans(), path=TEXT),
    "cacheType": st.sampled_from(["Cloudfs", "Gpfs"]),
    "sidecar": optional(image=WORD, memoryRatio=RATIO, cpu=AMOUNT, memory=AMOUNT),
    "priority": st.sampled_from([2, 4, 6]),
    "preemptible": st.booleans(),
    "delayExit": DURATION | st.just(0),
    "retry": optional(
        enabled=st.booleans(),
        maxTimes=st.integers(1, 9),
        interval=DURATION | st.just("0s"),
        on=st.lists(st.sampled_from(["Failed", "InstanceReclaimed", "MachineFailure"])),
    ),
    "access": st.sampled_from(["Public", "Queue", "Private"]),
}
SPECS = st.fixed_dictionaries(REQUIRED, optional=OPTIONAL)
PLACES = st.sampled_from([{}, {"resourceGroup": "g"}, {"resourceGroup": "default"}, {"resourceQueue": "q"}])


def task_of(spec: dict[str, Any], **metadata: Any) -> Task:
    return task_from(spec, scope=SCOPE, metadata={"name": "train", **metadata})


def read(text: str, terms: Terms | None = None) -> Task:
    reading = read_manifests(
        {"train.yaml": parse(text.encode(), "train.yaml")}, terms or terms_of_scope(SCOPE), Budget()
    )
    assert [problem for problem in reported(reading) if problem.severity == "error"] == [], text
    [declared] = reading.declared
    return declared.task


def env_of(task: Task) -> dict[str, object]:
    envs: Any = task.payload["Envs"]
    return {variable["Name"]: variable["Value"] for variable in envs}


def written(record: dict[str, Any], name: str = "train") -> str:
    return render(imported(record, Given(name))).text


def terms_with(defaults: dict[str, Any]) -> Terms:
    [tree] = parse(json.dumps(defaults).encode(), "jobspec.yaml").documents
    assert isinstance(tree, Mapping)
    return Terms(Inherited(ExpressionContext(None, SCOPE), tree))


def is_harmless(spec: dict[str, Any]) -> bool:
    [tree] = parse(json.dumps({"spec": spec}).encode(), "x").documents or [None]
    return tree is not None and not list(find_plaintext(tree))


@settings(max_examples=150)
@given(SPECS, PLACES, TEXT.filter(lambda text: len(text) <= 500))
def test_import_is_the_inverse_of_the_payload(
    spec: dict[str, Any], place: dict[str, str], description: str
) -> None:
    task = task_of(spec | place, description=description, tags=["team-a", "yes"])
    body = {**task.payload, "Tags": list(task.tags)}
    record = json.loads(json.dumps(body))
    assume(is_harmless(spec))
    again = read(written(record))
    assert again.payload == task.payload
    assert (again.name, again.description, again.tags) == (task.name, task.description, task.tags)
    assert again.fingerprint.spec == task.fingerprint.spec


DEFAULTS = {
    "spec": {
        "image": {"url": "u", "type": "Preset", "credential": {"username": "n", "password": SECRET}},
        "args": "--x",
        "resourceQueue": "q-default",
        "storages": [{"type": "Tos", "mountPath": "/d", "bucket": "b"}],
        "storageCredential": {"accessKeyId": SECRET, "secretAccessKey": SECRET},
        "code": {"source": "Local", "originPath": "/o"},
        "tensorboard": {"enabled": True, "path": "p"},
        "sidecar": {"cpu": 1},
        "retry": {"maxTimes": 3},
        "priority": 6,
        "preemptible": True,
        "delayExit": "1h",
        "access": "Private",
        "cacheType": "Gpfs",
        "framework": "MPI",
        "activeDeadline": "1h",
    },
    "lifecycle": {"restartPolicy": "OnFailure", "suspend": True, "onRemoval": "Retain"},
}


@settings(max_examples=60)
@given(SPECS.filter(is_harmless), PLACES)
def test_a_projects_defaults_change_nothing(spec: dict[str, Any], place: dict[str, str]) -> None:
    task = task_of(spec | place)
    own = imported(json.loads(json.dumps(task.payload)), Given("train"))
    again = read(render(under_defaults(own, DEFAULTS, is_managed=False)).text, terms_with(DEFAULTS))
    assert again.payload == task.payload
    assert again.lifecycle.restart_policy == "Never"
    assert not again.lifecycle.suspend


def test_variables_of_the_defaults_are_removed_again() -> None:
    defaults = {"spec": {"env": {"A": "1", "B": "2"}}}
    bare = under_defaults(imported(RECORD, Given("train")), defaults, is_managed=False)
    assert env_of(read(render(bare).text, terms_with(defaults))) == {}
    record = RECORD | {"Envs": [{"Name": "A", "Value": "x"}]}
    text = render(under_defaults(imported(record, Given("train")), defaults, is_managed=False)).text
    assert "B: null" in text
    assert env_of(read(text, terms_with(defaults))) == {"A": "x"}


def test_nothing_of_a_role_a_variable_or_a_key_is_dropped_without_a_note() -> None:
    role = {
        "RoleName": "worker",
        "RoleReplicas": 1,
        "ResourceSpecId": "f",
        "GpuRate": 0.5,
        "RoleMinReplicas": 1,
        "ZoneId": "z",
        "ResourceSpec": {"FlavorID": "other"},
    }
    record = RECORD | {
        "TaskRoleSpecs": [role, "odd"],
        "Envs": [{"Name": "A", "Value": "1", "Scope": "x"}],
        "Storages": [{"Type": "Tos", "MountPath": "/d", "Bucket": "b", "Read_Only": True}],
        "Credential": {"AccessKeyId": "x", "Region": "r"},
        "Later": 1,
    }
    found = imported(record, Given("train"))
    losses = " ".join(note.text for note in found.notes if note.is_loss)
    for name in ("ResourceSpec", "Scope", "Read_Only", "Credential.Region"):
        assert name in losses
    spec = found.document["spec"]
    assert spec["roles"] == [
        {"name": "worker", "replicas": 1, "flavor": "f", "minReplicas": 1, "gpuRate": 0.5, "zone": "z"}
    ]
    assert spec["extra"] == {"Later": 1}
    assert found.document["spec"]["storages"] == [{"type": "Tos", "mountPath": "/d", "bucket": "b"}]


def test_the_lifecycle_of_a_managed_run_overrides_the_defaults() -> None:
    own = imported(RECORD, Given("train", {"protect": True}))
    lifecycle = under_defaults(own, DEFAULTS, is_managed=True).document["lifecycle"]
    assert lifecycle["protect"] is True
    assert lifecycle["onRemoval"] is None


def test_a_plain_task_is_written_without_its_defaults() -> None:
    record = RECORD | {
        "Args": "",
        "Framework": "Custom",
        "CacheType": "Cloudfs",
        "CodeSource": "",
        "EnableTensorBoard": False,
        "ActiveDeadlineSeconds": 432000,
        "SidecarMemoryRatio": 0,
        "Envs": [],
        "Storages": [],
        "Credential": {"AccessKeyId": "x"},
        "Priority": 4,
        "Preemptible": False,
        "DelayExitTimeSeconds": 90,
        "RetryOptions": {"EnableRetry": True},
        "AccessType": "Public",
        "EnableIdleResource": "",
        "DiagOptions": [],
        "PrivateNetwork": {"VpcId": ""},
        "CustomServices": [],
    }
    assert (
        written(record)
        == f"""\
# imported from {ID}
apiVersion: jobspec/v1
kind: Task
metadata:
  name: train
spec:
  image: "ml_platform/pytorch:1.7"
  entrypoint: python train.py
  roles:
  - name: worker
    replicas: 2
    flavor: ml.g1e.large
  # the task has a key for its storages: set it in these two variables
  storageCredential:
    accessKeyId:
      secret:
        env: STORAGE_ACCESS_KEY_ID
    secretAccessKey:
      secret:
        env: STORAGE_SECRET_ACCESS_KEY
  priority: 4
  preemptible: false
  delayExit: "90s"
  retry:
    enabled: true
  access: Public
"""
    )


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("Envs", "env"),
        ("Storages", "storages"),
        ("RetryOptions", "retry"),
        ("Credential", "storageCredential"),
        ("Priority", "priority"),
        ("SidecarImage", "sidecar"),
        ("Description", "description"),
        ("Tags", "tags"),
    ],
)
@pytest.mark.parametrize("shown", [{}, None], ids=["missing", "null"])
def test_a_missing_field_is_noted_with_what_to_add(wire: str, field: str, shown: object) -> None:
    record = {key: value for key, value in RECORD.items() if key != wire}
    text = written(record if shown == {} else record | {wire: None})
    assert f"  # not returned by the platform; if the task had it, for example: {field}: " in text


def test_a_field_without_a_manifest_field_is_named_without_a_possible_secret() -> None:
    text = written(RECORD | {"Shiny": 3, "Words": "abc", "ApiToken": "xyz", "Empty": "", "No\nline": True})
    assert "# not part of a manifest, and omitted: ApiToken, No?line (true)\n" in text
    assert "  extra:\n    Shiny: 3\n    Words: abc\n" in text
    assert "xyz" not in text


TOKEN = "hf_" + "a1" * 12
SECRETS: dict[str, tuple[dict[str, Any], str]] = {
    "private": ({"Envs": [{"Name": "A", "Value": "s3cr3t!!", "IsPrivate": True}]}, "s3cr3t!!"),
    "shape": ({"Envs": [{"Name": "A", "Value": TOKEN}]}, TOKEN),
    "by-name": ({"Envs": [{"Name": "DB_PASSWORD", "Value": "s3c"}]}, "s3c"),
    "in-command": ({"EntrypointPath": "TOKEN=s3cr3t123 python x"}, "s3cr3t123"),
    "two-in-args": ({"Args": f"--token s3cr3t123 {TOKEN}"}, "s3cr3t123"),
    "description": ({"Description": f"use {TOKEN}"}, TOKEN),
    "tag": ({"Tags": [TOKEN]}, TOKEN),
    "address": ({"ImageSpec": {"Url": "https://me:s3cr3t@host/x"}}, "s3cr3t"),
    "key": ({"Credential": {"AccessKeyId": "AK1", "SecretAccessKey": "s3cr3t"}}, "s3cr3t"),
    "registry": (
        {"ImageSpec": {"Url": "u", "Credential": {"RegistryUsername": "me", "RegistryToken": "s3cr3t"}}},
        "s3cr3t",
    ),
    "storage": (
        {"Storages": [{"Type": "Tos", "MountPath": "/a", "Bucket": "b", "Inner": {"Password": "s3cr3t"}}]},
        "s3cr3t",
    ),
    "unknown-field": ({"Extra": {"Password": "s3cr3t"}}, "s3cr3t"),
    "key-name": ({TOKEN: 1}, TOKEN),
}


@pytest.mark.parametrize(("more", "value"), SECRETS.values(), ids=SECRETS.keys())
def test_no_secret_is_written_and_the_manifest_is_valid(more: dict[str, Any], value: str) -> None:
    text = written(RECORD | more)
    assert value not in text
    assert "# " in text
    read(text)


@pytest.mark.parametrize(
    "entry", [{"IsPrivate": True}, {"Value": None}, {"Value": "******"}, {"Value": "ab****yz"}]
)
def test_a_variable_without_a_visible_value_becomes_a_reference(entry: dict[str, Any]) -> None:
    text = written(RECORD | {"Envs": [{"Name": "A", **entry}]})
    assert "# A is private or not returned by the platform: set it in the environment" in text
    assert str(env_of(read(text))["A"]) == "secret env A"


def test_a_credential_in_a_command_becomes_a_new_variable() -> None:
    record = RECORD | {
        "EntrypointPath": "TOKEN=s3cr3t123 x --token s3cr3t456",
        "Args": "--token s3cr3t123",
        "Envs": [{"Name": "TOKEN", "Value": "plain words"}],
    }
    task = read(written(record))
    assert task.payload["Args"].startswith("--token ${TOKEN")
    assert len(env_of(task)) == 3
    assert "s3cr3t" not in task.payload["EntrypointPath"] + task.payload["Args"]


def test_a_name_that_looks_like_a_key_is_allowed() -> None:
    name = "sk-learn-random-forest-1"
    assert read(written(RECORD | {"Name": name}, name)).name == name


@pytest.mark.parametrize(
    "more",
    [
        {"Envs": "x", "Storages": 3, "RetryOptions": [], "Tags": "abc", "Credential": "x", "Description": 3},
        {
            "Envs": [
                None,
                {"Name": None, "Value": "a"},
                {"Name": ["x"], "Value": "a"},
                {"Name": "A.B", "Value": ""},
            ]
        },
        {
            "Envs": [
                {"Name": "A", "Value": "a\0b"},
                {"Name": "B", "Value": "\ud800"},
                {"Name": "C", "Value": 3},
            ]
        },
        {"Storages": [{"Type": "Odd", "MountPath": "/a"}, {"Type": "Nas", "MountPath": "/b"}, {"lower": 1}]},
        {"Storages": [{"Type": "Tos", "MountPath": "/a", "Bucket": "b", "X": float("nan"), "Y": 2**80}]},
        {"RetryOptions": {"EnableRetry": None, "PolicySets": ["Odd", {}, 1], "MaxRetryTimes": "3"}},
        {"Framework": "Odd", "Priority": 5, "CacheType": "Odd", "AccessType": 1, "ActiveDeadlineSeconds": -1},
        {"CodeSource": "Local", "CodeOriPath": ""},
        {"ResourceQueueId": "q 1", "ResourceGroupId": None},
        {"Tags": ["jobspec-odd", "two words", "", 3, "ok", "ok"], "Description": "x" * 501},
        {"SidecarResourceCPU": "much", "EnableTensorBoard": "yes", "DelayExitTimeSeconds": 10**12},
        {"ImageSpec": {"Id": "", "Url": "u", "Type": "Odd", "Version": "3"}},
        {"Args": "\x07\x1b[2J", "EntrypointPath": "\ufeff\u202e\u2028\r\n"},
    ],
    ids=range(13),
)
def test_what_a_manifest_cannot_express_is_noted_and_the_rest_is_valid(more: dict[str, Any]) -> None:
    text = written(RECORD | more)
    read(text)
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "more",
    [
        {"ImageSpec": None},
        {"ImageSpec": {"Id": "two words"}},
        {"EntrypointPath": ""},
        {"EntrypointPath": "a\0"},
        {"TaskRoleSpecs": []},
        {"TaskRoleSpecs": [{"RoleName": "ps", "RoleReplicas": 0, "ResourceSpecId": "f"}]},
    ],
    ids=json.dumps,
)
def test_a_task_without_image_entrypoint_or_roles_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="cannot be imported"):
        imported(RECORD | more, Given("train"))


@pytest.mark.parametrize("value", [*NASTY, *EVIL, "${{ vars.x }}", "$${{ x }}", "${{", "a ${{ b ${{ c }} }}"])
def test_every_text_reads_back_exactly(value: str) -> None:
    record = RECORD | {
        "EntrypointPath": value,
        "Args": value,
        "Envs": [{"Name": "A", "Value": value}],
        "Description": value,
    }
    task = read(written(record))
    assert (task.payload["EntrypointPath"], task.payload["Args"], env_of(task)["A"]) == (value, value, value)
    assert task.description == value


@pytest.mark.parametrize("sign", ["", "\n"])
def test_a_command_of_several_lines_is_a_block(sign: str) -> None:
    command = f"set -e\n\n  python 'a' \"b\" \\\n\t--lr 1e3 # yes{sign}"
    text = written(RECORD | {"EntrypointPath": command})
    assert "  entrypoint: |" in text
    assert "\n      python 'a' \"b\" \\\n" in text
    assert read(text).payload["EntrypointPath"] == command


def test_a_text_of_a_megabyte_is_written_in_full() -> None:
    value = "word \\ " * 150_000
    assert read(written(RECORD | {"Args": value})).payload["Args"] == value


def test_the_platforms_own_tensorboard_path_is_left_out() -> None:
    record = RECORD | {"EnableTensorBoard": True, "TensorBoardPath": f"mlplatform/20000/{ID}"}
    payload = read(written(record)).payload
    assert payload["EnableTensorBoard"] is True
    assert "TensorBoardPath" not in payload


def test_plain_values_equal_those_of_the_file() -> None:
    own = imported(RECORD, Given("train"))
    [document] = parse(render(own).text.encode(), "x").documents
    assert plain(document) == own.document


def plain_of(text: str) -> Any:
    [document] = parse(text.encode(), "train.yaml").documents
    return plain(document)


def test_a_private_value_that_is_repeated_in_the_record_is_not_written() -> None:
    value = "a-private-value"
    record = {
        **RECORD,
        "Description": f"made with {value}",
        "Tags": ["a", value],
        "Args": f"--with {value}",
        "ResourceQueueId": "q-1",
        "ResourceGroupId": value,
        "Envs": [{"Name": "KEPT", "Value": value, "IsPrivate": True}],
    }
    text = render(imported(record, Given("train"))).text
    assert value not in text
    assert plain_of(text)["spec"]["args"] == "--with ${KEPT}"
    assert plain_of(text)["metadata"]["description"] == "made with ***"
