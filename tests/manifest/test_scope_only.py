"""A command that names tasks reads the project file only, so its cost does not grow with the manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobspec.manifest import load as loading
from jobspec.manifest.load import LoadRequest, load

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: vision}
spec: {environments: {prod: {}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "jobspec.yaml").write_text(PROJECT)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "a.yaml").write_text(
        "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: a}\nspec: 1\n"
    )
    return tmp_path


def refuse(*_: object) -> None:
    raise AssertionError("a manifest was read")


@pytest.mark.parametrize("paths", [(), (".",), ("jobspec.yaml",)])
def test_no_manifest_is_looked_for(
    project: Path, paths: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "manifests_of", refuse)
    monkeypatch.setattr(loading, "read_manifests", refuse)
    request = LoadRequest(tuple(project / path for path in paths), project, "prod", scope_only=True)
    loaded = load(request)
    assert (str(loaded.scope), loaded.tasks, loaded.diagnostics, loaded.selected) == (
        "vision/prod",
        (),
        (),
        None,
    )


def test_a_path_to_a_part_of_the_project_selects_its_tasks(project: Path) -> None:
    (project / "tasks" / "b.yaml").write_text(
        "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: b}\n"
        "spec: {image: i, entrypoint: c, roles: [{name: w, replicas: 1, flavor: f}]}\n"
    )
    request = LoadRequest((project / "tasks" / "b.yaml",), project, scope_only=True)
    assert load(request).selected == frozenset({"b"})


@pytest.mark.parametrize(("environment", "scope"), [("nope", None), (None, "other")])
def test_what_the_project_does_not_declare_is_refused_all_the_same(
    project: Path, environment: str | None, scope: str | None
) -> None:
    whole = load(LoadRequest((), project, environment, scope))
    only = load(LoadRequest((), project, environment, scope, scope_only=True))
    assert [one.code for one in only.refused] == [one.code for one in whole.refused] != []
    assert only.scope == whole.scope


TASK = (
    "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: %s}\n"
    "spec: {image: i, entrypoint: c, roles: [{name: w, replicas: 1, flavor: f}]}\n"
)


def test_only_the_manifests_that_can_declare_a_named_task_are_parsed(project: Path) -> None:
    names = {
        "first": "wanted",
        "other": "other",
        "computed": '"x-${{ scope.project }}"',
        "escaped": r'"\u0061b"',
    }
    for file, name in names.items():
        (project / "tasks" / f"{file}.yaml").write_text(TASK % name)
    loaded = load(LoadRequest((), project, naming=frozenset({"wanted"})))
    assert {task.name for task in loaded.tasks} == {"wanted", "x-vision", "ab"}
    assert loaded.diagnostics == ()


@pytest.mark.parametrize(("declared", "read"), [("wanted", {"wanted"}), ("another", {"another", "x-vision"})])
def test_the_file_with_the_name_of_a_task_is_the_only_one_read_if_it_declares_the_task(
    project: Path, declared: str, read: set[str]
) -> None:
    (project / "tasks" / "wanted.yaml").write_text(f"# not wanted\n{TASK % declared}")
    (project / "tasks" / "computed.yaml").write_text(TASK % '"x-${{ scope.project }}"')
    loaded = load(LoadRequest((), project, naming=frozenset({"wanted"})))
    assert {task.name for task in loaded.tasks} == read


def test_every_wanted_task_is_found_even_if_only_one_has_a_file_of_its_name(project: Path) -> None:
    (project / "tasks" / "one.yaml").write_text(TASK % "one")
    (project / "tasks" / "file.yaml").write_text(TASK % "two")
    loaded = load(LoadRequest((), project, naming=frozenset({"one", "two"})))
    assert {task.name for task in loaded.tasks} == {"one", "two"}
