"""`dependsOn` through the command line: plans, `apply --wait`, exit codes, saved plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.projects import Project


def outcomes(view: Any) -> list[tuple[str, str, int]]:
    return [(one["task"], one["status"], one["round"]) for one in view["outcomes"]]


def chain(project: Project, first: str = "true") -> None:
    project.declare("a", first)
    project.declare("b", lifecycle="dependsOn: [a]")
    project.declare("c", lifecycle="dependsOn: [b, {task: a, condition: Finished}]")


def test_apply_wait_goes_on_until_everything_has_run(project: Project) -> None:
    chain(project)
    view = project.apply("--wait", "-o", "json").json
    assert outcomes(view) == [("a", "done", 1), ("b", "done", 2), ("c", "done", 3)]
    assert {one["task"]: one["phase"] for one in view["waited"]} == dict.fromkeys("abc", "succeeded")
    assert view["left"] == []
    assert "nothing to do; 3 unchanged" in project.run("plan").out


def test_a_failure_blocks_what_depends_on_it_and_ends_the_wait_with_an_error(project: Project) -> None:
    chain(project, "exit 3")
    view = project.apply("--wait", "-o", "json", exits=1).json
    assert outcomes(view) == [("a", "done", 1)]
    assert [(one["task"], one["action"], one["reason"]) for one in view["left"]] == [
        ("b", "none", "blocked-by-failure"),
        ("c", "none", "blocked-by-failure"),
    ]
    shown = project.run("plan", "--detailed-exitcode").out
    assert "blocked-by-failure: a failed, which blocks b" in shown
    project.apply("--wait", exits=1)
    project.declare("a", "true")
    project.apply("--wait")
    assert len(project.runs("c")) == 1


def test_an_apply_without_wait_is_one_round_and_the_next_one_continues(project: Project) -> None:
    chain(project)
    project.apply()
    assert [one["Name"] for one in project.runs()] == ["a"]
    project.run("wait", "a")
    project.apply()
    assert sorted(one["Name"] for one in project.runs()) == ["a", "b"]


def test_what_waits_is_shown_counts_for_limits_and_is_part_of_the_digest(project: Project) -> None:
    chain(project)
    plan = project.run("plan", "-o", "plan.json")
    shown = project.run("plan").out
    assert "waits    b  waiting for a (not submitted)" in shown
    assert "1 to submit, 2 waiting" in shown
    project.declare("c", "echo other", lifecycle="dependsOn: [b]")
    assert "JS406" in project.run("apply", "plan.json", "--yes", exits=3).err, plan
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmits: 2}\n  defaults:")
    assert "3 runs would be submitted" in project.apply("--wait", exits=3).err


def test_a_changed_dependency_reruns_only_with_rerun_on(project: Project) -> None:
    project.declare("a")
    project.declare("b", lifecycle="dependsOn: [a]")
    project.declare("c", lifecycle="dependsOn: [a], rerunOn: [a]")
    project.apply("--wait")
    project.declare("a", "echo changed")
    shown = project.run("plan").out
    assert "waiting for a (not submitted)" in shown
    assert "1 to submit, 1 waiting; 1 unchanged" in shown
    project.run("wait", "c")
    project.apply("--wait")
    assert [len(project.runs(name)) for name in "abc"] == [2, 1, 2]


@pytest.mark.parametrize("options", [("--only", "b"), ("--exclude", "a")])
def test_a_dependency_that_is_not_selected_still_counts(project: Project, options: tuple[str, str]) -> None:
    chain(project)
    assert "waiting for a (not submitted)" in project.run("plan", *options).out
    out = project.apply("--wait", *options, exits=1).out
    assert "still waiting: b (waiting for a (not submitted))" in out
    assert " for a, which is not selected: select it as well (--only a), or run: jobspec apply --wait" in out
    assert project.runs() == []
    left = project.apply("--wait", *options, "-o", "json", exits=1).json["left"]
    assert left[0]["notSelected"] == ["a"]
