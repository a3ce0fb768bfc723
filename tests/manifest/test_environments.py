"""The selected environment, what belongs to one environment only, and what all tasks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.project_file import find_project
from jobspec.manifest.task import ScopeOptions

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\nspec:\n"
BOTH = "  environments: {dev: {}, prod: {}}\n"
SPEC = "{image: i, entrypoint: e, roles: [{name: worker, replicas: 1, flavor: f}]}"


def write(folder: Path, spec: str, **tasks: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "jobspec.yaml").write_text(PROJECT + spec)
    for name, metadata in tasks.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        named = f"{{name: {path.stem}{metadata}}}"
        path.write_text(f"apiVersion: jobspec/v1\nkind: Task\nmetadata: {named}\nspec: {SPEC}\n")


def loaded(folder: Path, environment: str | None = None, scope: str | None = None) -> Loaded:
    return load(LoadRequest((), folder, environment, scope))


def names(folder: Path, environment: str | None = None) -> list[str]:
    found = loaded(folder, environment)
    assert not found.has_errors
    return [task.name for task in found.tasks]


@pytest.mark.parametrize(
    ("environment", "scope", "expected"),
    [
        (None, None, ("vision/dev", "defaultEnvironment")),
        ("prod", None, ("vision/prod", "")),
        (None, "vision", ("vision", "")),
    ],
)
def test_the_default_environment_applies_if_none_is_named(
    tmp_path: Path, environment: str | None, scope: str | None, expected: tuple[str, str]
) -> None:
    write(tmp_path, f"  defaultEnvironment: dev\n{BOTH}", a="")
    found = loaded(tmp_path, environment, scope)
    assert (str(found.scope), found.environment_from) == expected
    assert found.diagnostics == ()


def test_every_command_requires_a_required_environment(tmp_path: Path) -> None:
    write(tmp_path, f"  environmentRequired: true\n{BOTH}", a="")
    assert [one.code for one in loaded(tmp_path).refused] == ["JS322"]
    assert loaded(tmp_path, "dev").diagnostics == ()


def test_the_bare_scope_can_be_cleared_where_an_environment_is_required_but_not_planned(
    tmp_path: Path,
) -> None:
    write(tmp_path, f"  environmentRequired: true\n{BOTH}", a="")
    found = loaded(tmp_path, scope="vision")
    assert (found.refused, [one.code for one in found.diagnostics]) == ((), ["JS322"])


@pytest.mark.parametrize("scope", ["other", "other/dev", "vision/dev", "visio", "vision/dev/x/"])
def test_a_scope_that_is_not_the_projects_is_refused(tmp_path: Path, scope: str) -> None:
    write(tmp_path, BOTH, a="")
    found = loaded(tmp_path, "prod" if scope == "vision/dev" else None, scope)
    codes = {one.code for one in (found.refused or found.diagnostics)}
    assert codes == {"JS319"}


def test_a_scope_whose_environment_is_gone_has_no_tasks_and_can_be_acted_on(tmp_path: Path) -> None:
    write(tmp_path, BOTH, a="")
    found = loaded(tmp_path, scope="vision/gone")
    assert (str(found.scope), found.is_gone, found.tasks, found.refused) == ("vision/gone", True, (), ())
    assert [one.code for one in found.diagnostics] == ["JS319"]  # nothing can be planned for it


def test_an_unknown_environment_is_refused_with_help_for_a_removed_one(tmp_path: Path) -> None:
    write(tmp_path, BOTH, a="")
    [problem] = loaded(tmp_path, "gone").refused
    assert problem.code == "JS315"
    assert "--scope vision/gone" in problem.help


def test_a_broken_project_file_is_refused_also_with_a_scope(tmp_path: Path) -> None:
    write(tmp_path, "  platform: {kind: other}\n", a="")
    assert loaded(tmp_path, scope="vision").refused


@pytest.mark.parametrize(
    "project", ["", "  manifests: [a.yaml, only/*.yaml]\n"], ids=["by-default-patterns", "named"]
)
def test_the_manifests_of_an_environment_are_read_only_there(tmp_path: Path, project: str) -> None:
    own = "{dev: {}, prod: {manifests: [only/*.yaml]}, test: {manifests: ['only/b*.yaml']}}"
    write(tmp_path, f"{project}  environments: {own}\n", a="", only__b="", only__c="")
    assert names(tmp_path) == names(tmp_path, "dev") == ["a"]
    assert names(tmp_path, "prod") == ["a", "b", "c"]
    assert names(tmp_path, "test") == ["a", "b"]


def test_an_unmatched_pattern_of_an_environment_is_reported_at_its_place(tmp_path: Path) -> None:
    write(tmp_path, "  environments:\n    prod:\n      manifests: [nothing/*.yaml]\n", a="")
    [problem] = loaded(tmp_path, "prod").diagnostics
    assert (problem.code, problem.place and problem.place.span.start.line) == ("JS318", 7)


def test_the_limits_of_an_environment_are_merged_one_by_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        "  limits: {maxRemovals: 5, maxReplacements: 6}\n"
        "  environments: {prod: {limits: {maxRemovals: 0}}}\n",
    )
    project = loaded(tmp_path, "prod").project
    assert project is not None
    assert (project.limits.max_removals, project.limits.max_replacements) == (0, 6)


@pytest.mark.parametrize(
    ("own", "expected"),
    [("", ("team", "prod")), (", tags: [a, team]", ("prod", "a", "team")), (", tags: null", ())],
)
def test_shared_tags_are_added_to_those_of_a_task(
    tmp_path: Path, own: str, expected: tuple[str, ...]
) -> None:
    environment = "  environments: {prod: {defaults: {metadata: {tags: [prod]}}}}\n"
    write(tmp_path, "  defaults: {metadata: {tags: [team]}}\n" + environment, a=own)
    [task] = loaded(tmp_path, "prod").tasks
    assert task.tags == expected


def test_a_project_through_a_link_is_the_same_as_by_its_real_path(tmp_path: Path) -> None:
    write(tmp_path / "real", "  environments: {}\n", a="")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file.yaml").symlink_to("real/a.yaml")
    by_link = load(LoadRequest((tmp_path / "link",), tmp_path))
    assert by_link.root == tmp_path / "real"
    assert by_link.tasks[0].place.file == "link/a.yaml"
    both = load(
        LoadRequest((tmp_path / "link" / "a.yaml", tmp_path / "real", tmp_path / "file.yaml"), tmp_path)
    )
    assert both.diagnostics == ()
    assert load(LoadRequest((tmp_path / "file.yaml",), tmp_path)).selected == frozenset({"a"})
    located = find_project(tmp_path / "link", cwd=tmp_path, options=ScopeOptions())
    assert located is not None
    assert located.root == tmp_path / "real"


def test_a_misnamed_project_file_is_always_reported(tmp_path: Path) -> None:
    write(tmp_path, "  manifests: [a.yaml]\n", a="")
    (tmp_path / "jobspec.yml").write_text(PROJECT)
    assert [one.code for one in loaded(tmp_path).diagnostics] == ["JS324"]
    (tmp_path / "jobspec.yaml").unlink()
    assert [one.code for one in loaded(tmp_path, scope="vision").refused] == ["JS324"]
