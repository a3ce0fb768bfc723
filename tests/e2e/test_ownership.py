"""Adopting and releasing, and what holds a submit meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.projects import FOREVER

if TYPE_CHECKING:
    from tests.projects import Project


def ours(record: Any) -> list[str]:
    return [tag for tag in record["Tags"] if tag.startswith("jobspec-")]


def test_a_task_of_somebody_else_is_adopted_and_goes_on(project: Project) -> None:
    project.submit_unmanaged("train", FOREVER)
    before = project.until_state("train", "Running")
    project.declare("train", FOREVER)
    assert "unmanaged-twin" in project.run("plan").out
    assert "JS407" in project.apply(exits=3).out
    out = project.run("adopt", before["Id"], "train", "--yes", "--force", "differences").out
    assert "✓ adopted train" in out
    after = project.only_run("train")
    assert (after["Id"], after["State"]) == (before["Id"], "Running")
    assert "nothing to do" in project.apply().out


def test_an_adoption_that_differs_is_shown_and_refused(project: Project) -> None:
    project.submit_unmanaged("train", FOREVER)
    run = project.until_state("train", "Running")
    project.declare("train", "exec sleep 50")
    refused = project.run("adopt", run["Id"], "train", "--yes", exits=3)
    assert 'spec.entrypoint: "exec sleep 60" → "exec sleep 50"' in refused.out
    assert "error[JS413]" in refused.err
    assert ours(project.only_run("train")) == []


def test_adopting_asks_first(project: Project) -> None:
    project.submit_unmanaged("train", FOREVER)
    run = project.until_state("train", "Running")
    project.declare("train", FOREVER)
    err = project.run("adopt", run["Id"], "train", "--force", "differences", exits=1).err
    assert "there is no terminal" in err
    assert ours(project.only_run("train")) == []


def test_a_task_that_is_not_declared_or_not_there_is_told(project: Project) -> None:
    project.declare("train")
    assert "did you mean `train`?" in project.run("adopt", "t-1", "trian", "--yes", exits=1).err
    assert "no task `t-1` on this platform" in project.run("adopt", "t-1", "train", "--yes", exits=1).err


def test_a_released_task_goes_on_and_is_nobodys(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    before = project.until_state("train", "Running")
    released = project.run("release", "train", "--yes")
    assert "~ release  train  nothing is stopped" in released.out
    assert "next: remove `train` from tasks/train.yaml" in released.err
    after = project.only_run("train")
    assert (after["Id"], after["State"], ours(after)) == (before["Id"], "Running", [])
    assert "unmanaged-twin" in project.run("plan").out
    project.remove("train")
    project.declare("other", "false")
    assert set(project.plan()) == {"other"}


def test_a_project_that_was_renamed_does_not_run_its_tasks_twice(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.edit("jobspec.yaml", "name: demo", "name: other")
    out = project.apply(exits=3).out
    assert "other-scope" in out
    assert "runs cannot move between scopes" in out
    assert len(project.runs("train")) == 1
    project.edit("jobspec.yaml", "name: other", "name: demo")
    project.run("release", "train", "--yes")
    project.edit("jobspec.yaml", "name: demo", "name: other")
    project.run("adopt", project.only_run("train")["Id"], "train", "--yes")
    assert "nothing to do" in project.apply().out
