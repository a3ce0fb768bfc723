"""Small files that grow beyond the limits, and endless mistakes. `tests/benchmarks` measures the times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.resolve import quick
from jobspec.manifest.yaml import name_places, source
from jobspec.manifest.yaml.quick import quick_documents
from jobspec.report.diagnostics.formats import render
from tests.manifest.growing import FLAWED, GROWING, PROJECT, TASK, lines, loaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def codes(problems: Iterable[Diagnostic]) -> set[str]:
    return {problem.code for problem in problems}


@pytest.mark.long
@pytest.mark.parametrize("name", GROWING)
def test_growth_beyond_the_limit_is_reported_and_not_built(name: str, tmp_path: Path) -> None:
    assert "JS106" in codes(loaded(tmp_path, GROWING[name](1.0)).diagnostics)


@pytest.mark.long
@pytest.mark.parametrize("name", FLAWED)
def test_endless_mistakes_are_reported_soon_and_only_in_part(name: str, tmp_path: Path) -> None:
    found = loaded(tmp_path, FLAWED[name](1.0))
    assert found.diagnostics
    assert len(found.diagnostics) <= 2 * MAX_PROBLEMS
    assert len(render(found.diagnostics, found.sources)) < 100_000


def test_a_long_value_beside_many_credentials_shows_none_of_them(tmp_path: Path) -> None:
    found = loaded(tmp_path, FLAWED["credentials beside a long value"](1.0))
    assert "abcdefgh" not in render(found.diagnostics, found.sources, format="json")


def test_too_many_warnings_are_not_an_error_and_lose_no_task(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"t.yaml": f"{TASK}  env:\n{lines(150, '    MLP_A#: x')}"})
    last = found.diagnostics[-1]
    assert (last.code, last.severity, len(found.diagnostics)) == ("JS117", Severity.WARNING, 101)
    assert [task.name for task in found.tasks] == ["train"]


def test_an_error_after_many_warnings_is_still_an_error(tmp_path: Path) -> None:
    text = f"{TASK}  env:\n{lines(150, '    MLP_A#: x')}lifecycle: {{ignoreChanges: [spec.nothing]}}\n"
    found = loaded(tmp_path, {"t.yaml": text})
    assert found.has_errors
    assert found.tasks == ()


def test_a_handwritten_file_is_far_below_the_limits(tmp_path: Path) -> None:
    files = {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(50, '        A#: x')}",
        "t.yaml": lines(1000, TASK.replace("train", "t#") + "---"),
    }
    found = loaded(tmp_path, files)
    assert found.diagnostics == ()
    assert len(found.tasks) == 1000


def test_the_names_and_payloads_of_a_file_are_found_in_few_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of new tasks needs the place and the payload of each."""
    tasks = loaded(tmp_path, {"t.yaml": lines(100, TASK.replace("train", "t#") + "---")}).tasks
    passes: list[str] = []

    def counted(reader: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda text: passes.append(text) or reader(text)  # type: ignore[func-returns-value]

    reader = source.fast_events() or source.exact_events
    monkeypatch.setattr(name_places, "fast_events", lambda: counted(reader))
    monkeypatch.setattr(quick, "quick_documents", counted(quick_documents))
    lines_of_names = [task.place.span.start.line for task in tasks]
    assert len({*lines_of_names}) == len({task.payload["Name"] for task in tasks}) == 100
    assert len(passes) <= 4
