"""The expansion of sets: which cells there are, what their tasks are called, and what they contain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.resolve.sets.axes import axes_of
from jobspec.manifest.resolve.sets.cells import cells_of
from jobspec.manifest.resolve.sets.drawing import drawn
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Mapping, plain

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: vision}\nspec: {vars: {seeds: [1, 2]}}\n"
SET = "apiVersion: jobspec/v1\nkind: TaskSet\nmetadata: {name: sweep, tags: [ablation]}\nspec:\n"


def _set(axes: str, name: str, more: str = "") -> str:
    return (
        f"{SET}  {axes}\n  template:\n    metadata: {{name: '{name}', tags: [own]}}\n    spec:\n"
        f"      image: ml_platform/pytorch:1.7\n      entrypoint: python train.py\n{more}"
        "      roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]\n"
    )


def _load(folder: Path, axes: str, name: str, more: str = "") -> Loaded:
    (folder / "jobspec.yaml").write_text(PROJECT)
    (folder / "sweep.yaml").write_text(_set(axes, name, more))
    return load(LoadRequest((folder,), folder))


def _cells(axes: str) -> list[dict[str, str]]:
    (spec,) = parse(axes.replace("\n  ", "\n").encode(), "sweep.yaml").documents
    assert isinstance(spec, Mapping)
    found, problems = axes_of(spec)
    cells, more = cells_of(spec, found, lambda _: None)
    assert not problems + more
    return [dict(cell.texts) for cell in cells]


@pytest.mark.parametrize(
    ("axes", "cells"),
    [
        ("matrix: {a: [1, 2], b: [x, y]}", ["1x", "1y", "2x", "2y"]),
        ("zip: {a: [1, 2], b: [x, y]}", ["1x", "2y"]),
        ("matrix: {a: [1, 2]}\n  zip: {b: [x, y], c: [p, q]}", ["1xp", "1yq", "2xp", "2yq"]),
        ("matrix: {a: {range: [0, 3]}}", ["0", "1", "2"]),
        ("matrix: {a: {range: [0, 10, 4]}}", ["0", "4", "8"]),
        ("matrix: {a: {range: [3, 0, -1]}}", ["3", "2", "1"]),
        ("matrix: {a: {range: [0.1, 0.3, 0.1], inclusive: true}}", ["0.1", "0.2", "0.3"]),
        ("matrix: {a: {range: [0.1, 0.4, 0.1]}}", ["0.1", "0.2", "0.3"]),
        ("matrix: {a: {range: [0, 1, 0.25]}}", ["0", "0.25", "0.5", "0.75"]),
        ("matrix: {a: [1234567, 1e-1]}", ["1234567", "1e-1"]),
        ('matrix: {a: ["", 0, null]}\n  exclude: [{a: null}]', ["", "0"]),
        ("matrix: {a: [1, 2], b: [x, y]}\n  exclude: [{a: 2, b: y}]", ["1x", "1y", "2x"]),
        ("matrix: {a: [1, true]}\n  exclude: [{a: true}]", ["1"]),
        ("matrix: {a: [1]}\n  exclude: [{a: 1}]\n  include: [{a: 1, b: z}]", ["1z"]),
        ("matrix: {a: [1, 2]}\n  include: [{a: 2, f: q}, {a: 3, f: r}]", ["1", "2q", "3r"]),
        ("matrix: {a: [1, 2]}\n  include: [{f: q}]", ["1q", "2q"]),
        ("include: [{a: 1}, {a: 2, b: z}]", ["1", "2z"]),
        ("matrix: {a: [{b: 1}]}", ['{"b": 1}']),
    ],
)
def test_a_set_has_the_cells_of_its_axes(axes: str, cells: list[str]) -> None:
    assert ["".join(cell.values()) for cell in _cells(axes)] == cells


def test_an_axis_can_be_a_variable(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "matrix: {a: '${{ vars.seeds }}'}", "t-${{ matrix.a }}")
    assert [task.name for task in loaded.tasks] == ["t-1", "t-2"]


def test_a_value_that_is_added_or_moved_touches_no_other_task(tmp_path: Path) -> None:
    """Pitfall 6: identity comes from values, not from positions."""
    name = "t-${{ matrix.a }}"
    before = {task.name: task.fingerprint for task in _load(tmp_path, "matrix: {a: [1, 2]}", name).tasks}
    after = {task.name: task.fingerprint for task in _load(tmp_path, "matrix: {a: [0, 2, 1]}", name).tasks}
    assert after.items() > before.items()
    assert after.keys() - before.keys() == {"t-0"}


def test_the_first_draws_stay_when_the_count_grows() -> None:
    def cells(count: int) -> list[dict[str, str]]:
        axes = f"samples: {{count: {count}, seed: 7, of: {{lr: {{logUniform: [1e-4, 1e-1]}}}}}}"
        return _cells(axes)

    assert cells(4)[:3] == cells(3)
    assert len({cell["lr"] for cell in cells(40)}) == 40


def test_each_combination_has_the_same_draws() -> None:
    """Pitfall 9: a draw depends on its number, not on the other axes."""
    cells = _cells("matrix: {a: [1, 2]}\n  samples: {count: 3, of: {x: {uniform: [0, 1]}}}")
    assert [cell["x"] for cell in cells[:3]] == [cell["x"] for cell in cells[3:]]


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        ("{uniform: [2, 3]}", 2, 3),
        ("{logUniform: [1e-4, 1e-1]}", 1e-4, 1e-1),
        ("{integers: [1, 4]}", 1, 3),
        ("{choice: [5, 6]}", 5, 6),
    ],
)
def test_draws_stay_within_their_bounds(distribution: str, low: float, high: float) -> None:
    (tree,) = parse(distribution.encode(), "x").documents
    assert isinstance(tree, Mapping)
    values = [plain(drawn(tree, 1, "x", number)) for number in range(500)]
    assert low <= min(values)
    assert max(values) <= high
    assert len(set(values)) > 1


def test_draws_are_the_same_everywhere() -> None:
    (tree,) = parse(b"{logUniform: [1e-4, 1e-1]}", "x").documents
    assert isinstance(tree, Mapping)
    assert [plain(drawn(tree, 7, "lr", number)) for number in range(3)] == DRAWS


DRAWS = [0.000119523, 0.00184824, 0.000141607]


def test_a_quoted_number_of_a_cell_is_text_in_env_and_keeps_its_type_elsewhere(tmp_path: Path) -> None:
    more = '      env: {LR: "${{ matrix.lr }}"}\n      priority: "${{ matrix.p }}"\n'
    loaded = _load(tmp_path, "matrix: {lr: [1e-1], p: [4]}", "t-${{ matrix.p }}", more)
    assert not loaded.has_errors
    payload: Any = loaded.tasks[0].payload
    assert payload["Envs"] == [{"Name": "LR", "Value": "1e-1"}]
    assert payload["Priority"] == 4


def test_the_tags_of_a_set_are_those_of_its_tasks(tmp_path: Path) -> None:
    (task,) = _load(tmp_path, "matrix: {a: [1]}", "t-${{ matrix.a }}").tasks
    assert task.tags == ("ablation", "own")
    assert (task.set, task.cell) == ("sweep", (("a", "1"),))


def test_a_task_of_a_set_has_the_payload_of_the_same_task_alone(tmp_path: Path) -> None:
    (task,) = _load(tmp_path, "matrix: {a: [1]}", "t-${{ matrix.a }}").tasks
    (tmp_path / "sweep.yaml").write_text(
        "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: t-1}\nspec:\n"
        "  image: ml_platform/pytorch:1.7\n  entrypoint: python train.py\n"
        "  roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]\n"
    )
    (alone,) = load(LoadRequest((tmp_path,), tmp_path)).tasks
    assert task.payload == alone.payload
    assert task.fingerprint == alone.fingerprint


def test_many_cells_with_a_mistake_are_explained_once(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "matrix: {a: {range: [0, 5000]}}", "t-${{ matrix.a }}", "      prioriti: 1\n")
    assert [problem.code for problem in loaded.diagnostics] == ["JS204"]


def test_the_limits_of_a_set_are_read(tmp_path: Path) -> None:
    axes = "matrix: {a: [1]}\n  maxActive: 8\n  maxFailed: 3\n  onMaxFailed: Cancel"
    (rules,) = _load(tmp_path, axes, "t-${{ matrix.a }}").sets
    assert (rules.max_active, rules.max_failed, rules.on_max_failed) == (8, 3, "Cancel")


def test_every_task_of_a_set_has_its_dependencies_and_those_of_the_template(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT)
    template = _set("matrix: {a: [1]}", "t-${{ matrix.a }}")
    own = "    lifecycle: {dependsOn: ['prepare-${{ matrix.a }}']}\n"
    (tmp_path / "sweep.yaml").write_text(
        template + own + "lifecycle: {dependsOn: [prepare], rerunOn: [prepare]}\n"
    )
    for name in ("prepare", "prepare-1"):
        (tmp_path / f"{name}.yaml").write_text(
            f"apiVersion: jobspec/v1\nkind: Task\nmetadata: {{name: {name}}}\nspec:\n  image: a\n"
            "  entrypoint: b\n  roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]\n"
        )
    loaded = load(LoadRequest((tmp_path,), tmp_path))
    assert not loaded.diagnostics
    lifecycle = next(task for task in loaded.tasks if task.set).lifecycle
    assert [one.task for one in lifecycle.depends_on] == ["prepare", "prepare-1"]
    assert lifecycle.rerun_on == ("prepare",)


@pytest.mark.parametrize(
    "written", ['"10"', "'x'", '""', "|\n        10\n", '"a${{ matrix.a }}"', '"$$${{ x"']
)
def test_a_quoted_text_in_env_is_text(tmp_path: Path, written: str) -> None:
    loaded = _load(tmp_path, "matrix: {a: [1]}", "t-${{ matrix.a }}", f"      env:\n       X: {written}\n")
    assert not loaded.diagnostics
    (task,) = loaded.tasks
    assert isinstance(task.payload["Envs"][0]["Value"], str)


def test_more_work_than_the_budget_allows_is_an_error(tmp_path: Path) -> None:
    """Each entry extends each cell: the product is counted."""
    entries = ", ".join(["{a: 1}"] * 3000)
    loaded = _load(tmp_path, f"matrix: {{a: [1], b: {{range: [0, 4000]}}}}\n  include: [{entries}]", "t")
    assert [problem.code for problem in loaded.diagnostics] == ["JS120"]


def test_long_values_of_cells_count_for_the_budget(tmp_path: Path) -> None:
    text = "x y" * 20_000
    loaded = _load(tmp_path, f"matrix: {{a: {{range: [0, 20000]}}, b: [{text}]}}", "t-${{ matrix.a }}")
    assert [problem.code for problem in loaded.diagnostics] == ["JS120"]


def test_many_warnings_lose_no_task(tmp_path: Path) -> None:
    more = "".join(f"        MLP_{number}: '1'\n" for number in range(120))
    loaded = _load(tmp_path, "matrix: {a: {range: [0, 300]}}", "t-${{ matrix.a }}", f"      env:\n{more}")
    assert not loaded.has_errors
    assert loaded.diagnostics
    assert len(loaded.tasks) == len(loaded.sets[0].members) == 300


def test_values_of_private_variables_and_secret_names_are_not_shown(tmp_path: Path) -> None:
    axes = "include: [{a: 1, pin: pin-one, password: hunter2xyz}]"
    more = '      env: {P: {value: "${{ matrix.pin }}", private: true}, Q: "${{ matrix.password }}"}\n'
    (task,) = _load(tmp_path, axes, "t-${{ matrix.a }}", more).tasks
    assert dict(task.cell) == {"a": "1", "pin": "(hidden)", "password": "(hidden)"}
