"""Small files that grow: the time for what is used often, and for mistakes without end, grows evenly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.load import LoadRequest, load
from jobspec.report.diagnostics import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from jobspec.manifest.load import Loaded

    Case = Callable[[float], Mapping[str, str]]

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
    folder.mkdir(exist_ok=True)
    for name, text in {"jobspec.yaml": f"{PROJECT}  vars: {{}}\n", **files}.items():
        (folder / name).write_text(text)
    return load(LoadRequest((), folder))


def lines(count: float, line: str) -> str:
    return "".join(f"{line}\n".replace("#", str(number)) for number in range(int(count)))


def codes(problems: Iterable[Diagnostic]) -> set[str]:
    return {problem.code for problem in problems}


SMALL, LARGE = 0.25, 1.0
MOST_GROWTH = 9
"""Of the time for a file four times as large: four is even, sixteen the square."""


def growth(folder: Path, case: Case) -> float:
    """How many times as long a file takes that is four times as large; the machine's speed is in both."""
    times = {}
    for size in (SMALL, LARGE):
        files = case(size)
        tries = []
        for number in range(2):
            began = time.process_time()
            found = loaded(folder / f"{size}-{number}", files)
            render(found.diagnostics, found.sources)
            tries.append(time.process_time() - began)
        times[size] = min(tries)
    return times[LARGE] / times[SMALL]


GROWING: Mapping[str, Case] = {
    "one long text behind many aliases": lambda size: {
        "t.yaml": f"{TASK}  env:\n    A: &a {LONG}\n{lines(3000 * size, '    A#: *a')}"
    },
    "one long variable in one text": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars: {{a: {LONG}}}\n",
        "t.yaml": f"{TASK}  args: '{'${{ vars.a }}' * int(3000 * size)}'\n",
    },
    "one map of variables many times": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n    m:\n{lines(20_000, '      k#: x')}",
        "t.yaml": f"{TASK}  env:\n{lines(2000 * size, '    A#: ${{ vars.m }}')}",
    },
    "large defaults under many tasks": lambda size: {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(20_000, '        A#: x')}",
        "t.yaml": lines(1000 * size, TASK.replace("train", "t#") + "---"),
    },
    "large defaults in many environments": lambda size: {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(20_000, '        A#: x')}"
        f"  environments:\n{lines(5000 * size, '    e#: {}')}",
        "t.yaml": TASK,
    },
    "variables in variables in many environments": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n    a: x\n{lines(10_000, '    k#: ${{ vars.a }}')}"
        f"  environments:\n{lines(5000 * size, '    e#: {}')}",
        "t.yaml": TASK,
    },
    "variables that double each other": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n    v0: {'x' * 100}\n"
        + "".join(f"    v{n}: '{'${{ vars.v#1 }}'.replace('#1', str(n - 1)) * 2}'\n" for n in range(1, 40)),
        "t.yaml": f"{TASK}  env:\n{lines(2000 * size, '    A#: x')}",
    },
}


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_beyond_the_limit_is_told_and_not_built(name: str, tmp_path: Path) -> None:
    assert "JS106" in codes(loaded(tmp_path / "once", GROWING[name](LARGE)).diagnostics)
    assert growth(tmp_path, GROWING[name]) < MOST_GROWTH


FLAWED: Mapping[str, Case] = {
    "unknown fields": lambda size: {"t.yaml": TASK + lines(45_000 * size, "  key#: 1")},
    "unknown variables": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n{lines(40_000 * size, '    var#: 1')}",
        "t.yaml": f"{TASK}  env:\n{lines(30_000 * size, '    A#: ${{ vars.vur# }}')}",
    },
    "circles of variables": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n{lines(20_000 * size, '    v#: ${{ vars.v# }}')}",
        "t.yaml": TASK,
    },
    "expressions on one line": lambda size: {
        "t.yaml": f'{TASK}  args: "{"${{ ! }}" * int(200_000 * size)}"\n'
    },
    "placeholders": lambda size: {
        "t.yaml": f"{TASK}  storages:\n    - type: Tos\n{lines(40_000 * size, '      k#: $HOME')}"
    },
    "keys that are alike": lambda size: {
        "t.yaml": f"{TASK}  storages:\n    - {{type: Tos, bucket: b, mountPath: /d}}\n"
        f"    - type: Tos\n      bucket: b\n      mountPath: /e\n"
        + lines(15_000 * size, "      ab#: 1\n      a_b#: 1")
    },
    "quotes that are opened": lambda size: {
        "t.yaml": TASK + "  args: '" + lines(40_000 * size, "it''s") + "x'y\n"
    },
    "unknown tags": lambda size: {"t.yaml": TASK + lines(30_000 * size, "  !t# k#: 1")},
    "keys that are there twice": lambda size: {"t.yaml": f"{TASK}  env:\n{lines(40_000 * size, '    A: x')}"},
    "documents": lambda size: {
        "t.yaml": lines(12_000 * size, "{apiVersion: jobspec/v1, kind: Task, x: 1}\n---")
    },
    "ignored fields": lambda size: {
        "t.yaml": f"{TASK}lifecycle:\n  ignoreChanges:\n{lines(60_000 * size, '    - spec.arg#')}"
    },
    "useless permissions": lambda size: {
        "t.yaml": TASK.replace("train", f"train, allowPlaintext: [{'spec.a, ' * int(60_000 * size)}]")
    },
    "credentials in one text": lambda size: {
        "t.yaml": f"{TASK}  args: |\n{lines(60_000 * size, '    TOKEN=abcdefgh#zz')}"
    },
    "credentials beside a long value": lambda size: {
        "t.yaml": f"{TASK}  framework: {'x' * int(1_000_000 * size)}\n"
        f"  env:\n{lines(20_000 * size, '    A#_TOKEN: abcdefgh#zz')}"
    },
    "patterns": lambda size: {
        "jobspec.yaml": f"{PROJECT}  manifests:\n{lines(60_000 * size, '    - a#/*.yaml')}",
        "t.yaml": TASK,
    },
}


@pytest.mark.parametrize("name", FLAWED)
def test_mistakes_without_end_are_told_soon_and_not_all(name: str, tmp_path: Path) -> None:
    found = loaded(tmp_path / "once", FLAWED[name](LARGE))
    assert found.diagnostics
    assert len(found.diagnostics) <= 2 * MAX_PROBLEMS
    assert len(render(found.diagnostics, found.sources)) < 100_000
    assert growth(tmp_path, FLAWED[name]) < MOST_GROWTH


def test_a_long_value_beside_many_credentials_shows_none_of_them(tmp_path: Path) -> None:
    found = loaded(tmp_path, FLAWED["credentials beside a long value"](LARGE))
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
