"""Which files are read, what the paths select, and how defaults are merged."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jobspec.manifest.files.patterns import glob
from jobspec.manifest.load import Loaded, LoadRequest, load

PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\n"


def _task(name: str, more: str = "") -> str:
    return (
        f"apiVersion: jobspec/v1\nkind: Task\nmetadata: {{name: {name}}}\nspec:\n"
        f"  image: i\n  entrypoint: e\n  roles: [{{name: worker, replicas: 1, flavor: f}}]\n{more}"
    )


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _load(cwd: Path, *paths: str, environment: str | None = None, scope: str | None = None) -> Loaded:
    return load(LoadRequest(tuple(map(Path, paths)), cwd, environment, scope))


def _names(loaded: Loaded) -> list[str]:
    return [task.name for task in loaded.tasks]


def test_the_project_is_found_above_and_all_of_it_is_loaded(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT, a=_task("a"), sub__b=_task("b"))
    loaded = _load(tmp_path / "sub")
    assert (_names(loaded), loaded.selected, loaded.diagnostics) == (["a", "b"], frozenset({"b"}), ())
    assert loaded.tasks[0].place.file == "../a.yaml"


@pytest.mark.parametrize(
    ("path", "selected"),
    [(".", None), ("jobspec.yaml", None), ("sub", {"b"}), ("a.yaml", {"a"}), ("sub/b.yaml", {"b"})],
)
def test_paths_choose_tasks(tmp_path: Path, path: str, selected: set[str] | None) -> None:
    _write(tmp_path, jobspec=PROJECT, a=_task("a"), sub__b=_task("b"))
    assert _load(tmp_path, path).selected == selected


def test_hidden_folders_and_other_projects_are_excluded(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT, a=_task("a"), **{".git__b": _task("b"), ".jobspec__c": _task("c")})
    _write(tmp_path / "nested", jobspec=PROJECT, d=_task("d"))
    assert _names(_load(tmp_path)) == ["a"]


def test_the_project_file_may_contain_tasks(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT + "---\n" + _task("a"))
    assert _names(_load(tmp_path)) == ["a"]


def test_an_environment_merges_over_the_project(tmp_path: Path) -> None:
    spec = """spec:
  vars: {queue: q-dev, tag: "1"}
  defaults: {spec: {resourceQueue: "${{ vars.queue }}", env: {A: "1", B: "1"}}, lifecycle: {backoffLimit: 7}}
  environments:
    prod: {vars: {queue: q-prod}, platform: {kind: volcengine}, defaults: {spec: {env: {B: "2"}}}}
"""
    _write(
        tmp_path, jobspec=PROJECT + spec, a=_task("a", '  env: {C: "${{ vars.tag }}-${{ scope.project }}"}\n')
    )
    loaded = _load(tmp_path, environment="prod")
    [task] = loaded.tasks
    assert task.address == "vision/prod/a"
    assert task.payload["ResourceQueueId"] == "q-prod"
    assert {one["Name"]: one["Value"] for one in task.payload["Envs"]} == {
        "A": "1",
        "B": "2",
        "C": "1-vision",
    }
    assert task.lifecycle.backoff_limit == 7
    assert loaded.project is not None
    assert loaded.project.platform.list_lag_seconds == 30


def test_null_removes_a_default(tmp_path: Path) -> None:
    _write(
        tmp_path,
        jobspec=PROJECT + "spec: {defaults: {spec: {resourceQueue: q}}}\n",
        a=_task("a", "  resourceQueue: null\n  resourceGroup: g\n"),
    )
    [task] = _load(tmp_path).tasks
    assert "ResourceQueueId" not in task.payload
    assert task.payload["ResourceGroupId"] == "g"


def test_a_whole_expression_keeps_its_type_and_shell_variables_are_unchanged(tmp_path: Path) -> None:
    spec = "spec: {vars: {n: 4, roles: [{name: w, replicas: 3, flavor: f}]}}\n"
    more = "  priority: ${{ vars.n }}\n  args: $HOME ${LR} $((1+1)) $${{ kept }} --n ${{ vars.n }}\n"
    text = _task("a", more).replace("[{name: worker, replicas: 1, flavor: f}]", "${{ vars.roles }}")
    _write(tmp_path, jobspec=PROJECT + spec, a=text)
    [task] = _load(tmp_path).tasks
    assert task.payload["Priority"] == 4
    [role] = task.payload["TaskRoleSpecs"]
    assert role["RoleReplicas"] == 3
    assert task.payload["Args"] == "$HOME ${LR} $((1+1)) ${{ kept }} --n 4"


def test_a_mistake_in_the_defaults_of_another_environment_is_reported(tmp_path: Path) -> None:
    spec = "spec: {environments: {prod: {}, dev: {defaults: {spec: {priority: 3}}}}}\n"
    _write(tmp_path, jobspec=PROJECT + spec, a=_task("a"))
    assert [d.code for d in _load(tmp_path, environment="prod").diagnostics] == ["JS207"]


def test_valid_tasks_load_despite_broken_ones(tmp_path: Path) -> None:
    _write(
        tmp_path,
        jobspec=PROJECT,
        a=_task("a"),
        b=_task("b", "  priority: 3\n"),
        c="apiVersion: jobspec/v1\na: [\n",
    )
    loaded = _load(tmp_path)
    assert _names(loaded) == ["a"]
    assert [d.code for d in loaded.diagnostics] == ["JS207", "JS101"]
    assert loaded.has_errors


def test_a_file_that_is_not_regular_is_reported_and_does_not_block(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT)
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.yaml").symlink_to("nowhere")
    assert [d.code for d in _load(tmp_path).diagnostics] == ["JS115", "JS115"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT, a=_task("a"))
    (tmp_path / "a.yaml").chmod(stat.S_IWUSR)
    assert [d.code for d in _load(tmp_path).diagnostics] == ["JS115"]


def test_a_cycle_of_links_is_reported_once(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT, sub__a=_task("a"))
    (tmp_path / "sub" / "loop").symlink_to("..")
    loaded = _load(tmp_path)
    assert _names(loaded) == ["a"]
    assert [d.message for d in loaded.diagnostics] == [
        "the link `sub/loop` points to a folder that contains it"
    ]


def test_linked_folders_inside_the_project_are_followed(tmp_path: Path) -> None:
    _write(tmp_path, jobspec="spec: {manifests: [linked/*.yaml]}\n".join((PROJECT, "")), real__a=_task("a"))
    (tmp_path / "linked").symlink_to("real")
    loaded = _load(tmp_path)
    assert (_names(loaded), loaded.diagnostics) == (["a"], ())


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "a/b.yaml", False),
        ("**/*.yaml", "a.yaml", True),
        ("**/*.yaml", "a/b/c.yaml", True),
        ("tasks/**", "tasks/a/b.txt", True),
        ("a?.yaml", "ab.yaml", True),
        ("a[0-9].yaml", "a7.yaml", True),
        ("a[!0-9].yaml", "a7.yaml", False),
        ("./a.yaml", "a.yaml", True),
        ("a.yaml", "aXyaml", False),
    ],
)
def test_patterns_match_paths(pattern: str, path: str, matches: bool) -> None:
    assert glob(pattern).matches(path) == matches


def test_a_hostile_pattern_is_matched() -> None:  # tried every way, it would outlast every timeout
    assert not glob("tasks/" + "*a" * 12 + "b").matches("tasks/" + "a" * 200)
    assert not glob("**/" * 20 + "b").matches("a/" * 200 + "a")
    assert glob("*a*b*a").matches("xaxbxaxa")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [("[z-a].yaml", "[z-a].yaml", True), ("a/**", "a", False), ("a/**", "a/b/c", True)],
)
def test_edge_cases_of_patterns_match(pattern: str, path: str, fits: bool) -> None:
    assert glob(pattern).matches(path) == fits


def test_folders_may_be_nested_deeper_than_the_call_stack(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT)
    folders = [tmp_path / "/".join(["d"] * depth) for depth in range(1, 1201)]
    for folder in folders:
        folder.mkdir()
    (folders[-1] / "a.yaml").write_text(_task("a"))
    assert _names(_load(tmp_path)) == ["a"]
    (folders[-1] / "a.yaml").unlink()
    for folder in reversed(folders):  # pytest's own clean-up calls itself for each
        folder.rmdir()


def test_a_surrogate_is_an_error_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(_task("a", '  args: "\\ud800"\n'))
    [found] = _load(tmp_path, scope="s").diagnostics
    assert (found.code, found.place and found.place.span.start.line) == ("JS111", 8)


def test_a_file_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text("kind: Task\n")
    [found] = _load(tmp_path, scope="s").diagnostics
    assert found.place is not None
    assert found.place.file == r"\xff.yaml"


def test_long_text_of_the_user_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        _task("a", f"  args: ${{{{ vars.{'k' * 100_000} }}}}\n  ? {'k' * 100_000}\n  : 1\n")
    )
    found = _load(tmp_path, scope="s").diagnostics
    assert found
    assert all(len(words) < 400 for one in found for words in (one.message, one.label, one.help))


def test_an_empty_environment_is_called_empty(tmp_path: Path) -> None:
    _write(tmp_path, jobspec=PROJECT, a=_task("a"))
    assert [d.help for d in _load(tmp_path, environment="").diagnostics if d.code == "JS315"] == [
        "the value of `-e` is empty; pass the name of an environment, or leave out `-e`"
    ]


def test_a_surrogate_in_a_key_of_the_document_is_reported(tmp_path: Path) -> None:
    _write(tmp_path, a='{"apiVersion": "jobspec/v1", "kind": "Task", "\\ud8ca": 1}')
    loaded = _load(tmp_path, scope="s")
    assert "JS111" in {problem.code for problem in loaded.diagnostics}


def test_repeated_double_asterisks_equal_one() -> None:
    many = glob("**/" * 30_000 + "*.yaml")
    assert [many.matches(path) for path in ("a.yaml", "a/b/c.yaml", "a.txt")] == [True, True, False]
    assert [glob("a/**/**").matches(path) for path in ("a/b", "a/b/c", "a")] == [True, True, False]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("pattern", "fitting", "unfit"),
    [
        ("[a-c]", "b", "d"),
        ("[a-]", "-", "b"),
        ("[--0]", ".", "a"),
        ("[+--]", ",", "a"),
        ("[z--a]", "[z--a]", "z"),
    ],
)
def test_a_set_is_parsed_without_warnings(pattern: str, fitting: str, unfit: str) -> None:
    assert glob(pattern).matches(fitting)
    assert not glob(pattern).matches(unfit)
