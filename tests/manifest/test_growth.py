"""Small files that grow: what is written once and used often, and mistakes without end, take but a moment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.load import LoadRequest, load
from jobspec.report.diagnostics import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from jobspec.manifest.load import Loaded

PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: p}\nspec:\n"
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train}
spec:
  image: i
  entrypoint: e
  roles: [{name: w, replicas: 1, flavor: f}]
"""
LONG = "x" * 1_000_000


def loaded(folder: Path, files: Mapping[str, str]) -> Loaded:
    for name, text in {"jobspec.yaml": f"{PROJECT}  vars: {{}}\n", **files}.items():
        (folder / name).write_text(text)
    return load(LoadRequest((), folder))


def lines(count: int, line: str) -> str:
    return "".join(f"{line}\n".replace("#", str(number)) for number in range(count))


def codes(problems: Iterable[Diagnostic]) -> set[str]:
    return {problem.code for problem in problems}


GROWING: Mapping[str, Mapping[str, str]] = {
    "one long text behind many aliases": {
        "t.yaml": f"{TASK}  env:\n    A: &a {LONG}\n{lines(3000, '    A#: *a')}"
    },
    "one long variable in one text": {
        "jobspec.yaml": f"{PROJECT}  vars: {{a: {LONG}}}\n",
        "t.yaml": f"{TASK}  args: '{'${{ vars.a }}' * 3000}'\n",
    },
    "one map of variables many times": {
        "jobspec.yaml": f"{PROJECT}  vars:\n    m:\n{lines(20_000, '      k#: x')}",
        "t.yaml": f"{TASK}  env:\n{lines(2000, '    A#: ${{ vars.m }}')}",
    },
    "large defaults under many tasks": {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(20_000, '        A#: x')}",
        "t.yaml": lines(1000, TASK.replace("train", "t#") + "---"),
    },
    "large defaults in many environments": {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(20_000, '        A#: x')}"
        f"  environments:\n{lines(5000, '    e#: {}')}",
        "t.yaml": TASK,
    },
}


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_beyond_the_limit_is_told_and_not_built(name: str, tmp_path: Path) -> None:
    began = time.process_time()
    found = loaded(tmp_path, GROWING[name])
    assert "JS106" in codes(found.diagnostics)
    assert time.process_time() - began < 2


FLAWED: Mapping[str, Mapping[str, str]] = {
    "unknown fields": {"t.yaml": TASK + lines(45_000, "  key#: 1")},
    "unknown variables": {
        "jobspec.yaml": f"{PROJECT}  vars:\n{lines(40_000, '    var#: 1')}",
        "t.yaml": f"{TASK}  env:\n{lines(30_000, '    A#: ${{ vars.vur# }}')}",
    },
    "expressions on one line": {"t.yaml": f'{TASK}  args: "{"${{ ! }}" * 200_000}"\n'},
    "unknown tags": {"t.yaml": TASK + lines(30_000, "  !t# k#: 1")},
    "keys that are there twice": {"t.yaml": f"{TASK}  env:\n{lines(40_000, '    A: x')}"},
    "documents": {"t.yaml": lines(12_000, "{apiVersion: jobspec/v1, kind: Task, x: 1}\n---")},
    "ignored fields": {"t.yaml": f"{TASK}lifecycle:\n  ignoreChanges:\n{lines(60_000, '    - spec.arg#')}"},
    "useless permissions": {
        "t.yaml": TASK.replace("train", f"train, allowPlaintext: [{'spec.a, ' * 60_000}]")
    },
    "credentials in one text": {"t.yaml": f"{TASK}  args: |\n{lines(60_000, '    TOKEN=abcdefgh#zz')}"},
    "credentials beside a long value": {
        "t.yaml": f"{TASK}  framework: {LONG}\n  env:\n{lines(20_000, '    A#_TOKEN: abcdefgh#zz')}"
    },
    "patterns": {
        "jobspec.yaml": f"{PROJECT}  manifests:\n{lines(60_000, '    - a#/*.yaml')}",
        "t.yaml": TASK,
    },
}


@pytest.mark.parametrize("name", FLAWED)
def test_mistakes_without_end_are_told_soon_and_not_all(name: str, tmp_path: Path) -> None:
    began = time.process_time()
    found = loaded(tmp_path, FLAWED[name])
    text = render(found.diagnostics, found.sources)
    assert time.process_time() - began < 2
    assert found.diagnostics
    assert len(found.diagnostics) <= 2 * MAX_PROBLEMS
    assert len(text) < 100_000


def test_a_long_value_beside_many_credentials_shows_none_of_them(tmp_path: Path) -> None:
    found = loaded(tmp_path, FLAWED["credentials beside a long value"])
    assert "abcdefgh" not in render(found.diagnostics, found.sources, format="json")


def test_too_many_warnings_are_no_error_and_lose_no_task(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"t.yaml": f"{TASK}  env:\n{lines(150, '    MLP_A#: x')}"})
    last = found.diagnostics[-1]
    assert (last.code, last.severity, len(found.diagnostics)) == ("JS117", Severity.WARNING, 101)
    assert [task.name for task in found.tasks] == ["train"]


def test_an_error_behind_many_warnings_is_an_error_still(tmp_path: Path) -> None:
    text = f"{TASK}  env:\n{lines(150, '    MLP_A#: x')}lifecycle: {{ignoreChanges: [spec.nothing]}}\n"
    found = loaded(tmp_path, {"t.yaml": text})
    assert found.has_errors
    assert found.tasks == ()


def test_what_a_person_writes_does_not_come_near_the_limits(tmp_path: Path) -> None:
    files = {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(50, '        A#: x')}",
        "t.yaml": lines(1000, TASK.replace("train", "t#") + "---"),
    }
    found = loaded(tmp_path, files)
    assert found.diagnostics == ()
    assert len(found.tasks) == 1000
