"""`apply --json-into`: the result as JSON beside the text, in a file that is written as a whole."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project


def test_the_file_has_the_result_and_stdout_is_the_same_as_without_it(project: Project) -> None:
    project.declare("one")
    told = project.run("apply", "--yes", "--json-into", "result.json").out
    result = json.loads((project.root / "result.json").read_text())
    assert result["version"] == "jobspec/apply.v1"
    [outcome] = result["outcomes"]
    assert (outcome["task"], outcome["status"]) == ("one", "done")
    assert "✓ submitted one" in told
    assert "{" not in told


def test_an_apply_without_changes_writes_a_result_too(project: Project) -> None:
    project.run("apply", "--yes", "--json-into", "result.json", exits=0)
    assert json.loads((project.root / "result.json").read_text())["outcomes"] == []


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "missing folder"])
def test_what_is_no_file_is_refused_before_anything_is_submitted(
    kind: str, project: Project, tmp_path: Path
) -> None:
    project.declare("one")
    target = project.root / "result.json"
    match kind:
        case "link":
            target.symlink_to(tmp_path / "elsewhere")
        case "pipe":
            os.mkfifo(target)
        case "folder":
            target.mkdir()
        case _:
            target = project.root / "gone" / "result.json"
    ended = project.run("apply", "--yes", "--json-into", str(target), exits=1)
    assert "JS604" in ended.err
    assert "help: " in ended.err
    assert project.runs() == []
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_cannot_be_written_at_the_end_hides_no_result(project: Project) -> None:
    """The task itself removes the folder while the apply waits for it."""
    folder = project.root / "results"
    folder.mkdir()
    project.declare("one", f"rmdir {folder}")
    ended = project.run("apply", "--yes", "--wait", "--json-into", "results/result.json", exits=1)
    assert "apply: 1 done" in ended.out
    assert "the changes were carried out, but" in ended.err
