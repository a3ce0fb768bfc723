"""Exit codes and output of the commands that plan, and of those that read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.projects import FOREVER

if TYPE_CHECKING:
    from tests.projects import Project


def test_a_detailed_exit_code_tells_changes_from_none(project: Project) -> None:
    project.declare("train", FOREVER)
    project.run("plan", "--detailed-exitcode", exits=2)
    project.apply()
    project.run("plan", "--detailed-exitcode", exits=0)


def test_without_a_detailed_exit_code_a_plan_with_changes_exits_0(project: Project) -> None:
    project.declare("train", FOREVER)
    assert "1 to submit" in project.run("plan").out


def test_a_plan_writes_nothing(project: Project) -> None:
    project.declare("train")
    project.run("plan")
    assert not project.state.exists()


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["status"]], ids=lambda c: c[0])
def test_one_broken_manifest_stops_everything(project: Project, command: list[str]) -> None:
    project.declare("sound")
    project.declare("broken", spec="imagee: x")
    ended = project.run(*command, exits=1)
    assert "error[JS204]: unknown field `imagee`" in ended.err
    assert "--> tasks/broken.yaml:7:3" in ended.err
    assert "nothing was done" in ended.err
    assert ended.out == ""
    assert project.runs() == []


def test_a_broken_manifest_elsewhere_in_the_project_stops_a_selected_apply(project: Project) -> None:
    project.declare("sound")
    project.declare("broken", spec="imagee: x")
    project.apply("tasks/sound.yaml", exits=1)
    assert project.runs() == []


def test_an_apply_of_a_path_leaves_the_other_tasks_alone(project: Project) -> None:
    project.declare("one", FOREVER)
    project.declare("other", FOREVER)
    assert "1 task not selected" in project.apply("tasks/one.yaml").out
    assert list(project.states()) == ["one"]


def test_a_run_that_fails_makes_a_waiting_apply_exit_1(project: Project) -> None:
    project.declare("train", "exit 7")
    view = project.apply("--wait", "-o", "json", exits=1).json
    assert [(run["phase"], run["exitCode"]) for run in view["waited"]] == [("failed", 7)]


def test_an_apply_that_does_not_wait_exits_0_whatever_becomes_of_the_run(project: Project) -> None:
    project.declare("train", "exit 7")
    project.apply()


@pytest.mark.parametrize("command", ["plan", "apply --yes", "status", "destroy --yes"])
def test_json_is_all_that_stdout_holds(project: Project, command: str) -> None:
    project.declare("train", FOREVER)
    view = project.run(*command.split(), "-o", "json").json
    assert view["scope"] == "demo"
    assert view["version"] in {"jobspec/plan.v1", "jobspec/apply.v1", "jobspec/status.v1"}


def test_two_plans_of_one_state_are_equal_bytes(project: Project) -> None:
    for name in ("b", "a", "c"):
        project.declare(name)
    assert project.run("plan", "-o", "json").out == project.run("plan", "-o", "json").out


def test_validate_exits_0_and_says_so_when_all_is_well(project: Project) -> None:
    project.declare("train")
    ended = project.run("validate")
    assert (ended.out, ended.err) == ("", "2 manifests of demo: no problems\n")


FORMATS = {
    "full": "error[JS204]: unknown field `imagee`",
    "concise": "tasks/broken.yaml:7:3: error[JS204]: unknown field `imagee`",
    "github": "::error file=tasks/broken.yaml,line=7,",
}


@pytest.mark.parametrize(("form", "said"), FORMATS.items())
def test_validate_tells_problems_on_stdout_in_the_format_asked_for(
    project: Project, form: str, said: str
) -> None:
    project.declare("broken", spec="imagee: x")
    assert project.run("validate", "--format", form, exits=1).out.startswith(said)


def test_validate_as_json_parses_with_or_without_problems(project: Project) -> None:
    project.declare("train")
    assert json.loads(project.run("validate", "--format", "json").out)["errors"] == 0
    project.declare("train", spec="imagee: x")
    assert json.loads(project.run("validate", "--format", "json", exits=1).out)["errors"] == 1


def test_validate_needs_neither_a_platform_nor_keys(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  platform: {kind: volcengine}\n  defaults:")
    project.declare("train")
    project.run("validate")


def test_without_keys_the_real_platform_is_not_called(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  platform: {kind: volcengine}\n  defaults:")
    project.declare("train")
    ended = project.run("plan", exits=1)
    assert "error[JS501]" in ended.err
    assert "VOLC_ACCESSKEY" in ended.err


def test_status_shows_a_task_without_a_run_and_what_comes_next(project: Project) -> None:
    project.declare("train")
    assert project.run("status").out.splitlines()[1].split() == ["train", "-", "-", "-", "submit", "(new)"]


def test_logs_of_several_replicas_start_with_their_name(project: Project) -> None:
    roles = "roles:\n  - {name: worker, replicas: 2, flavor: ml.g1e.large}"
    project.declare("train", 'echo "$MLP_ROLE_INDEX"', spec=roles)
    project.apply("--wait")
    assert len(set(project.run("logs", "train").out.splitlines())) == 2
    assert project.run("logs", "train", "--index", "1").out == "1\n"
