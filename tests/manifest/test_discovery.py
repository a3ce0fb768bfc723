"""The files that a project reads: exclude patterns, hidden folders, and files that are not manifests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.manifest.files.foreign_files import is_foreign
from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.yaml.source import parse

if TYPE_CHECKING:
    from jobspec.manifest.load import Loaded

HEAD = "apiVersion: jobspec/v1\nkind: {}\nmetadata: {{name: {}}}\n"
SPEC = "spec:\n  image: i\n  entrypoint: e\n  roles: [{name: worker, replicas: 1, flavor: f}]\n"


def loaded(folder: Path, patterns: str, *files: str) -> Loaded:
    spec = f"spec: {{manifests: {patterns}}}\n" if patterns else ""
    (folder / "jobspec.yaml").write_text(HEAD.format("Project", "p") + spec)
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        name = file.removesuffix(".yaml").replace("/", "-").replace(".", "")
        (folder / file).write_text(HEAD.format("Task", name) + SPEC)
    return load(LoadRequest((), folder))


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ('["tasks/*.yaml", "!tasks/x.yaml"]', ["tasks-y"]),
        ('["!tasks/x.yaml", "tasks/*.yaml"]', ["tasks-y"]),
        ('["!tasks/x.yaml"]', ["old-x", "tasks-y"]),
        ('["**/*.yaml", "!old"]', ["tasks-x", "tasks-y"]),
        ('["**/*.yaml", "!old/"]', ["tasks-x", "tasks-y"]),
        ('["**/*.yaml", "!**/x.yaml"]', ["tasks-y"]),
        ('["**/*.yaml", "!tasks/**"]', ["old-x"]),
        ('["**/*.yaml", ".jobs/*.yaml"]', ["jobs-z", "old-x", "tasks-x", "tasks-y"]),
        ('["**/.jobs/**/*.yaml"]', ["jobs-z"]),
        ('[".*/*.yaml", "!.jobs"]', []),
        ('["tasks/.h.yaml"]', ["tasks-h"]),
    ],
)
def test_patterns_exclude_and_name_what_is_hidden(tmp_path: Path, patterns: str, names: list[str]) -> None:
    files = ("tasks/x.yaml", "tasks/y.yaml", "old/x.yaml", ".jobs/z.yaml", "tasks/.h.yaml")
    found = loaded(tmp_path, patterns, *files)
    assert [task.name for task in found.tasks] == names
    assert found.diagnostics == ()


def test_a_pattern_that_excludes_nothing_is_reported(tmp_path: Path) -> None:
    found = loaded(tmp_path, '["tasks/*.yaml", "!task/x.yaml"]', "tasks/x.yaml")
    assert [problem.code for problem in found.diagnostics] == ["JS318"]


@pytest.mark.parametrize("path", [".", "..", "../.."])
def test_a_missing_project_file_is_reported_with_a_clear_path(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    [problem] = load(LoadRequest((Path(path),), folder)).diagnostics
    where = Path(os.path.normpath(folder / path))
    assert problem.message == f"there is no `jobspec.yaml` in or above `{where}`"


def test_foreign_files_below_the_default_pattern_are_skipped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("artifact_uri: x\nlifecycle_stage: active\n")
    (tmp_path / "chart.yaml").write_text("{{- if .Values.x }}\na: [\n")
    found = loaded(tmp_path, "", "tasks/x.yaml")
    assert (found.skipped, found.diagnostics) == (("chart.yaml", "mlruns/0/meta.yaml"), ())
    found = loaded(tmp_path, '["**/*.yaml"]', "tasks/x.yaml")
    assert (found.skipped, found.has_errors) == ((), True)


@pytest.mark.parametrize(
    "text",
    [
        "artifact_uri: x\nlifecycle_stage: active\ntags: []",
        "wandb_version: 1\n_wandb: {value: {}}\nlr: {desc: null, value: 1}",
        "- a\n- b",
        "version: '3'\nservices: {}",
        "apiVersion: v2\nname: chart\nversion: 1.0",
        "{{- if .Values.x }}\nkind: Deployment\n{{ end }}",
        "a: 1\n---\nb: 2",
        "a: [\n",
    ],
)
def test_a_file_without_parts_of_a_manifest_is_foreign(text: str) -> None:
    assert is_foreign(parse(text.encode(), "f.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: jobspec/v2\nkind: Task",
        "apiversion: jobspec/v1\nspec: {}",
        "kind: task",
        "Kind: Task\nimage: i",
        "metadata: {name: x}\nspec: {}",
        "metdata: {name: x}\nspec: {}",
        "metadata: {}\nsepc: {}",
        "apiVersion: jobpsec/v1\nfoo: 1",
        "apiVersion: job-spec/v1",
        "apiVersion: JobSpec/V1",
        "apiVerison: v1\nspec: {}",
        "version: jobspec/v1",
        "apiVersion:\nx: 1",
        "- apiVersion: jobspec/v1\n  kind: Task",
        "- kind: Task",
        "task:\n  apiVersion: jobspec/v1",
        "apiVersion: jobspec/v1\nkind: [",
        "apiVersion jobspec/v1\nkind: Task\na: b: c",
        "# of jobspec/v1\na: {{ b",
        "x: 1\n---\napiVersion: jobspec/v1\nkind: Task",
        "x: 1\n---\nkind: Task\n---\n[",
        "# nothing but a comment",
        "",
    ],
)
def test_a_typo_in_a_manifest_never_reads_as_foreign(text: str) -> None:
    assert not is_foreign(parse(text.encode(), "f.yaml"))
    assert not is_foreign(parse(("\ufeff" + text).encode(), "f.yaml"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_manifest_in_another_encoding_is_not_foreign(encoding: str) -> None:
    text = "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: é}\n"
    assert not is_foreign(parse(text.encode(encoding), "f.yaml"))


def test_a_file_that_is_too_large_to_look_at_is_not_foreign() -> None:
    assert not is_foreign(parse(b"a: 1\n" * 500_000, "f.yaml"))
