from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobspec.config.project_state import RECORD
from jobspec.config.state_folder import StateFolder
from jobspec.errors import UsageError
from jobspec.workflow.state.folders import list_state, remove
from tests.local.places import state_of
from tests.projects import FOREVER, PROJECT

if TYPE_CHECKING:
    from tests.projects import Project


def test_a_fresh_state_folder_is_listed_and_not_made(project: Project) -> None:
    listed = project.run("state", "list", "-o", "json").json
    assert (listed["version"], listed["folders"]) == ("jobspec/state.v1", [])
    assert not project.state.parent.parent.exists()
    assert "nothing to remove" in project.run("state", "prune").err


def test_a_moved_project_finds_its_runs_when_they_are_moved_too(project: Project) -> None:
    project.declare("train")
    project.apply("--wait")
    [folder] = project.run("state", "list", "-o", "json").json["folders"]
    assert (folder["root"], folder["exists"], folder["live"]) == (str(project.root), True, 0)
    assert (folder["project"], folder["machine"], folder["path"]) == ("demo", "this", str(project.state))
    assert folder["size"] > 1000

    new = project.root.with_name("elsewhere")
    project.root.rename(new)
    moved = type(project)(new, project.home)
    said = moved.run("status").err
    assert "`demo` has no runs here, but " in said
    assert f"jobspec state move {project.root} {new}" in said
    moved.run("state", "move", str(project.root), str(new))
    status = moved.run("status")
    assert "succeeded" in status.out
    assert "has no runs here" not in status.err
    assert json.loads((moved.state / RECORD).read_text())["root"] == str(new)


def test_a_move_that_was_cut_short_is_finished_by_the_same_command(project: Project) -> None:
    project.declare("train")
    project.apply("--wait")
    record = (project.state / RECORD).read_text()
    new = project.root.with_name("elsewhere")
    project.root.rename(new)
    moved = type(project)(new, project.home)
    moved.run("state", "move", str(project.root), str(new))
    (moved.state / RECORD).write_text(record)  # as when the process ended between the two
    moved.run("state", "move", str(project.root), str(new))
    assert "succeeded" in moved.run("status").out


def test_beside_a_folder_of_an_earlier_release_nothing_is_submitted(project: Project) -> None:
    """Its runs are not seen, so every task looks new."""
    project.declare("train")
    old = project.root / ".jobspec"
    old.mkdir()
    assert "+ submit" in project.run("plan").out
    said = project.apply(exits=1).err
    assert f"`{old}` may contain runs of this project" in said
    assert f"jobspec state move {old} {project.root}" in said
    assert not project.state.exists()
    project.run("state", "move", str(old), str(project.root))
    project.apply("--wait")
    assert project.states() == {"train": "Success"}


def test_a_folder_whose_run_came_to_life_is_not_removed(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.until_state("train", "Running")
    [view] = list_state(StateFolder(project.state.parent.parent)).folders
    with pytest.raises(UsageError, match="has live runs; nothing was removed"):
        remove(view)
    assert project.state.exists()


def test_what_is_live_is_neither_moved_nor_pruned(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.until_state("train", "Running")
    new = project.root.with_name("new")
    new.mkdir()
    assert "has live runs; nothing was moved" in project.run("state", "move", ".", str(new), exits=1).err
    record = json.loads((project.state / RECORD).read_text())
    (project.state / RECORD).write_text(json.dumps(record | {"root": "/gone"}))
    assert "nothing to remove" in project.run("state", "prune", "--yes").err
    [folder] = project.run("state", "list", "-o", "json").json["folders"]
    assert (folder["exists"], folder["live"]) == (False, 1)


def test_what_nobody_needs_is_pruned_and_nothing_else(project: Project) -> None:
    project.declare("train")
    project.apply("--wait")
    gone = project.root.with_name("gone")
    shutil.copytree(project.root, gone)
    type(project)(gone, project.home).apply("--wait")
    shutil.rmtree(gone)
    shown = project.run("state", "prune", "--dry-run")
    assert str(gone) in shown.out
    assert state_of(gone).exists()
    assert "error[JS408]" in project.run("state", "prune", exits=1).err
    assert "removed 1 folder" in project.run("state", "prune", "--yes").err
    assert not state_of(gone).exists()
    assert project.state.exists()


def test_a_move_onto_state_or_from_nothing_is_refused(project: Project) -> None:
    other = project.root.with_name("other")
    other.mkdir()
    assert "there is no state of" in project.run("state", "move", str(other), ".", exits=1).err
    project.declare("train")
    project.apply("--wait")
    (other / "jobspec.yaml").write_text(PROJECT)
    shutil.copytree(project.tasks, other / "tasks")
    type(project)(other, project.home).apply("--wait")
    assert "already has state" in project.run("state", "move", ".", str(other), exits=1).err
    assert "already in place" in project.run("state", "move", ".", ".", exits=1).err


def test_the_paths_of_the_logs_are_printed(project: Project) -> None:
    project.declare("train", "echo hello", spec="roles: [{name: worker, replicas: 2, flavor: f}]")
    project.apply("--wait")
    [run] = project.runs("train")
    paths = project.run("logs", "train", "--path").out.splitlines()
    assert paths == [str(project.state / "logs" / run["Id"] / f"worker-{index}.log") for index in range(2)]
    assert Path(paths[0]).read_text(encoding="utf-8") == "hello\n"
    assert project.run("logs", "train", "--path", "--index", "1").out.splitlines() == paths[1:]
    assert "`--path` cannot be combined" in project.run("logs", "train", "--path", "-f", exits=1).err
