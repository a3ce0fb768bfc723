"""What an edit of the manifests does to runs that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.projects import FOREVER, UNTIL_GO

if TYPE_CHECKING:
    from tests.projects import Project


def test_a_plan_tells_a_change_by_field_with_reason_and_place(project: Project) -> None:
    project.declare("train", FOREVER, spec='args: "10"\nactiveDeadline: 1h')
    project.apply()
    project.edit("tasks/train.yaml", '"10"', '"20"')
    project.edit("tasks/train.yaml", "1h", "2h")
    out = project.run("plan").out
    assert "± replace  train  spec-changed  tasks/train.yaml:4" in out
    assert 'spec.args: "10" → "20"' in out
    assert "spec.activeDeadline: " in out


def test_a_replaced_run_is_seen_terminal_before_the_new_one_is_created(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.until_state("train", "Running")
    project.edit("tasks/train.yaml", "sleep 60", "sleep 50")
    project.apply()
    old, new = project.runs("train")
    assert old["State"] == "Cancelled"
    assert old["FinishTime"] <= new["CreateTime"]
    assert "jobspec-stop_replace" in old["Tags"]
    project.until_state("train", "Running")


def test_a_run_whose_manifest_is_deleted_is_cancelled_once(project: Project) -> None:
    project.declare("stays", FOREVER)
    project.declare("goes", FOREVER)
    project.apply()
    project.remove("goes")
    project.apply()
    assert "jobspec-stop_removed" in project.until_state("goes", "Cancelled")["Tags"]
    project.until_state("stays", "Running")
    before = project.runs()
    assert "nothing to do" in project.apply().out
    assert project.runs() == before


def test_renaming_only_the_file_changes_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.tasks.joinpath("train.yaml").rename(project.tasks / "other.yaml")
    project.run("plan", "--detailed-exitcode", exits=0)


def test_a_renamed_task_keeps_its_run(project: Project) -> None:
    project.declare("old", FOREVER)
    project.apply()
    before = project.until_state("old", "Running")
    project.remove("old")
    project.declare("new", FOREVER)
    assert "renamed new" in project.apply().out
    [after] = project.runs()
    assert (after["Id"], after["Name"], after["LaunchTime"]) == (before["Id"], "new", before["LaunchTime"])
    assert after["State"] == "Running"


def test_a_changed_description_is_updated_in_place(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    project.edit("tasks/train.yaml", "  name: train\n", "  name: train\n  description: longer\n")
    assert "updated train" in project.apply().out
    assert project.only_run("train")["Description"] == "longer"


def test_after_completion_waits_for_the_run_and_then_submits(project: Project) -> None:
    project.declare("train", UNTIL_GO, lifecycle="onChange: AfterCompletion")
    project.apply()
    project.until_state("train", "Running")
    project.declare("train", "echo changed", lifecycle="onChange: AfterCompletion")
    assert "waits-for-completion" in project.apply().out
    assert project.only_run("train")["State"] == "Running"
    project.let_go()
    project.until_state("train", "Success")
    project.apply("--wait")
    assert project.log(project.runs("train")[1]["Id"]) == "changed\n"


def test_a_manual_task_is_reported_and_left_alone(project: Project) -> None:
    project.declare("train", FOREVER, lifecycle="onChange: Manual")
    project.apply()
    project.until_state("train", "Running")
    project.edit("tasks/train.yaml", "sleep 60", "sleep 50")
    out = project.apply().out
    assert "! review   train  manual" in out
    assert "1 to review" in out
    assert project.only_run("train")["State"] == "Running"


def test_an_ignored_field_restarts_nothing(project: Project) -> None:
    project.declare("train", FOREVER, spec='args: ""', lifecycle='ignoreChanges: ["spec.args"]')
    project.apply()
    project.edit("tasks/train.yaml", 'args: ""', "args: --more")
    project.run("plan", "--detailed-exitcode", exits=0)
