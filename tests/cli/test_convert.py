"""`jobspec convert`: files in, files out; nothing is overwritten, and nothing is written after an error."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.manifest.reference import field_names
from jobspec.manifest.volc.table import CHINESE, documented, with_table
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import plain

if TYPE_CHECKING:
    from tests.conftest import MatchesFile
    from tests.projects import Project

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "from-volc.md"
CHINESE_PAGE = ROOT / "docs" / "from-volc.zh-CN.md"
CASES = ROOT / "tests" / "cases" / "volc"
TASK = """\
TaskName: train
ImageUrl: registry.example.com/a/b:1
Entrypoint: python train.py
TaskRoleSpecs: [{RoleName: worker, RoleReplicas: 1, Flavor: ml.g1e.large}]
"""


@pytest.fixture
def folder(project: Project) -> Path:
    """An empty folder, where commands run."""
    shutil.rmtree(project.root)
    project.root.mkdir()
    return project.root


def test_a_file_is_printed_as_a_manifest(project: Project, folder: Path) -> None:
    (folder / "a.yaml").write_text(TASK)
    (folder / "b.yaml").write_text(TASK.replace("train\n", "second\n", 1))
    ended = project.run("convert", "a.yaml", "b.yaml")
    assert ended.out.count("kind: Task") == 2
    assert ended.out.count("---\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["a.yaml", "b.yaml"]


def test_all_cases_become_a_project_that_is_valid_and_can_be_planned(project: Project, folder: Path) -> None:
    shutil.copytree(CASES, folder / "old")
    files = sorted(str(path.relative_to(folder)) for path in (folder / "old").glob("*/input.yaml"))
    ended = project.run("convert", *files, "-o", "new")
    assert ended.out.count("wrote new/") == len(files) + 1
    assert "EXAMPLE-NOT-A" not in ended.printed + "".join(p.read_text() for p in (folder / "new").iterdir())
    project.run("validate", "new")
    queued = [path for path in (folder / "new").iterdir() if "\n    name: " in path.read_text()]
    for path in queued:  # a queue by its name, which the local platform may not have
        if "resourceQueue:\n" in path.read_text():
            path.unlink()
    assert f"{len(files) - 3} to submit" in project.run("plan", "new").out


def test_nothing_is_overwritten_and_nothing_is_left_behind(project: Project, folder: Path) -> None:
    (folder / "a.yaml").write_text(TASK)
    project.run("convert", "a.yaml", "-o", "new")
    before = {path.name: path.read_bytes() for path in (folder / "new").iterdir()}
    ended = project.run("convert", "a.yaml", "-o", "new", exits=1)
    assert "new/train.yaml` already exists; nothing was written" in ended.err
    assert {path.name: path.read_bytes() for path in (folder / "new").iterdir()} == before
    (folder / "file").write_text("x")
    ended = project.run("convert", "a.yaml", "-o", "file", exits=1)
    assert "a file is in its place" in ended.err
    (folder / "locked").mkdir()
    (folder / "locked" / "train.yaml").symlink_to("/nowhere")
    ended = project.run("convert", "a.yaml", "-o", "locked", exits=1)
    assert sorted(path.name for path in (folder / "locked").iterdir()) == ["train.yaml"]


def test_a_loss_is_reported_with_its_line_and_nothing_is_written_unless_it_is_accepted(
    project: Project, folder: Path
) -> None:
    (folder / "a.yaml").write_text(f"{TASK}Priority: 5\nUserCodePath: ./gone\n")
    ended = project.run("convert", "a.yaml", "-o", "new", exits=1)
    assert "a.yaml:5:" in ended.err
    assert "a.yaml:6:" in ended.err
    assert "2 problems" in ended.err
    assert not (folder / "new").exists()
    ended = project.run("convert", "a.yaml", exits=1)
    assert ended.out == ""
    ended = project.run("convert", "a.yaml", "-o", "new", "--lossy")
    assert "a.yaml:5:" in ended.err
    project.run("validate", "new")


def test_variables_are_declared_and_refused_until_they_are_set(project: Project, folder: Path) -> None:
    (folder / "a.yaml").write_text(f"{TASK}ResourceQueueID: <GPU_QUEUE_ID>\nPriority: ${{PRIORITY:-4}}\n")
    ended = project.run("convert", "a.yaml", "-o", "new")
    assert "next: set gpuQueueId in new/jobspec.yaml" in ended.err
    assert "`vars.gpuQueueId` has no value" in project.run("plan", "new", exits=1).err
    assert "JS330" in project.run("apply", "new", "--yes", exits=1).err
    file = folder / "new" / "jobspec.yaml"
    file.write_text(file.read_text().replace('"${{ vars.gpuQueueId }}"', "q-1"))
    assert "1 to submit" in project.run("plan", "new").out
    printed = project.run("convert", "a.yaml").err
    assert "vars:\n" in printed
    assert 'gpuQueueId: "${{ vars.gpuQueueId }}"' in printed


def test_an_existing_project_is_not_changed_and_its_defaults_do_not_change_the_task(
    project: Project, folder: Path
) -> None:
    text = (
        "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: demo}\nspec:\n"
        "  manifests: [tasks/*.yaml]\n  vars: {image: x}\n"
        "  defaults: {spec: {priority: 6, env: {A: b}, retry: {enabled: true, on: [Failed]}}}\n"
    )
    (folder / "jobspec.yaml").write_text(text)
    (folder / "old").mkdir()
    (folder / "old" / "a.yaml").write_text(f"{TASK}Envs: [{{Name: B, Value: c}}]\nCacheType: <CACHE>\n")
    ended = project.run("convert", "old/a.yaml", "-o", "elsewhere", exits=1)
    assert "would be no manifest of the project" in ended.err
    ended = project.run("convert", "old/a.yaml", "-o", "tasks", "--defaults", exits=1)
    assert "remove --defaults" in ended.err
    ended = project.run("convert", "old/a.yaml", "-o", "tasks")
    assert "add this to `spec` in jobspec.yaml:\nvars:" in ended.err
    assert (folder / "jobspec.yaml").read_text() == text
    (folder / "jobspec.yaml").write_text(text.replace("image: x", "cache: Gpfs"))
    plan = json.loads(project.run("plan", "-o", "json").out)
    assert len(plan["changes"]) == 1
    written = (folder / "tasks" / "train.yaml").read_text()
    assert "priority: null" in written
    assert "retry: null" in written
    assert "A: null" in written


def test_a_second_conversion_does_not_use_a_variable_with_another_value(
    project: Project, folder: Path
) -> None:
    for name in ("a", "b"):
        text = TASK.replace("train", name, 1)
        (folder / f"{name}.yml").write_text(f"{text}ResourceQueueID: ${{QUEUE_ID:-q-{name}}}\n")
    project.run("convert", "a.yml", "-o", "new")
    ended = project.run("convert", "b.yml", "-o", "new")
    assert "Its value in `jobspec.yaml` is `q-b`" in ended.err
    assert "queueId2: q-b" in ended.err
    assert 'resourceQueue: "${{ vars.queueId2 }}"' in (folder / "new" / "b.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.yaml", "no such file"),
        (".", "is not a regular file"),
        ("/dev/null", "is not a regular file"),
        ("/dev/zero", "is not a regular file"),
        ("pipe", "is not a regular file"),
        ("huge.yaml", "larger than 2 MiB"),
        ("latin.yaml", "not UTF-8"),
        ("bomb.yaml", "exceeds 100,000 values"),
        ("tab.yaml", "error[JS1"),
        ("twice.yaml", "duplicate key `TaskName`"),
        ("empty.yaml", "the file is empty"),
        ("binary.yaml", "error[JS1"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(project: Project, folder: Path, name: str, said: str) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "huge.yaml").write_text(TASK + "#" * (3 << 20))
    (folder / "latin.yaml").write_bytes(TASK.encode() + b"Description: \xe4\n")
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    (folder / "bomb.yaml").write_text(f"{TASK}a0: &a0 [x]\n{bomb}")
    (folder / "tab.yaml").write_text(f"{TASK}Foo:\n\tBar: 1\n")
    (folder / "twice.yaml").write_text(f"{TASK}TaskName: again\n")
    (folder / "empty.yaml").write_text("")
    (folder / "binary.yaml").write_bytes(bytes(range(256)))
    for arguments in ([], ["--lossy"], ["-o", "new"]):
        ended = project.run("convert", name, *arguments, exits=1)
        assert said in ended.err
        assert ended.out == ""
        assert "JS900" not in ended.err
    assert not (folder / "new").exists()


def test_a_link_to_a_file_is_read_and_a_file_that_is_named_twice_is_converted_once(
    project: Project, folder: Path
) -> None:
    (folder / "a.yaml").write_text(TASK)
    (folder / "b.yaml").symlink_to("a.yaml")
    assert project.run("convert", "b.yaml", "a.yaml").out.count("kind: Task") == 1


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_of_any_style_is_read(indent: int | str | None, project: Project, folder: Path) -> None:
    arguments = {
        "name": "train",
        "description": "\N{GRINNING FACE} \\ud83d a/b",
        "image_id": "ml_platform/pytorch:1.7",
        "entrypoint_path": "printf 'a\tb'",
        "task_role_specs": [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}],
    }
    tab = "\t" if indent == "\t" else ""
    (folder / "a.json").write_text(f"{tab}{json.dumps([arguments], indent=indent)}{tab}\n")
    project.run("convert", "a.json", "-o", "new")
    read = parse((folder / "new" / "train.yaml").read_bytes(), "")
    task = plain(read.documents[0])
    assert task["metadata"]["description"] == arguments["description"]
    assert task["spec"]["entrypoint"] == arguments["entrypoint_path"]
    assert project.run("convert", "a.json", "-o", "-").out == (folder / "new" / "train.yaml").read_text()


def test_json_means_the_same_whatever_ends_a_line_of_yaml(project: Project, folder: Path) -> None:
    text = "echo 'a\u0085b\u2028c\u2029'"
    task = {**plain(parse(TASK.encode(), "").documents[0]), "Entrypoint": text}
    (folder / "a.json").write_text(json.dumps(task, ensure_ascii=False))
    project.run("convert", "a.json", "-o", "new")
    assert (
        plain(parse((folder / "new" / "train.yaml").read_bytes(), "").documents[0])["spec"]["entrypoint"]
        == text
    )


def test_two_names_that_differ_in_case_get_two_files(project: Project, folder: Path) -> None:
    (folder / "a.yaml").write_text(f"{TASK}---\n{TASK.replace('train', 'TRAIN', 1)}")
    project.run("convert", "a.yaml", "-o", "new")
    assert sorted(path.name for path in (folder / "new").iterdir()) == [
        "TRAIN-2.yaml",
        "jobspec.yaml",
        "train.yaml",
    ]


def test_other_yaml_files_in_the_folder_are_not_those_of_the_new_project(
    project: Project, folder: Path
) -> None:
    (folder / "a.yaml").write_text(TASK)
    project.run("convert", "a.yaml", "-o", ".")
    assert "1 to submit" in project.run("plan").out


def test_a_path_of_the_code_that_no_file_can_have_is_reported(project: Project, folder: Path) -> None:
    (folder / "a.yaml").write_text(f'{TASK}UserCodePath: "a\\0b"\n')
    assert "a.yaml:5:" in project.run("convert", "a.yaml", exits=1).err


def test_the_path_of_the_code_is_that_of_the_file_which_names_it(project: Project, folder: Path) -> None:
    (folder / "old" / "src").mkdir(parents=True)
    (folder / "old" / "a.yaml").write_text(f"{TASK}UserCodePath: ./src\nRemoteMountCodePath: /code\n")
    assert 'originPath: "./src"' in project.run("convert", "old/a.yaml").out
    ended = project.run("convert", "old/a.yaml", "-o", "new")
    assert "jobspec does not upload the code" in ended.err
    assert 'originPath: "../old/src"' in (folder / "new" / "train.yaml").read_text()


def test_the_chinese_table_of_names_is_up_to_date_and_translates_all_words(matches_file: MatchesFile) -> None:
    text = CHINESE_PAGE.read_text(encoding="utf-8")
    matches_file(with_table(text, CHINESE.__getitem__), CHINESE_PAGE)


def test_the_table_of_names_is_up_to_date_and_has_every_field(matches_file: MatchesFile) -> None:
    matches_file(with_table(PAGE.read_text(encoding="utf-8")), PAGE)
    words = {path.rpartition(".")[2] for path in field_names() if path.startswith("spec.")}
    unknown = {path for path in documented() if path.rpartition(".")[2] not in words and "spec" in path}
    assert unknown == set()
    plain = {path for path in field_names() if re.fullmatch(r"(metadata|spec)\.[a-zA-Z.]+", path)}
    own = {path for path in plain if not path.startswith(OF_A_PROJECT)}
    above = {path.rpartition(".")[0] for path in plain}
    assert own - set(documented()) - above <= ONLY_HERE


OF_A_PROJECT = (
    *("spec.defaults", "spec.environments", "spec.limits", "spec.acknowledge", "spec.platform"),
    *("spec.vars", "spec.manifests", "spec.environmentRequired", "spec.flavors"),
    *("spec.matrix", "spec.zip", "spec.samples", "spec.exclude", "spec.include", "spec.template"),
    *("spec.maxActive", "spec.maxFailed", "spec.onMaxFailed"),
    *("spec.templates", "extends"),
)
ONLY_HERE = {
    *("metadata.allowPlaintext", "spec.extra", "spec.roles.extra", "spec.storages.extra", "spec.env"),
    *("spec.diagnostics.extra", "spec.services.extra", "spec.storages.name", "spec.access.type"),
    *("spec.defaultEnvironment", "spec.preflight", "spec.flavors", "metadata.name", "spec.allowEnv"),
    *("spec.roles.remove", "spec.storages.remove", "spec.diagnostics.remove", "spec.services.remove"),
    *(
        f"spec.{path}.{kind}"
        for kind in ("env", "file", "secret")
        for path in (
            "image.credential.password.secret",
            "image.credential.password",
            "env.NAME.secret",
            "env.NAME",
            "storageCredential.accessKeyId",
            "storageCredential.accessKeyId.secret",
            "storageCredential.secretAccessKey",
            "storageCredential.secretAccessKey.secret",
        )
    ),
    *("spec.env.NAME.value", "spec.env.NAME.private"),
}
"""Fields that no file of the vendor's names, or that the table writes in another way."""


def blocks() -> dict[str, str]:
    """The blocks of the page that are files, by their names."""
    found = re.findall(
        r"(?:Before|After), in `([^`]+)`[^\n]*:\n\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert len(found) == 7
    return dict(found)


def test_the_moves_of_the_page_give_what_it_shows(project: Project, folder: Path) -> None:
    files = blocks()
    for name in ("train.yaml", "train.tmpl.yaml"):
        (folder / name).write_text(files[name])
    script = "\n".join(line for line in files["sweep.sh"].splitlines() if "volc ml_task" not in line)
    (folder / "jobs").mkdir()
    [(head, body)] = re.findall(r"<<EOF\n()(.*?)EOF", script, re.DOTALL)
    for seed in "123":  # as the loop does
        (folder / "jobs" / f"sweep-{seed}.yaml").write_text(body.replace("$seed", seed) + head)
    project.run("convert", "train.yaml", "-o", "vision")
    jobs = [f"jobs/sweep-{seed}.yaml" for seed in "123"]
    project.run("convert", *jobs, "-o", "sweep", "--defaults")
    project.run("convert", "train.tmpl.yaml", "-o", "pretrain")
    for name, text in files.items():
        if "/" in name:
            assert (folder / name).read_text() == text, name
    assert "3 to submit" in project.run("plan", "sweep").out
    [environments] = re.findall(
        r"```yaml\n(apiVersion[^`]*environmentRequired.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    (folder / "pretrain" / "jobspec.yaml").write_text(environments)
    for name in ("beijing", "shanghai"):
        project.run("validate", "-e", name, "pretrain")
