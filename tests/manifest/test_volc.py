"""The vendor's task files: each means the same as a manifest, and what cannot is reported at its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobspec.diagnostics import Severity
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.resolve.project_reading import read_project
from jobspec.manifest.resolve.reading import read_manifests
from jobspec.manifest.resolve.reported import ShownTexts, reported
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.volc.converting import Conversion, convert
from jobspec.manifest.volc.names import are_of_sdk
from jobspec.manifest.volc.writing.project import project_text
from jobspec.manifest.volc.writing.shared import split
from jobspec.manifest.volc.writing.text import texts
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import plain
from jobspec.report.diagnostics.formats import render

CASES = Path(__file__).parent.parent / "cases" / "volc"
NAMES = sorted(path.name for path in CASES.iterdir())
KEYS = {"TaskRoleSpecs": "RoleName", "Envs": "Name", "Storages": "MountPath", "DiagOptions": "Name"}
MINIMAL = """\
TaskName: train
ImageUrl: registry.example.com/a/b:1
Entrypoint: python train.py
TaskRoleSpecs: [{RoleName: worker, RoleReplicas: 1, Flavor: ml.g1e.large}]
"""


def converted(*files: str, lossy: bool = False) -> Conversion:
    sources = [parse(text.encode(), f"{number}.yaml") for number, text in enumerate(files)]
    return convert(sources, lambda _, path: path, lossy=lossy)


def manifests(found: Conversion, *, with_defaults: bool = False) -> tuple[str, list[str]]:
    """The project file, and the text of each task."""
    documents = [plain(one.tree) for one in found.tasks]
    common: dict[str, Any] = {}
    if with_defaults:
        common, specs = split([one["spec"] for one in documents])
        documents = [{**one, "spec": spec} for one, spec in zip(documents, specs, strict=True)]
    secrets = {one.secret for one in found.reading.plaintext}
    return (
        project_text("demo", ["*.yaml"], found.variables, common),
        list(texts(found.tasks, documents, secrets)),
    )


def payloads(project: str, tasks: list[str]) -> list[dict[str, Any]]:
    """What a project with these files submits; a problem in them is an error."""
    file, own = read_project(parse(project.encode(), "jobspec.yaml"), ScopeOptions())
    assert file is not None, reported(own)
    sources = {f"{n}.yaml": parse(text.encode(), f"{n}.yaml") for n, text in enumerate(tasks)}
    reading = read_manifests(sources, file.terms, Budget())
    assert [one for one in reported(reading) if one.severity is Severity.ERROR] == []
    return [dict(one.task.payload) for one in reading.declared]


def normal(payload: dict[str, Any]) -> Any:
    """The payload as JSON values, with the lists that are sets in one order."""
    values = json.loads(json.dumps(payload, default=str))
    for name, key in KEYS.items():
        if name in values:
            values[name] = sorted(values[name], key=lambda item: str(item[key]))
    return values


def payload_of(text: str) -> Any:
    [payload] = payloads(*manifests(converted(text)))
    return normal(payload)


def problems(text: str, *, lossy: bool = False) -> list[tuple[str, int]]:
    """The code and line of each error."""
    found = reported(converted(text, lossy=lossy).reading)
    return [
        (one.code, one.place.span.start.line)
        for one in found
        if one.severity is Severity.ERROR and one.place is not None
    ]


def warnings(text: str) -> str:
    return "\n".join(f"{one.message}; {one.help}" for one in reported(converted(text).reading))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_means_the_same_as_its_manifest_field_by_field(name: str) -> None:
    expected = json.loads((CASES / name / "expected.json").read_text())
    assert payload_of((CASES / name / "input.yaml").read_text()) == normal(expected)


def test_what_all_tasks_have_in_common_can_be_the_defaults_of_the_project() -> None:
    inputs = [(CASES / name / "input.yaml").read_text() for name in NAMES]
    found = converted(*inputs, MINIMAL.replace("train", "b"))
    assert payloads(*manifests(found, with_defaults=True)) == payloads(*manifests(found))
    sweep = converted(
        *(MINIMAL.replace("TaskName: train", f"TaskName: t{n}\nArgs: --seed {n}") for n in range(3))
    )
    project, tasks = manifests(sweep, with_defaults=True)
    assert "entrypoint: python train.py" in project
    assert tasks[1] == (
        'apiVersion: jobspec/v1\nkind: Task\nmetadata:\n  name: t1\nspec:\n  args: "--seed 1"\n'
    )
    assert payloads(project, tasks) == payloads(*manifests(sweep))


FORMS = {
    "lower case": MINIMAL.lower(),
    "upper case": MINIMAL.replace("TaskName", "TASKNAME").replace("RoleReplicas", "ROLEREPLICAS"),
    "snake case": "name: train\nimage_url: registry.example.com/a/b:1\nentrypoint_path: python train.py\n"
    "task_role_specs: [{role_name: worker, role_replicas: '1', resource_spec_id: ml.g1e.large}]\n"
    "cache_type: ''\n",
    "the API's": "Name: train\nImageSpec: {Url: registry.example.com/a/b:1}\nEntrypointPath: "
    "python train.py\nTaskRoleSpecs: [{RoleName: worker, RoleReplicas: 1, ResourceSpecId: ml.g1e.large}]\n",
    "a record": json.dumps(
        {
            "ResponseMetadata": {"RequestId": "1"},
            "Result": {
                "Id": "t-1",
                "Name": "train",
                "State": "Running",
                "CreateTime": "2026",
                "ExitCode": 0,
                "ImageSpec": {"Url": "registry.example.com/a/b:1"},
                "EntrypointPath": "python train.py",
                "TaskRoleSpecs": [
                    {"RoleName": "worker", "RoleReplicas": 1.0, "ResourceSpec": {"FlavorID": "ml.g1e.large"}}
                ],
                "TensorBoardPath": "mlplatform/t-1",
                "Tags": None,
                "Description": "",
                "TOSCodePath": "",
                "ResourceGroupId": "",
                "Credential": None,
                "RetryOptions": {},
                "IsTrial": False,
            },
        }
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_task_is_the_same_task(form: str) -> None:
    other = payload_of(FORMS[form])
    if form == "snake case":
        other.pop("CacheType")  # the SDK's default
    assert other == payload_of(MINIMAL)


def test_the_arguments_of_the_sdk_are_converted_with_its_defaults() -> None:
    arguments = {
        "name": "train",
        "image_id": "ml_platform/pytorch:1.7",
        "entrypoint_path": "python train.py",
        "ak": "AK-EXAMPLE",
        "sk": "SK-EXAMPLE",
        "sidecar_resource_cpu": 1.5,
        "framework": "PyTorchDDP",
        "task_role_specs": [{"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.large"}],
    }
    found = payload_of(json.dumps(arguments))
    assert found["Credential"] == {
        "AccessKeyId": "secret env STORAGE_ACCESS_KEY_ID",
        "SecretAccessKey": "secret env STORAGE_SECRET_ACCESS_KEY",
    }
    assert (found["CacheType"], found["SidecarResourceCPU"]) == ("Cloudfs", 1.5)
    del arguments["sk"]
    assert "Credential" not in payload_of(json.dumps(arguments))


@pytest.mark.parametrize("key", ["my_note: hi", "resource_group_id: g", "image_id: ''", "_: 1"])
def test_one_key_of_another_form_does_not_make_a_file_the_arguments_of_the_sdk(key: str) -> None:
    assert "CacheType" not in payload_of(f"{MINIMAL}{key}\n")


@pytest.mark.parametrize("name", ["ak", "order_id", "image_id", "task_role_specs"])
def test_the_names_of_the_sdk_alone_are_its_arguments(name: str) -> None:
    assert are_of_sdk(["name", "framework", name])
    assert not are_of_sdk(["name", "framework", name, "TaskRoleSpecs"])
    assert not are_of_sdk(["task_name", "framework", name])
    assert not are_of_sdk(["name", "framework", "my_note", "resource_queue_id"])


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("ResourceQueueId: q-1", {"ResourceQueueId": "q-1"}),
        ("resource_queue_ID: q-1", {"ResourceQueueId": "q-1"}),
        ("ResourceQueueName: 示例 队列", {"ResourceQueueId": "queue 示例 队列"}),
        ('ActiveDeadlineSeconds: "24h"', {"ActiveDeadlineSeconds": 86400}),
        ('ActiveDeadlineSeconds: "1h30m"', {"ActiveDeadlineSeconds": 5400}),
        ('ActiveDeadlineSeconds: "86400"', {"ActiveDeadlineSeconds": 86400}),
        ("ActiveDeadlineSeconds: 0", {"ActiveDeadlineSeconds": 0}),
        ("ActiveDeadlineSeconds: 1000001", {"ActiveDeadlineSeconds": 1000001}),
        ('Priority: "04"', {"Priority": 4}),
        ('Priority: "4"', {"Priority": 4}),
        ("Preemptible: yes", {"Preemptible": True}),
        ("Framework: HOROVOD", {"Framework": "HOROVOD"}),
        ("CacheType: Gpfs", {"CacheType": "Gpfs"}),
        ("Foo: {Bar: [1, '2']}", {"Foo": {"Bar": [1, "2"]}}),
        ("RetryOptions: {MaxRetryTimes: 0}", {"RetryOptions": {"EnableRetry": False, "MaxRetryTimes": 0}}),
        (
            "RetryOptions: {EnableRetry: true, Backoff: 2}",
            {"RetryOptions": {"EnableRetry": True, "Backoff": 2}},
        ),
        ("Envs: [{Name: A, Value: 010}]", {"Envs": [{"Name": "A", "Value": "010"}]}),
        ("Envs: [{Name: A, Value: yes}]", {"Envs": [{"Name": "A", "Value": "yes"}]}),
        ("Envs: [{Name: A}]", {"Envs": [{"Name": "A", "Value": ""}]}),
        (
            "Envs: [{Name: A, Value: $HOME/x, IsPrivate: true}]",
            {"Envs": [{"Name": "A", "Value": "$HOME/x", "IsPrivate": True}]},
        ),
        (
            "Envs: [{Name: BASH_FUNC_x%%, Value: '() { :; }'}]",
            {"Envs": [{"Name": "BASH_FUNC_x%%", "Value": "() { :; }"}]},
        ),
        ("Description: '<b> ${{ x }} ${A:-1}'", {"Description": "<b> ${{ x }} 1"}),
        ("Args: '${{ x }} <y> ${Z:-1}'", {"Args": "${{ x }} <y> ${Z:-1}"}),
        ("AccessUsers: [ann]\nAccessType: Queue", {"AccessType": "Queue", "AccessUsers": ["ann"]}),
        (
            "Storages: [{type: Nas, mountpath: /a, NasId: n, NasAccessPonintId: ap, Foo: 1}]",
            {
                "Storages": [
                    {"Type": "Nas", "MountPath": "/a", "NasId": "n", "NasAccessPointId": "ap", "Foo": 1}
                ]
            },
        ),
        ("DiagOptions: [{Name: Any}]", {"DiagOptions": [{"Name": "Any", "Enable": False}]}),
        (
            "DiagOptions: [{Name: PySpyDump, Enable: true, PySpyDumpInterval: 10m, Level: 2}]",
            {"DiagOptions": [{"Name": "PySpyDump", "Enable": True, "PySpyDumpInterval": 600, "Level": 2}]},
        ),
    ],
)
def test_a_field_is_sent_as_the_file_means_it(text: str, wire: dict[str, Any]) -> None:
    found = payload_of(f"{MINIMAL}{text}\n")
    assert {key: found.get(key) for key in wire} == wire


def test_what_the_platform_and_jobspec_add_to_a_record_is_left_out() -> None:
    record = {
        "Id": "t-1",
        "Name": "train",
        "CreatorName": "ann",
        "ResourceQueueId": "q-1",
        "Instances": [{}],
        "ResourceGroupId": "default",
        "Tags": ["mine", "jobspec-task_train"],
        "State": "Failed",
        "ImageSpec": {"Id": "a"},
        "EntrypointPath": "e",
        "Envs": [{"Name": "A", "IsPrivate": True}],
        "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
    }
    text = json.dumps({"Total": 1, "List": [record]})
    assert problems(text) == []
    [tree] = [plain(one.tree) for one in converted(text).tasks]
    assert tree["metadata"] == {"name": "train", "tags": ["mine"]}
    assert tree["spec"]["env"] == {"A": {"secret": {"env": "A"}}}
    assert set(payload_of(text)) - set(payload_of(MINIMAL)) <= {"ResourceQueueId"}


def test_what_a_template_leaves_open_becomes_a_variable_of_the_project() -> None:
    text = MINIMAL.replace("ml.g1e.large", "'${FLAVOR:-ml.g1e.xlarge}'").replace(
        "RoleReplicas: 1", "RoleReplicas: '${N:-2}'"
    )
    found = converted(text + "Envs: [{Name: N, Value: 'n-${N:-2}'}]\nPriority: ${P:-6}\n")
    project, tasks = manifests(found)
    [payload] = map(normal, payloads(project, tasks))
    assert payload["TaskRoleSpecs"] == [
        {"RoleName": "worker", "RoleReplicas": 2, "ResourceSpecId": "ml.g1e.xlarge"}
    ]
    assert (payload["Envs"], payload["Priority"]) == ([{"Name": "N", "Value": "n-2"}], 6)


@pytest.mark.parametrize(
    "text",
    [
        "ResourceQueueID: <GPU_QUEUE_ID>",
        "ResourceQueueID: ${GPU_QUEUE_ID}",
        "ResourceQueueID: $GPU_QUEUE_ID",
        "ResourceQueueID: '{{ GPU_QUEUE_ID }}'",
        "ResourceQueueID: '{gpu_queue_id}'",
        "Envs: [{Name: A, Value: '<GPU_QUEUE_ID>'}]",
        "Envs: [{Name: A, Value: 'x-${GPU_QUEUE_ID}'}]",
        "Envs: [{Name: A, Value: '${GPU_QUEUE_ID}', IsPrivate: true}]",
        "Tags: ['<GPU_QUEUE_ID>']",
        "Description: 'for <GPU_QUEUE_ID>'",
        "Description: ${GPU_QUEUE_ID}",
        "Args: --queue '<GPU_QUEUE_ID>'",
        "Args: --queue <GPU_QUEUE_ID>:1 ${X} <in >out <A_B>c",
        "Priority: <GPU_QUEUE_ID>",
        "ActiveDeadlineSeconds: <GPU_QUEUE_ID>",
        "Foo: {Bar: '<GPU_QUEUE_ID>'}",
        "Storages: [{Type: Vepfs, MountPath: /a, SubPath: a/<GPU_QUEUE_ID>}]",
    ],
)
def test_a_task_with_an_open_placeholder_is_refused_until_the_variable_is_set(text: str) -> None:
    found = converted(f"{MINIMAL}{text}\n")
    [variable] = found.variables
    assert variable.name == "gpuQueueId"
    assert problems(f"{MINIMAL}{text}\n") == []
    project, tasks = manifests(found)
    assert "${{ vars.gpuQueueId }}" in tasks[0]
    assert "vars:\n    # Set this value." in project
    _, own = read_project(parse(project.encode(), "jobspec.yaml"), ScopeOptions())
    assert [one.code for one in reported(own)] == ["JS330"]
    value = {"P": "4", "A": "1h"}.get(text[0] if "Env" not in text and "Tag" not in text else "", "x")
    declared = payloads(project.replace('"${{ vars.gpuQueueId }}"', value), tasks)
    assert "gpuQueueId" not in str(declared)


TOKEN = "hf_abcdefghijklmnopqrst"


@pytest.mark.parametrize(
    ("text", "entrypoint"),
    [
        (f"HF_TOKEN={TOKEN} python x.py", 'HF_TOKEN="${HF_TOKEN}" python x.py'),
        (f'curl -H "Bearer {TOKEN}"', 'curl -H "Bearer ${TOKEN}"'),
        (f"curl -H 'Bearer {TOKEN}'", "curl -H 'Bearer '\"${TOKEN}\"''"),
    ],
)
def test_a_credential_in_a_command_becomes_a_variable_that_the_shell_expands(
    text: str, entrypoint: str
) -> None:
    task = MINIMAL.replace("python train.py", json.dumps(text))
    found = payload_of(task)
    assert found["EntrypointPath"] == entrypoint
    [variable] = found["Envs"]
    assert variable["Value"] == f"secret env {variable['Name']}"
    assert f"Set `{variable['Name']}` where jobspec runs" in warnings(task)


WANDB = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "entrypoint"),
    [
        (f"TOKEN=$(cat /x); curl $TOKEN {TOKEN}", 'TOKEN=$(cat /x); curl $TOKEN "${TOKEN_2}"'),
        (f"read -r TOKEN <f; echo {TOKEN}", 'read -r TOKEN <f; echo "${TOKEN_2}"'),
        (f"echo ${{TOKEN:-}} {TOKEN}", 'echo ${TOKEN:-} "${TOKEN_2}"'),
        (
            f"export WANDB_API_KEY=dummy; a; export WANDB_API_KEY={WANDB}",
            'export WANDB_API_KEY=dummy; a; export WANDB_API_KEY="${WANDB_API_KEY_2}"',
        ),
        (
            f'[ "$WANDB_API_KEY" ] || export WANDB_API_KEY={WANDB}',
            '[ "$WANDB_API_KEY" ] || export WANDB_API_KEY="${WANDB_API_KEY_2}"',
        ),
        (f"export WANDB_API_KEY={WANDB}; a", 'export WANDB_API_KEY="${WANDB_API_KEY}"; a'),
    ],
)
def test_a_new_variable_is_no_other_one_of_the_command(text: str, entrypoint: str) -> None:
    found = payload_of(MINIMAL.replace("python train.py", json.dumps(text)))
    assert found["EntrypointPath"] == entrypoint


@pytest.mark.parametrize(
    ("text", "entrypoint"),
    [
        (f"a {WANDB}; b $MINE_KEY", 'a "${MINE_KEY}"; b $MINE_KEY'),
        (f"MINE_KEY=dummy; a {WANDB}", 'MINE_KEY=dummy; a "${MINE_KEY_2}"'),
        (f"MINE_KEY={WANDB} a", 'MINE_KEY="${MINE_KEY}" a'),
    ],
)
def test_a_variable_of_the_task_is_used_unless_the_command_changes_it(text: str, entrypoint: str) -> None:
    task = MINIMAL.replace("python train.py", json.dumps(text))
    found = payload_of(f"{task}Envs: [{{Name: MINE_KEY, Value: {WANDB}}}]\n")
    assert found["EntrypointPath"] == entrypoint
    assert {one["Value"] for one in found["Envs"]} == {"secret env MINE_KEY"}


def test_a_variable_whose_value_a_command_has_as_a_password_becomes_a_reference() -> None:
    task = MINIMAL.replace("python train.py", "mysql --password hunter2x")
    found = payload_of(
        f"{task}Envs: [{{Name: MINE, Value: hunter2x, IsPrivate: true}}, {{Name: B, Value: a-hunter2x}}]\n"
    )
    assert found["EntrypointPath"] == 'mysql --password "${MINE}"'
    assert {one["Value"] for one in found["Envs"]} == {"secret env MINE", "secret env B"}


def test_a_longer_credential_that_contains_another_is_replaced_as_a_whole() -> None:
    task = MINIMAL.replace("python train.py", f"a {WANDB}-{TOKEN} {WANDB}")
    found = payload_of(
        f"{task}Envs: [{{Name: A_KEY, Value: {WANDB}}}, {{Name: B_TOKEN, Value: {WANDB}-{TOKEN}}}]\n"
    )
    assert found["EntrypointPath"] == 'a "${B_TOKEN}" "${A_KEY}"'


@pytest.mark.parametrize(
    "script",
    [
        "python x.py --pad_token '[PAD]' --tokenizer_path /data/tok1 --max_tokens 4096; pwd; cd $OLDPWD/abc1",
        "mysql -P 3306; mkdir -p abcd; echo token count # secret sauce",
        "python - <<'EOF'\npassword = os.environ['X1']\ntoken = get_token1(12)\nkey = args.key_1\nEOF\n",
        "export HF_TOKEN=$(cat /run/token1) && sk=1 && docker run -p 8080:80 x",
    ],
)
def test_what_is_no_credential_stays_in_a_command(script: str) -> None:
    found = converted(MINIMAL.replace("python train.py", json.dumps(script)))
    assert reported(found.reading) == ()
    assert payloads(*manifests(found))[0]["EntrypointPath"] == script


def test_a_credential_in_a_script_is_reported_at_its_line() -> None:
    script = f"|\n  set -eu\n  export HF_TOKEN={TOKEN}\n  python train.py\n"
    found = converted(MINIMAL.replace("python train.py\n", script))
    [warning] = reported(found.reading)
    assert warning.place is not None
    assert (warning.code, warning.place.span.start.line) == ("JS361", 5)


def test_a_credential_where_no_variable_is_expanded_is_lost() -> None:
    script = f"python - <<'EOF'\nlogin('{TOKEN}')\nEOF\n"
    task = MINIMAL.replace("python train.py", json.dumps(script))
    assert problems(task) == [("JS360", 3)]
    [one] = converted(task, lossy=True).tasks
    assert TOKEN not in str(plain(one.tree))


def test_one_variable_never_stands_for_two_credentials() -> None:
    private = "Envs: [{Name: WANDB_API_KEY, Value: %s, IsPrivate: true}]\n"
    found = converted(
        *(
            MINIMAL.replace("train", name, 1) + private % value
            for name, value in (("a", "k1k1k1k1"), ("b", "k2k2k2k2"), ("c", "k1k1k1k1"))
        )
    )
    values = [normal(one)["Envs"][0]["Value"] for one in payloads(*manifests(found))]
    assert values == ["secret env WANDB_API_KEY", "secret env WANDB_API_KEY_2", "secret env WANDB_API_KEY"]


def test_a_value_that_is_masked_or_left_out_is_not_the_same_as_another() -> None:
    record = MINIMAL + "Id: t\nEnvs: [{Name: API_TOKEN, IsPrivate: true%s}]\n"
    for value in ("", ", Value: '******'", ", Value: '***'"):
        found = converted(*(record.replace("train", name, 1) % value for name in ("a", "b")))
        values = [normal(one)["Envs"][0]["Value"] for one in payloads(*manifests(found))]
        assert values == ["secret env API_TOKEN", "secret env API_TOKEN_2"]


def test_a_private_value_that_is_no_credential_stays_a_private_value() -> None:
    found = payload_of(
        f"{MINIMAL}Envs: [{{Name: LEVEL, Value: '${{LEVEL:-some-setting}}', IsPrivate: true}}]\n"
    )
    assert found["Envs"] == [{"Name": "LEVEL", "Value": "some-setting", "IsPrivate": True}]
    found = payload_of(f"{MINIMAL}Envs: [{{Name: LEVEL, Value: some-setting, IsPrivate: true}}]\n")
    assert found["Envs"] == [{"Name": "LEVEL", "Value": "some-setting", "IsPrivate": True}]


@pytest.mark.parametrize("placeholder", ["${QUEUE_ID:-q-mine}", "${QUEUE_ID:-q-theirs}", "${QUEUE_ID}"])
def test_a_variable_of_the_project_is_used_only_if_its_value_is_the_same(placeholder: str) -> None:
    source = parse(f"{MINIMAL}ResourceQueueID: {placeholder}\n".encode(), "a.yaml")
    found = convert([source], lambda _, path: path, {"queueId": "q-theirs", "queueId2": 1})
    [variable] = found.variables
    is_same = "mine" not in placeholder
    assert (variable.name, variable.is_of_project) == ("queueId" if is_same else "queueId3", is_same)
    [report] = reported(found.reading)
    assert ("The project already sets `queueId`" in report.help) is (placeholder == "${QUEUE_ID}")


CREDENTIALS = [
    "Envs: [{Name: PASSWORD, Value: SECRETS8}]",
    "Envs: [{Name: ANY, Value: SECRETS81234567890abcd, IsPrivate: true}]",
    f"Entrypoint: echo {TOKEN}",
    "ImageCredential: {RegistryUsername: me, RegistryToken: SECRETS8}",
    "ImageCredential: {RegistryUsername: me, RegistryToken: SECRETS8, Foo: [}",
    "Envs: [{Name: PASSWORD, Value: SECRETS8, Foo: 1}]",
    "Envs: [{Name: PASSWORD, Value: [SECRETS8]}]",
    "Envs: [{Value: SECRETS8, Name: PASSWORD}, {Name: PASSWORD, Value: SECRETS82}]",
    "MySecretKey: {A: SECRETS8}",
    f"Tags: [{TOKEN}]",
    f"Description: {TOKEN}",
    f"ResourceQueueID: {TOKEN}",
    "# PASSWORD=SECRETS812 as before",
    "sk: SECRETS8",
    "Entrypoint: |\n  # password: SECRETS8\n  python x.py",
    "Entrypoint: |\n  cat <<EOF\n  login a password SECRETS8\n  EOF",
    "Entrypoint: aws configure set aws_secret_access_key SECRETS8ABCDEF12",
    "Entrypoint: MYSQL_PWD=SECRETS8 mysql",
    "Entrypoint: redis-cli -a SECRETS8",
    "Entrypoint: docker login -u x -p SECRETS8",
    "Entrypoint: |\n  python - <<'EOF'\n  sk = 'SECRETS8'\n  EOF",
    "Entrypoint: |\n  python - <<'EOF'\n  api_key = 'SECRETS8'\n  EOF",
    "ak: a\nsk: SECRETS8",
    "Credential: {AccessKeyId: x, SecretAccessKey: [SECRETS8]}",
    "Credential: SECRETS8",
    "ImageUrl: https://me:SECRETS8@registry/x",
    "Envs: [{Name: PASSWORD, Value: SECRETS8}]\nFramework: SECRETS8 x",
    "Tags: [SECRETS8]\nEnvs: [{Name: PASSWORD, Value: SECRETS8}]",
    f"Description: a ${{TOK:-{TOKEN}}}",
    "Description: pw ${MYSQL_PASSWORD:-SECRETS8}",
    "Tags: ['${API_KEY:-SECRETS8}']",
    "ImageUrl: https://me:${PW:-SECRETS8}@registry/x",
    "ImageSpec: {Url: '${IMG:-reg/a:SECRETS8}', Credential: {RegistryUsername: a, RegistryToken: SECRETS8}}",
    "Envs: [{Name: DSN, Value: 'postgres://u:${PW:-SECRETS8}@h/db'}]",
    "Envs: [{Name: A, Value: '${Z:-SECRETS8}'}, {Name: API_TOKEN, Value: SECRETS8}]",
    "Envs: [{Name: D_TOKEN, Value: '${Q:-SECRETS8}'}, {Name: E, Value: '${Z:-SECRETS8}'}]\n"
    "Priority: ${P:-SECRETS8}",
]


@pytest.mark.parametrize("text", CREDENTIALS)
@pytest.mark.parametrize("lossy", [False, True])
def test_no_output_contains_a_credential(text: str, *, lossy: bool) -> None:
    head = "" if text.startswith(("Entrypoint", "ImageUrl")) else MINIMAL
    rest = "\n".join(line for line in MINIMAL.splitlines() if not text.startswith(line.split(":")[0]))
    source = parse(f"{head or rest}\n{text}\n".encode(), "a.yaml")
    found = convert([source], lambda _, path: path, lossy=lossy)
    diagnostics = reported(found.reading)
    shown = ShownTexts([source], found.reading)
    written = [render(diagnostics, shown, format=kind) for kind in ("full", "concise", "json", "github")]
    if lossy and not any(one.severity is Severity.ERROR for one in diagnostics):
        written += [*manifests(found)[1], manifests(found)[0]]
    for output in written:
        assert "SECRETS8" not in output
        assert TOKEN not in output


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Priority: 5", "JS207"),
        ("Tags: {a: b}", "JS206"),
        ("TaskRoleSpecs: {RoleName: worker}", "JS102"),
        ("ResourceQueueID: [q]", "JS206"),
        ("Envs: [{Name: A, Value: x, Scope: all}]", "JS360"),
        ("Envs: [A=b]", "JS360"),
        ("Envs: [{Value: b}]", "JS360"),
        ("Envs: [{Name: A, Value: {b: c}}]", "JS360"),
        ("Envs: [{Name: A, Value: b}, {Name: A, Value: c}]", "JS360"),
        ("Storages: [{Type: Tos, MountPath: /a}]", "JS205"),
        ("Storages: [{Type: Floppy, MountPath: /a}]", "JS207"),
        ("Storages: [x]", "JS206"),
        ("ActiveDeadlineSeconds: soon", "JS209"),
        ("ResourceQueueId: q-1\nResourceQueueID: q-2", "JS360"),
        ("ResourceQueueId: q-1\nResourceGroupID: g", "JS360"),
        ("Image: a\n", "JS360"),
        ("taskname: other", "JS360"),
        ("ImageSpec: x", "JS360"),
        ("TaskRoleSpecs: [{RoleName: w, RoleReplicas: 010, Flavor: ml.g1e.large}]", "JS360"),
        ("ActiveDeadlineSeconds: 0100", "JS360"),
        ("TaskRoleSpecs: [{RoleName: w, RoleReplicas: 1, Flavor: a, ResourceSpec: x}]", "JS360"),
        ("Description: &a [*a]", "JS105"),
        ("Description: [x", "JS101"),
        ("Foo: !!python/object:os.system {}", "JS104"),
        ("<<: {Foo: 1}", "JS107"),
        ("Description: a\u202eb", "JS111"),
        ("Foo: " + "[" * 99 + "]" * 99, "JS108"),
    ],
)
def test_what_cannot_be_converted_is_reported_at_its_line(text: str, code: str) -> None:
    has_roles = text.startswith("TaskRoleSpecs: [")
    head = MINIMAL.rpartition("TaskRoleSpecs")[0] + "\n" if has_roles else MINIMAL
    found = problems(f"{head}{text}\n")
    assert code in {one for one, _ in found}
    assert all(line >= 4 for one, line in found if one == code)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Envs: [A=b]", "an item of `Envs` is not a map"),
        ("Envs: [{Name: A, Value: x, Scope: all}]", "unknown field `Scope` in an item of `Envs`"),
        ("Envs: [{Name: A, Value: {b: c}}]", "the value of `A` must be text"),
        (
            "Envs: [{Name: A, Value: b}, {Name: A, Value: c}]",
            "duplicate variable `A`; Remove one of the two.",
        ),
        ("Image: a", "`Image` and `ImageUrl` are both set"),
        (
            "ImageUrl: ''\nImage: a\nImageCredential: {RegistryToken: x}",
            "`ImageCredential` requires `ImageUrl`",
        ),
        ("ResourceQueueId: q\nResourceGroupID: g", "both a resource group and a queue are set"),
        (
            "ImageUrl: ''\nEntrypoint: ''",
            "the task has no usable `Image`, `Entrypoint`; Add the missing fields.",
        ),
        (f"Description: {TOKEN}", "`metadata.description` contains a credential; Remove it, or"),
    ],
)
def test_a_report_says_what_is_wrong_and_what_to_do(text: str, said: str) -> None:
    names = tuple(f"{line.partition(':')[0]}:" for line in text.splitlines())
    head = "\n".join(line for line in MINIMAL.splitlines() if not line.startswith(names))
    assert said in warnings(f"{head}\n{text}\n")


@pytest.mark.parametrize("text", ["Priority: 5", "Tags: {a: b}", "Envs: [{Name: A, Value: x, Scope: all}]"])
def test_the_rest_is_converted_if_losses_are_accepted(text: str) -> None:
    found = converted(f"{MINIMAL}{text}\n", lossy=True)
    assert {one.severity for one in reported(found.reading)} == {Severity.WARNING}
    assert len(payloads(*manifests(found))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "TaskName: a",
        "[]",
        "a",
        "apiVersion: jobspec/v1\nkind: Task",
        "- 1",
        "null",
        "a: b",
    ],
)
@pytest.mark.parametrize("lossy", [False, True])
def test_what_is_no_task_is_an_error_in_any_case(text: str, *, lossy: bool) -> None:
    assert [code for code, _ in problems(text, lossy=lossy)] == ["JS364"]


def test_all_tasks_of_an_answer_are_converted_and_missing_pages_are_reported() -> None:
    one, two = (plain(parse(MINIMAL.replace("train", n, 1).encode(), "").documents[0]) for n in "ab")
    both = converted(json.dumps({"Task": one, "List": [two], "Data": []}))
    assert [task.name for task in both.tasks] == ["a", "b"]
    page = converted(json.dumps({"Result": {"List": [one], "Total": 57}}))
    assert ["lists 1 of 57" in warning.message for warning in reported(page.reading)] == [True]
    assert reported(converted(json.dumps({"Result": {"List": [one], "Total": 1}})).reading) == ()


def test_names_are_unique_and_valid() -> None:
    names = ("train.v1", "train", "train", "TRAIN")
    files = [MINIMAL.replace("train\n", f"{name}\n", 1) for name in names]
    errors = [one.message for one in reported(converted(*files).reading)]
    assert ["invalid task name `train.v1`" in errors[0], "used twice" in errors[1], len(errors)] == [
        True,
        True,
        2,
    ]
    assert [one.name for one in converted(*files, lossy=True).tasks] == [
        "train-v1",
        "train",
        "train-2",
        "TRAIN",
    ]


COMMENTED = """\
# of the file

TaskName: train # the name
# of the image
ImageUrl: registry.example.com/a/b:1
Entrypoint: | # of the command
  # of the shell
  python train.py
  # also of the shell
# of the roles
TaskRoleSpecs:
  # of the worker
  - RoleName: worker # named so
    RoleReplicas: 1
    # of the flavor
    Flavor: "ml.g1e.large#1" # with a sign
Envs: # of all variables
  - {Name: A, Value: "a # b"} # of A
# at the end
"""


def test_comments_stay_with_their_fields() -> None:
    found = converted(COMMENTED)
    [text] = manifests(found)[1]
    assert (
        text
        == """\
# of the file
apiVersion: jobspec/v1
kind: Task
metadata:
  name: train # the name
spec:
  # of the image
  image:
    url: "registry.example.com/a/b:1"
  # of the command
  entrypoint: |
    # of the shell
    python train.py
    # also of the shell
  # of the roles
  roles:
  # of the worker
  - name: worker # named so
    replicas: 1
    # of the flavor
    flavor: "ml.g1e.large#1" # with a sign
  env: # of all variables
    A: "a # b" # of A
  cacheType: none
# at the end
"""
    )


@pytest.mark.parametrize(
    "comment",
    [
        "# password is correcthorse",
        "# - Name: HF_TOKEN\n#   Value: correcthorse",
        "# - Value: correcthorse\n#   Name: HF_TOKEN",
        "# ak: abc sk: correcthorse",
        "# the token 9f8acorrecthorse",
        "# DB_PASSWORD: *********&correcthorse",
        "# wJalrXUtnFEMI/K7MDENG/correcthorse",
        "# 9f8a7b6c5d4e3f2a1b0ccorrecthorse",
        "# a hf_correcthorse12345678",
    ],
)
def test_a_comment_that_may_contain_a_credential_is_left_out_with_one_warning(comment: str) -> None:
    text = f"# one\n{MINIMAL}{comment}\n# two\n"
    found = converted(text)
    [warning] = reported(found.reading)
    assert warning.place is not None
    assert (warning.code, warning.place.span.start.line) == ("JS363", 6)
    [written] = manifests(found)[1]
    shown = ShownTexts([parse(text.encode(), "0.yaml")], found.reading)
    assert "horse" not in written + render([warning], shown, format="full")
    assert [line for line in written.splitlines() if "#" in line] == ["# one", "# two"]


@pytest.mark.parametrize(
    "comment",
    [
        "# head: 4096 tokens per batch, 24h",
        "# ResourceQueueID: q-20260101000000-abcde",
        "# registry.example.com/vision/train:2.1 on ml.pni2.28xlarge",
        "# MountPath: /data/Model2/Ckpt",
        "# Value: INFO",
    ],
)
def test_other_comments_stay(comment: str) -> None:
    assert comment in manifests(converted(f"{MINIMAL}{comment}\n"))[1][0]


def test_a_comment_shows_no_known_credential_and_no_control_character() -> None:
    text = f"{MINIMAL}Envs: [{{Name: A_TOKEN, Value: ab12}}] # it is ab12\n# a\tb\n"
    [written] = manifests(converted(text))[1]
    assert [line.partition("#")[2] for line in written.splitlines() if "#" in line] == [" it is ***", " a?b"]


def test_comments_of_several_documents_stay_with_their_documents() -> None:
    two = f"# one\n{MINIMAL}---\n# two\n{MINIMAL.replace('train', 'second', 1)}# end\n"
    first, second = manifests(converted(two))[1]
    assert (first.splitlines()[0], second.splitlines()[0], second.splitlines()[-1]) == (
        "# one",
        "# two",
        "# end",
    )
