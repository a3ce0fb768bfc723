"""What a command acts on is what was named: the scope, the environment, the tasks; or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.projects import FOREVER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Project

ACTING = {
    "plan": ["plan"],
    "apply": ["apply", "--yes"],
    "drift": ["drift"],
    "status": ["status"],
    "destroy": ["destroy", "--yes"],
    "cancel": ["cancel", "a", "--yes"],
    "release": ["release", "a", "--yes"],
    "logs": ["logs", "a"],
    "history": ["history", "a"],
    "get": ["get", "a.id"],
    "wait": ["wait", "a"],
    "adopt": ["adopt", "t-1", "a", "--yes"],
    "import": ["import", "t-1", "-o", "-"],
}
OPEN_TO_GONE = ("status", "destroy", "cancel", "release", "logs", "history", "get", "wait")


def environments(project: Project, *names: str, more: str = "") -> None:
    declared = ", ".join(f"{name}: {{}}" for name in names)
    text = f"apiVersion: jobspec/v1\nkind: Project\nmetadata: {{name: demo}}\nspec:\n{more}"
    text += f"  environments: {{{declared}}}\n  defaults:\n    spec:\n      image: i\n"
    text += "      roles: [{name: worker, replicas: 1, flavor: f}]\n"
    project.write("jobspec.yaml", text)


@pytest.mark.parametrize("name", ACTING)
def test_a_command_acts_on_no_scope_or_environment_but_its_projects_own(project: Project, name: str) -> None:
    environments(project, "dev")
    assert "error[JS319]" in project.run(*ACTING[name], "--scope", "other", exits=1).err
    assert "error[JS315]" in project.run(*ACTING[name], "-e", "nope", exits=1).err
    assert "-p" not in project.run(*ACTING[name], "--scope", "demo/dev", exits=1).out
    gone = project.run(*ACTING[name], environ={"JOBSPEC_ENVIRONMENT": "nope"}, exits=1).err
    assert "error[JS315]: unknown environment `nope` from JOBSPEC_ENVIRONMENT" in gone
    assert not (project.state / "local.db").exists()


@pytest.mark.parametrize("name", [name for name in ACTING if name not in OPEN_TO_GONE])
def test_nothing_is_planned_for_a_scope_whose_environment_is_gone(project: Project, name: str) -> None:
    environments(project, "dev")
    project.declare("a")
    assert "error[JS319]" in project.run(*ACTING[name], "--scope", "demo/gone", exits=1).err


def test_a_scope_whose_environment_is_gone_can_be_looked_at_and_cleared(project: Project) -> None:
    environments(project, "dev", "old")
    for name in ("a", "b"):
        project.declare(name, FOREVER)
    project.apply("-e", "old")
    project.apply("-e", "dev")
    environments(project, "dev")
    there = ("--scope", "demo/old")
    assert [one["reason"] for one in project.run("status", *there, "-o", "json").json["tasks"]] == [
        "removed"
    ] * 2
    assert "1 run" in project.run("history", "a", *there).out
    project.run("logs", "a", *there)
    project.run("wait", "a", *there, "--for", "running")
    assert "--scope demo/old" in project.run("cancel", "c", *there, "--yes", exits=1).err
    project.run("cancel", "a", "b", *there, "--yes")
    assert "cancel" not in project.run("status", "-e", "dev").out
    project.run("destroy", *there, "--yes")
    left = [record["Name"] for record in project.runs()]
    assert sorted(left) == ["a", "b"]  # those of dev
    assert all("demo-dev" in "".join(record["Tags"]) for record in project.runs())


def test_a_run_left_in_a_scope_that_is_gone_is_taken_over_as_the_plan_says(project: Project) -> None:
    environments(project, "dev", "old")
    project.declare("a", FOREVER)
    project.apply("-e", "old")
    environments(project, "dev")
    run = project.only_run("a")["Id"]
    said = project.run("plan", "-e", "dev").out
    assert "in the scope `demo/old`" in said
    assert "jobspec release a --scope demo/old" in said
    assert f"jobspec adopt {run} a -e dev" in said
    assert "jobspec release a --scope demo/old" in project.run("adopt", run, "a", "-e", "dev", exits=1).err
    project.run("release", "a", "--scope", "demo/old", "--yes")
    project.run("adopt", run, "a", "-e", "dev", "--yes")
    project.run("plan", "-e", "dev", "--detailed-exitcode")


def test_a_finished_task_cannot_be_cancelled_and_a_foreign_run_has_no_log(project: Project) -> None:
    project.declare("done")
    project.apply()
    project.until_state("done", "Success")
    run = project.only_run("done")["Id"]
    err = project.run("cancel", "done", "--yes", exits=1).err
    assert f": `done` has no active run to cancel; its only run {run} succeeded\n" in err
    err = project.run("logs", "done", "--run", "t-1", exits=1).err
    assert f": `done` has no run `t-1`\nhelp: its only run is {run}\n" in err


def test_several_tasks_are_cancelled_with_one_consent_or_none(project: Project) -> None:
    for name in ("a", "b", "c"):
        project.declare(name, FOREVER)
    project.declare("done")
    project.apply()
    project.until_state("done", "Success")
    assert "there is no task `zz`" in project.run("cancel", "a", "zz", "--yes", exits=1).err
    assert "Cancelled" not in project.states().values()
    ended = project.run("cancel", "a", "b", "done", "a", "--yes")
    assert ended.out.count("- cancel   a") == ended.out.count("- cancel   b") == 1
    assert "`done` has no active run" in ended.err
    assert project.until_state("b", "Cancelled")
    assert project.states()["c"] != "Cancelled"


def test_only_what_is_selected_is_destroyed(project: Project) -> None:
    for name in ("a", "b", "c"):
        project.declare(name)
    project.apply("--wait")
    assert "matches no task" in project.run("destroy", "--only", "a", "--only", "x", "--yes", exits=1).err
    project.run("destroy", "--only", "*", "--exclude", "b", "--exclude", "c", "--yes")
    assert {one["Name"] for one in project.runs()} == {"b", "c"}
    project.run("destroy", "-p", "tasks/b.yaml", "--yes")
    assert [one["Name"] for one in project.runs()] == ["c"]
    assert (
        "`c` is not a task of `tasks/a.yaml`" in project.run("cancel", "c", "-p", "tasks/a.yaml", exits=1).err
    )


def test_a_selection_by_manifests_destroys_nothing_while_one_cannot_be_read(project: Project) -> None:
    project.declare("a")
    project.declare("keep")
    project.apply("--wait")
    project.write("tasks/keep.yaml", "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: keep\n")
    project.run("destroy", "--exclude", "file:tasks/a.yaml", "--yes", exits=1)
    project.run("destroy", "tasks/a.yaml", "--yes", exits=1)
    assert len(project.runs()) == 2
    project.run("destroy", "--only", "a", "--yes")  # a name needs no manifest
    assert [one["Name"] for one in project.runs()] == ["keep"]


def test_status_and_history_show_the_selected_tasks(project: Project) -> None:
    for name in ("a", "b"):
        project.declare(name)
    project.apply("--wait")
    assert [one["task"] for one in project.run("status", "--only", "a", "-o", "json").json["tasks"]] == ["a"]
    found = project.run("history", "--exclude", "a", "-o", "json").json
    assert (found["version"], [one["task"] for one in found["tasks"]]) == ("jobspec/histories.v1", ["b"])


def test_the_environment_that_a_variable_names_is_shown(project: Project) -> None:
    environments(project, "dev", "prod")
    project.declare("a")
    named = {"JOBSPEC_ENVIRONMENT": "dev"}
    assert project.run("plan", environ=named).out.startswith("demo/dev (by JOBSPEC_ENVIRONMENT) on ")
    assert project.run("plan", "-e", "prod", environ=named).out.startswith("demo/prod on ")
    assert project.run("plan", "--scope", "demo", environ=named).out.startswith("demo on ")
    assert "demo/dev (by JOBSPEC_ENVIRONMENT)" in project.run("status", environ=named).out


def test_a_plan_without_an_environment_is_doubted_until_something_runs_there(project: Project) -> None:
    environments(project, "dev", "prod")
    project.declare("a")
    assert "warning[JS415]" in project.run("plan").err
    assert (
        "warning[JS415]"
        not in project.run("plan", "-e", "dev").err + project.run("plan", "--scope", "demo").err
    )
    assert "warning[JS415]" in project.apply().err
    assert "warning[JS415]" not in project.run("plan").err
    environments(project, "dev", "prod", more="  defaultEnvironment: dev\n")
    ended = project.run("plan")
    assert ended.out.startswith("demo/dev (by defaultEnvironment) on ")
    assert "JS415" not in ended.err


def test_the_live_tasks_of_one_scope_are_listed_with_its_readable_name(project: Project) -> None:
    environments(project, "dev", "prod")
    project.declare("a")
    for name in ("dev", "prod"):
        project.apply("-e", name, "--wait")
    column = ("-c", "managed", "--no-header")
    assert project.run("task", "list", *column, "--managed", "demo/dev").out == "demo/dev/a\n"
    assert project.run("task", "list", *column, "--managed-by-this", "-e", "prod").out == "demo/prod/a\n"
    assert project.run("task", "list", *column).out == "demo/prod/a\ndemo/dev/a\n"
    shown = project.run("task", "list", "-o", "json", "--managed", "demo/dev").json["tasks"][0]["managed"]
    assert (shown["scope"].startswith("demo-dev--"), shown["address"]) == (True, "demo/dev/a")
    assert project.run("task", "list", *column, "--managed", shown["scope"]).out == "demo/dev/a\n"


def test_a_saved_plan_is_applied_with_the_scope_and_the_paths_it_carries(project: Project) -> None:
    (project.root / "jobspec.yaml").unlink()
    project.declare("a", spec="image: i\nroles: [{name: worker, replicas: 1, flavor: f}]", file="some/a.yaml")
    project.run("plan", "some", "--scope", "foo", "-o", "plan.json")
    assert "is for foo on" in project.apply("plan.json", "--scope", "bar", exits=3).err
    project.apply("plan.json")
    assert "jobspec-scope_foo" in project.only_run("a")["Tags"]


def test_a_saved_plan_of_another_project_is_not_applied_here(project: Project, tmp_path: Path) -> None:
    project.declare("a")
    project.run("plan", "-o", "plan.json")
    project.edit("jobspec.yaml", "{name: demo}", "{name: other}")
    assert "is for demo on" in project.apply("plan.json", exits=3).err
    assert project.runs() == []


def test_a_saved_plan_goes_before_the_variable(project: Project) -> None:
    environments(project, "dev", "prod", more="  defaultEnvironment: dev\n")
    project.declare("a")
    project.run("plan", "--scope", "demo", "-o", "plan.json")
    project.apply("plan.json", environ={"JOBSPEC_ENVIRONMENT": "prod"})
    assert "jobspec-scope_demo" in project.only_run("a")["Tags"]


def test_a_project_through_a_link_has_the_same_digest(project: Project) -> None:
    project.declare("a")
    (project.root.parent / "link").symlink_to(project.root)
    by_link = project.run("plan", "../link", "-o", "json").json
    assert by_link["digest"] == project.run("plan", "-o", "json").json["digest"]
    assert project.run("plan", ".", "../link", "-o", "json").json["digest"] == by_link["digest"]


def test_the_end_of_a_log_is_shown(project: Project) -> None:
    project.declare("a", "for i in 1 2 3 4; do echo line $i; done")
    project.apply("--wait")
    assert project.run("logs", "a", "--tail", "2").out == "line 3\nline 4\n"
    assert project.run("logs", "a", "--tail", "1", "-f").out == "line 4\n"
    assert project.run("logs", "a", "--since", "1d").out == "line 1\nline 2\nline 3\nline 4\n"
    assert project.run("task", "logs", project.only_run("a")["Id"], "--tail", "1").out == "line 4\n"
