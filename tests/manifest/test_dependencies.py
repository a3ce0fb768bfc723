"""`dependsOn` and `rerunOn`: how they are read, unknown names, and circles, through sets too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.validate.dependencies import between
from jobspec.manifest.values import Dependency
from tests.manifest.tasks import task_from

SPEC: dict[str, Any] = {
    "image": "ml_platform/pytorch:1.7",
    "entrypoint": "python train.py",
    "roles": [{"name": "worker", "replicas": 2, "flavor": "ml.g1e.large"}],
}
PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\n"
TASK = """apiVersion: jobspec/v1
kind: Task
metadata: {name: %s}
spec: {image: "a:1", entrypoint: x, roles: [{name: worker, replicas: 1, flavor: f}]}
"""


def task(name: str, *depends_on: str, of: str = "") -> Task:
    found = task_from(
        SPEC, scope=Scope("vision"), metadata={"name": name}, lifecycle={"dependsOn": list(depends_on)}
    )
    return replace(found, set=of)


def loaded(root: Path, **lifecycles: str) -> Loaded:
    (root / "jobspec.yaml").write_text(PROJECT)
    for name, lifecycle in lifecycles.items():
        text = f"lifecycle: {lifecycle}\n" if lifecycle else ""
        (root / f"{name}.yaml").write_text(TASK % name + text)
    return load(LoadRequest(paths=(root,), cwd=root))


def codes(tasks: list[Task]) -> list[str]:
    return [one.code for one in between(tasks, is_whole=True)]


@pytest.mark.parametrize("prefix", ["", "# café\n---\n"])
def test_both_readers_read_both_forms(tmp_path: Path, prefix: str) -> None:
    lifecycle = "{dependsOn: [b, {task: c, condition: Finished}, {task: b, condition: null}], rerunOn: [b]}"
    found = loaded(tmp_path, a=lifecycle, b="", c="")
    (tmp_path / "a.yaml").write_text(prefix + (tmp_path / "a.yaml").read_text())
    [a, *_] = found.tasks
    assert a.lifecycle.depends_on == (Dependency("b"), Dependency("c", "Finished"), Dependency("b"))
    assert a.lifecycle.rerun_on == ("b",)
    assert (Dependency("set/x").is_set, Dependency("set/x").name, Dependency("x").is_set) == (
        True,
        "x",
        False,
    )


def test_dependencies_may_be_defaults(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(
        PROJECT + "spec: {defaults: {lifecycle: {dependsOn: [prepare]}}, manifests: ['*.yaml']}\n"
    )
    (tmp_path / "train.yaml").write_text(TASK % "train")
    (tmp_path / "prepare.yaml").write_text(TASK % "prepare" + "lifecycle: {dependsOn: []}\n")
    found = load(LoadRequest(paths=(tmp_path,), cwd=tmp_path))
    assert found.diagnostics == ()
    assert [len(one.lifecycle.depends_on) for one in found.tasks] == [0, 1]


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("prepair", "did you mean `prepare`?"),
        ("sweep", "write `set/sweep`: `set/sweep` is a set"),
        ("set/prepare", "write `prepare`: `prepare` is a task"),
        ("set/sweap", "did you mean `set/sweep`?"),
    ],
)
def test_an_unknown_name_gets_a_suggestion_that_works(written: str, help_: str) -> None:
    others = [task("prepare"), task("s0", of="sweep")]
    [found] = between([task("a", written), *others], is_whole=True)
    assert found.code == "JS380"
    assert (found.help or "").replace("`sweep` is a set", "`set/sweep` is a set") == help_
    right = help_.split("`")[1]
    assert codes([task("a", right), *others]) == []


def test_an_unknown_name_of_a_template_is_reported_once() -> None:
    assert codes([task(f"s{number}", "none", of="sweep") for number in range(50)]) == ["JS380"]


def test_while_a_manifest_cannot_be_read_any_name_may_exist(tmp_path: Path) -> None:
    found = loaded(tmp_path, a="{dependsOn: [b]}", b="{surprise: 1}")
    assert [one.code for one in found.diagnostics] == ["JS204"]


def test_a_member_may_not_depend_on_its_own_set_or_on_what_depends_on_it() -> None:
    members = [task(f"s{number}", "set/sweep", of="sweep") for number in range(3)]
    [own] = between(members, is_whole=True)
    assert own.message == "a circle of dependencies: `s0` → `set/sweep` → `s0`"
    through = [task(f"s{number}", "select", of="sweep") for number in range(3)]
    [found] = between([*through, task("select", "set/sweep")], is_whole=True)
    assert found.message.startswith("a circle of dependencies: ")
    assert {"`select`", "`set/sweep`"} <= set(found.message.replace(":", " ").split())


def test_a_circle_is_reported_once_with_every_entry_along_it(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, a="{dependsOn: [b]}", b="{dependsOn: [c]}", c="{dependsOn: [a]}", d="{dependsOn: [a]}"
    )
    [circle] = found.diagnostics
    places = [circle.place, *(one.place for one in circle.related)]
    assert [place.file for place in places if place] == ["a.yaml", "b.yaml", "c.yaml"]
    assert {place.span.start.line for place in places if place} == {5}


def test_long_chains_and_diamonds_are_no_circles() -> None:
    chain = [task("t0"), *(task(f"t{n}", f"t{n - 1}") for n in range(1, 3000))]
    assert codes(chain) == []
    assert codes([task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c", "a")]) == []
    assert codes([*chain[1:], task("t0", "t2999")]) == ["JS382"]


def test_the_help_for_rerun_on_can_be_typed(tmp_path: Path) -> None:
    [found] = loaded(
        tmp_path, a="{dependsOn: [{task: b, condition: Finished}], rerunOn: [c]}", b="", c=""
    ).diagnostics
    assert found.help == "write `dependsOn: [{task: b, condition: Finished}, c]`, or remove the entry"
    fixed = loaded(tmp_path, a="{dependsOn: [{task: b, condition: Finished}, c], rerunOn: [c]}")
    assert fixed.diagnostics == ()
