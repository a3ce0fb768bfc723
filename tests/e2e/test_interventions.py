"""What an apply that waits does once another command has changed, stopped or removed what it goes on with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_sets import names, sweep
from tests.processes import PATIENCE, line_with
from tests.projects import FOREVER, UNTIL_GO

if TYPE_CHECKING:
    import subprocess

    from tests.projects import Project

SET = """\
apiVersion: jobspec/v1
kind: TaskSet
metadata: {name: sweep}
spec:
  matrix: {n: [1, 2, 3]}
  maxActive: 1
  %(more)s
  template:
    metadata: {name: "sweep-${{ matrix.n }}"}
    spec:
      entrypoint: |
        %(command)s
    lifecycle: {%(lifecycle)s}
"""


def declare(project: Project, command: str = UNTIL_GO, lifecycle: str = "", more: str = "") -> None:
    text = SET % {"command": command, "lifecycle": lifecycle, "more": more}
    project.write("tasks/sweep.yaml", text)


def ended(project: Project, apply: subprocess.Popen[str]) -> Any:
    """Let the runs end, and return the result of the apply that has waited for them."""
    project.let_go()
    out, err = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 1, err
    return json.loads(out)


def outdated(view: Any) -> dict[str, str]:
    return {one["task"]: one["detail"] for one in view["left"] if one["reason"] == "outdated"}


WAIT = ("apply", "--yes", "--wait", "-o", "json", "--timeout", "60s")
NEWER = "another apply submitted another spec"


def test_nothing_starts_with_the_old_spec_after_a_dependency_has_a_newer_one(project: Project) -> None:
    project.declare("prepare", "true")
    declare(project, lifecycle="dependsOn: [prepare], rerunOn: [prepare]")
    with project.running(*WAIT) as apply:
        line_with("sweep-1: running", apply.stderr)
        project.declare("prepare", FOREVER)
        project.apply()
        assert len(project.runs("prepare")) == 2
        view = ended(project, apply)
    assert names(project) == ["prepare", "sweep-1", "prepare"]
    assert outdated(view) == dict.fromkeys(("sweep-2", "sweep-3"), f"{NEWER} (prepare)") | {"prepare": NEWER}
    assert [one["task"] for one in view["left"] if one["action"] != "none"] == []


def suspends(project: Project) -> None:
    declare(project, lifecycle="suspend: true")
    project.apply()


def deletes(project: Project) -> None:
    project.remove("sweep")
    project.remove("after")
    project.write(
        "tasks/other.yaml", SET.replace("sweep", "other") % {"command": "true", "lifecycle": "", "more": ""}
    )
    project.apply("--force", "limits")


def cancels(project: Project) -> None:
    project.run("cancel", "set/sweep", "--yes")


@pytest.mark.parametrize(
    ("intervene", "why"),
    [
        (suspends, "an apply that suspends it"),
        (deletes, "an apply that removes it"),
        (cancels, "jobspec cancel"),
    ],
)
def test_nothing_of_a_set_starts_after_another_command_has_stopped_it(
    project: Project, intervene: Any, why: str
) -> None:
    declare(project)
    project.declare("after", lifecycle="dependsOn: [{task: set/sweep, condition: Finished}]")
    with project.running(*WAIT) as apply:
        line_with("sweep-1: running", apply.stderr)
        intervene(project)
        view = ended(project, apply)
    assert [name for name in names(project) if name.startswith("sweep")] == ["sweep-1"]
    assert "after" not in {one["task"] for one in view["outcomes"]}
    found = outdated(view)
    assert {"sweep-2", "sweep-3", "after"} <= found.keys()
    assert found["sweep-2"].startswith(f"stopped by another command: {why}")


def test_the_summary_says_what_to_do(project: Project) -> None:
    declare(project)
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("sweep-1: running", apply.stderr)
        cancels(project)
        out, _ = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 1
    assert "not started: 2 tasks of set/sweep (stopped by another command: jobspec cancel (sweep-1))" in out
    assert "next: another command has intervened: update your checkout, and run: jobspec apply --wait" in out


def test_later_rounds_stop_the_set_when_max_failed_is_reached(project: Project) -> None:
    project.write(
        "tasks/sweep.yaml",
        (SET % {"command": "CMD", "lifecycle": "", "more": "maxFailed: 1\n  onMaxFailed: Cancel"})
        .replace("maxActive: 1", "maxActive: 2")
        .replace("CMD", f"if [ ${{{{ matrix.n }}}} = 1 ]; then {UNTIL_GO}; exit 3; fi; {FOREVER}"),
    )
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("sweep-1: running", apply.stderr)
        project.until_state("sweep-2", "Running")
        project.let_go()
        out, _ = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 1
    assert "- cancel   sweep-2  max-failed: 1 task of set/sweep failed; maxFailed is 1" in out
    assert project.states() == {"sweep-1": "Failed", "sweep-2": "Cancelled"}
    assert "blocked: 2 tasks of set/sweep (1 task of set/sweep failed; maxFailed is 1)" in out


def test_what_max_failed_stops_is_no_removal(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxRemovals: 0}\n  defaults:")
    command = f"if [ ${{{{ matrix.n }}}} = 1 ]; then exit 3; fi; {FOREVER}"
    sweep(project, "[1, 2, 3]", command, limits="maxFailed: 1\nonMaxFailed: Cancel")
    project.apply()
    project.run("wait", "sweep-1", exits=1)
    project.apply()
    project.run("wait", "set/sweep", exits=1)
    assert project.states() == {"sweep-1": "Failed", "sweep-2": "Cancelled", "sweep-3": "Cancelled"}
