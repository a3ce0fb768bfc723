"""`history`: every run of a task, from the platform alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.projects import FOREVER

if TYPE_CHECKING:
    from tests.projects import Project


def changed_twice(project: Project) -> list[str]:
    """Replaced, cancelled, and run once more; the ids of the runs, the newest first."""
    project.declare("train", FOREVER, spec='env: {LR: "0.1"}')
    project.apply("--wait=running")
    project.declare("train", FOREVER, spec='args: "2"\nenv: {LR: "0.2"}')
    project.apply("--wait=running")
    project.run("cancel", "train", "--yes")
    project.until_state("train", "Cancelled")
    project.declare("train", FOREVER, spec='args: "2"\nenv: {LR: "0.2"}', lifecycle="rerun: again")
    project.apply("--wait=running")
    return [run["Id"] for run in reversed(project.runs("train"))]


def test_the_history_of_a_task_needs_no_manifest_and_tells_who_stopped_what(project: Project) -> None:
    ids = changed_twice(project)
    project.remove("train")
    project.declare("broken", spec="imagee: x")
    view = project.run("history", "train", "-o", "json").json
    assert view["version"] == "jobspec/history.v1"
    assert [run["id"] for run in view["runs"]] == ids
    assert [run["phase"] for run in view["runs"]] == ["running", "cancelled", "cancelled"]
    assert [run["stoppedBy"] for run in view["runs"]] == ["", "user", "replace"]
    assert [run["spec"] for run in view["runs"]] == ["changed", "changed", "first"]
    assert view["runs"][1]["differences"] == [
        {"field": "spec.args", "before": "", "after": "2"},
        {"field": "spec.env.LR", "before": "0.1", "after": "0.2"},
    ]
    [rerun] = view["runs"][0]["differences"]
    assert (rerun["field"], rerun["before"]) == ("lifecycle.rerun", None)
    out = project.run("history", "train", "--limit", "1").out
    assert ids[0] in out
    assert ids[1] not in out
    assert "train: 3 runs, 1 shown, newest first" in out


def test_a_retry_has_the_same_spec(project: Project) -> None:
    project.declare("train", "exit 3", lifecycle="restartPolicy: OnFailure, backoffLimit: 1")
    project.apply("--wait", exits=1)
    out = project.run("history", "train").out
    assert out.count("exit 3") == 2
    assert "    same spec\n" in out


def test_a_task_without_a_run_has_no_history(project: Project) -> None:
    project.declare("train")
    assert "error[JS409]: task `train` has no runs" in project.run("history", "train", exits=1).err
