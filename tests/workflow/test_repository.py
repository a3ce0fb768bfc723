"""GitHub shows an annotation only if the path is relative to the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobspec.diagnostics import Diagnostic, Place, Position, Span
from jobspec.workflow.project.repository import placed_in_repository

SPAN = Span(Position(1, 1), Position(1, 2))


def named(file: str, cwd: Path, environ: dict[str, str]) -> str:
    [placed] = placed_in_repository([Diagnostic("JS201", "m", Place(file, SPAN))], cwd, environ)
    assert placed.place is not None
    return placed.place.file


@pytest.fixture
def ml(tmp_path: Path) -> Path:
    folder = tmp_path / "repo" / "ml"
    (folder / "tasks").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("tasks/x.yaml", "ml/tasks/x.yaml"),
        ("../other/x.yaml", "other/x.yaml"),
        ("jobspec.yaml", "ml/jobspec.yaml"),
        ("../../beyond.yaml", "../../beyond.yaml"),
    ],
)
@pytest.mark.parametrize("by", ["workspace", "git", "git-file", "other-workspace"])
def test_paths_count_from_the_workspace_else_from_the_repository(
    ml: Path, file: str, shown: str, by: str
) -> None:
    environ = {}
    if by == "workspace":
        environ = {"GITHUB_WORKSPACE": str(ml.parent)}
    elif by == "git-file":  # of a worktree
        (ml.parent / ".git").write_text("gitdir: /elsewhere")
    else:
        (ml.parent / ".git").mkdir()
        environ = {"GITHUB_WORKSPACE": "/elsewhere"} if by == "other-workspace" else {}
    assert named(file, ml, environ) == shown


def test_the_workspace_goes_before_a_repository_within_it(ml: Path) -> None:
    (ml / ".git").mkdir()
    assert named("tasks/x.yaml", ml, {"GITHUB_WORKSPACE": str(ml.parent)}) == "ml/tasks/x.yaml"


def test_a_workspace_that_is_reached_by_a_link_is_the_same(ml: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ml.parent)
    environ = {"GITHUB_WORKSPACE": str(tmp_path / "link")}
    assert named("tasks/x.yaml", ml, environ) == "ml/tasks/x.yaml"
    assert named("tasks/x.yaml", tmp_path / "link" / "ml", environ) == "ml/tasks/x.yaml"


@pytest.mark.parametrize("workspace", ["", " ", "relative"])
def test_without_either_a_path_is_unchanged(ml: Path, workspace: str) -> None:
    assert named("tasks/x.yaml", ml, {"GITHUB_WORKSPACE": workspace}) == "tasks/x.yaml"
