"""Sets through the command line: selection, logs, wait, cancel, growing, shrinking, and refilling slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.projects import UNTIL_GO

if TYPE_CHECKING:
    from tests.projects import Project

SET = """\
apiVersion: jobspec/v1
kind: TaskSet
metadata: {name: %(name)s}
spec:
  matrix: {n: %(values)s}
%(limits)s  template:
    metadata: {name: "%(name)s-${{ matrix.n }}"}
    spec:
      entrypoint: |
        %(command)s
"""


def sweep(
    project: Project, values: str, command: str = "true", *, limits: str = "", name: str = "sweep"
) -> None:
    """Write a set with one axis; `limits` are more lines of its spec."""
    text = "".join(f"  {line}\n" for line in limits.splitlines())
    written = SET % {"name": name, "values": values, "command": command, "limits": text}
    project.write(f"tasks/{name}.yaml", written)


def names(project: Project) -> list[str]:
    return [run["Name"] for run in project.runs()]


def test_a_set_grows_and_shrinks_by_its_own_cells(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxRemovals: 2}\n  defaults:")
    sweep(project, "[1, 2, 3, 4]", UNTIL_GO)
    project.apply("--wait=running")
    before = {run["Name"]: run["Id"] for run in project.runs()}
    sweep(project, "[0, 4, 3, 2, 1]", UNTIL_GO)
    assert [name for name, change in project.plan().items() if change["action"] != "none"] == ["sweep-0"]
    sweep(project, "[2]", UNTIL_GO)
    shown = project.run("plan", "--only", "set/sweep").out
    assert "- cancel   set/sweep: 3 tasks  removed" in shown
    assert "stops 3 runs: " in shown
    assert "3 of 4 tasks would be removed; the limit is 2" in project.apply(exits=3).err
    project.apply("--force", "limits")
    project.run("wait", "sweep-1", "sweep-3", "sweep-4", exits=1)
    states = {run["Name"]: run["State"] for run in project.runs()}
    assert states == {"sweep-2": "Running"} | dict.fromkeys(("sweep-1", "sweep-3", "sweep-4"), "Cancelled")
    assert {run["Name"]: run["Id"] for run in project.runs()} == before


def test_no_more_runs_than_max_active_and_a_slot_is_filled_at_once(project: Project) -> None:
    sweep(project, "[1, 2, 3, 4]", UNTIL_GO, limits="maxActive: 2")
    project.apply()
    assert sorted(names(project)) == ["sweep-1", "sweep-2"]
    project.apply()
    assert len(project.runs()) == 2
    project.run("cancel", "sweep-1", "--yes")
    project.run("wait", "sweep-1", exits=1)
    project.apply()
    assert sorted(names(project)) == ["sweep-1", "sweep-2", "sweep-3"]


def test_apply_wait_runs_a_whole_set_and_shows_what_waited_only_once(project: Project) -> None:
    sweep(project, "[1, 2, 3, 4]", limits="maxActive: 1")
    shown = project.apply("--wait").out
    assert shown.count("+ submit") == 1
    assert shown.count("✓ submitted") == 4
    assert project.states() == dict.fromkeys([f"sweep-{n}" for n in (1, 2, 3, 4)], "Success")


def test_max_failed_stops_a_set_and_says_why(project: Project) -> None:
    sweep(project, "[1, 2, 3]", "exit 1", limits="maxActive: 1\nmaxFailed: 2")
    project.apply("--wait", exits=1)
    assert sorted(names(project)) == ["sweep-1", "sweep-2"]
    assert "2 tasks of set/sweep failed; maxFailed is 2" in project.run("plan").out


def test_logs_of_a_set(project: Project) -> None:
    sweep(project, "[1, 2, 3]", "echo cell ${{ matrix.n }}; test ${{ matrix.n }} != 2")
    project.apply("--wait", exits=1)
    every = project.run("logs", "set/sweep").out
    assert [line for line in every.splitlines() if not line.startswith("==>")] == [
        "cell 1",
        "cell 2",
        "cell 3",
    ]
    failed = project.run("logs", "set/sweep", "--failed").out
    assert "sweep-2" in failed
    assert "cell 2" in failed
    assert "cell 1" not in failed
    assert "a set cannot be combined" in project.run("logs", "set/sweep", "-f", exits=1).err
    assert "`--failed` requires a set" in project.run("logs", "sweep-2", "--failed", exits=1).err
    assert "no run belongs to `set/other`" in project.run("logs", "set/other", exits=1).err


def test_wait_and_cancel_of_a_set_touch_no_other_task(project: Project) -> None:
    sweep(project, "[1, 2]", UNTIL_GO)
    sweep(project, "[1]", UNTIL_GO, name="sweeper")
    project.declare("sweep-other", UNTIL_GO)
    project.apply("--wait=running")
    cancelled = project.run("cancel", "set/sweep", "--yes")
    assert "- cancel   set/sweep: 2 tasks  requested" in cancelled.out
    assert "have no run yet" in cancelled.err
    project.run("wait", "set/sweep", exits=1)
    states = {run["Name"]: run["State"] for run in project.runs()}
    assert states == {
        "sweep-1": "Cancelled",
        "sweep-2": "Cancelled",
        "sweeper-1": "Running",
        "sweep-other": "Running",
    }
    assert "has no active run to cancel" in project.run("cancel", "set/sweep", "--yes", exits=1).err


def test_a_selector_of_a_set_selects_its_tasks_and_an_unknown_one_is_an_error(project: Project) -> None:
    sweep(project, "[1, 2]")
    sweep(project, "[1]", name="sweeper")
    assert sorted(project.plan("--only", "set/sweep")) == ["sweep-1", "sweep-2"]
    assert sorted(project.plan("--exclude", "set/sweep")) == ["sweeper-1"]
    assert sorted(project.plan("--only", "set/*")) == ["sweep-1", "sweep-2", "sweeper-1"]
    assert "matches no task" in project.run("plan", "--only", "set/swep", exits=1).err


def test_slots_go_to_the_tasks_that_are_selected(project: Project) -> None:
    sweep(project, "[1, 2, 3]", UNTIL_GO, limits="maxActive: 1")
    project.apply("--only", "sweep-3")
    assert names(project) == ["sweep-3"]


def test_the_options_of_the_table_of_a_set(project: Project) -> None:
    sweep(project, "[1, 2]", limits="maxActive: 1")
    shown = project.run("status", "--by", "set").out
    assert "set/sweep (waiting): 2 tasks; 1 new, 1 waiting\nn  state\n1  new\n2  waiting\n" in shown
    assert "set/sweep (waiting): 2 tasks; " in project.run("status").out
    assert "text output only" in project.run("status", "--by", "set", "-o", "json", exits=1).err
    assert "two different ones" in project.run("status", "--by", "set", "--axes", "n,n", exits=1).err
    assert "is not an axis" in project.run("status", "--by", "set", "--axes", "m", exits=1).err
    assert "set/sweep: 1 task; " in project.run("status", "--exclude", "sweep-1").out


def test_waiting_for_the_success_of_a_set_counts_every_declared_task_with_its_present_spec(
    project: Project,
) -> None:
    sweep(project, "[1, 2, 3]")
    assert "no task of `set/sweep` has a run" in project.run("wait", "set/sweep", exits=1).err
    project.apply("--only", "sweep-1", "--wait")
    plain = project.run("wait", "set/sweep")
    assert "2 of 3 tasks of `set/sweep` have no run yet" in plain.err
    missing = project.run("wait", "set/sweep", "--for", "succeeded", exits=1)
    assert "2 tasks have no run that succeeded with the present spec: sweep-2, sweep-3" in missing.out
    project.apply("--wait")
    project.run("wait", "set/sweep", "--for", "succeeded")
    sweep(project, "[1, 2, 3]", "echo another")
    view = project.run("wait", "set/*", "--for", "succeeded", "-o", "json", exits=1).json
    assert view["withoutSuccess"] == ["sweep-1", "sweep-2", "sweep-3"]
    assert "withoutSuccess" not in project.run("wait", "set/sweep", "-o", "json").json


def test_a_run_from_before_its_task_joined_a_set_belongs_to_the_set(project: Project) -> None:
    project.declare("sweep-1", "echo hello")
    project.apply("--wait")
    project.remove("sweep-1")
    sweep(project, "[1]", "echo hello")
    assert "hello" in project.run("logs", "set/sweep").out
    assert "runs: 1 succeeded" in project.run("wait", "set/sweep").out
    assert "has no active run to cancel" in project.run("cancel", "set/sweep", "--yes", exits=1).err
    project.write("tasks/broken.yaml", "kind: [")
    assert "no run belongs to `set/sweep`" not in project.run("logs", "set/sweep", exits=0).err


def test_a_glob_names_several_sets(project: Project) -> None:
    sweep(project, "[1]", UNTIL_GO)
    sweep(project, "[1]", UNTIL_GO, name="sweeper")
    sweep(project, "[1]", UNTIL_GO, name="other")
    project.apply()
    project.remove("sweeper")
    project.run("cancel", "set/sweep*", "--yes")
    project.run("wait", "set/sweep*", exits=1)
    assert project.states()["sweep-1"] == project.states()["sweeper-1"] == "Cancelled"
    assert project.states()["other-1"] != "Cancelled"
    assert "no run belongs to `set/x*`" in project.run("wait", "set/x*", exits=1).err


def test_hints_name_the_set(project: Project) -> None:
    sweep(project, "[1, 2, 3]", "exit 1", limits="maxActive: 2\nmaxFailed: 1")
    out = project.apply().out
    assert out.endswith("next: to go on until everything has run, run: jobspec apply --wait\n")
    out = project.apply("--wait", exits=1).out
    assert "next: see the log: jobspec logs set/sweep --failed\n" in out
    assert "blocked: sweep-3 (" in out
    sweep(project, "[7, 8, 9]", UNTIL_GO, limits="maxActive: 2", name="slow")
    out = project.apply("--wait", "--timeout", "1s", "--only", "set/slow", exits=1).out
    assert "next: to go on until everything has run, run: jobspec apply --wait" in out
    assert "jobspec wait slow" not in out


RERUN = """\
apiVersion: jobspec/v1
kind: TaskSet
metadata: {name: sweep}
spec:
  matrix: {lr: [1, 2], seed: [1, 2]}
%s
  template:
    metadata: {name: "sweep-lr${{ matrix.lr }}-s${{ matrix.seed }}"}
    spec:
      entrypoint: |
        [ -e repaired ] || [ ${{ matrix.lr }}${{ matrix.seed }} != 21 ]
    lifecycle: {rerun: "${{ matrix.rerun || '' }}"}
"""


def test_one_cell_runs_again_by_an_entry_of_include(project: Project) -> None:
    project.write("tasks/sweep.yaml", RERUN % "")
    project.apply("--wait", exits=1)
    (project.root / "repaired").touch()
    project.write("tasks/sweep.yaml", RERUN % "  include: [{lr: 2, seed: 1, rerun: again}]")
    plan = project.plan()
    assert [name for name, one in plan.items() if one["action"] != "none"] == ["sweep-lr2-s1"]
    project.apply("--wait")
    assert sorted(names(project)).count("sweep-lr2-s1") == 2
    assert len(project.runs()) == 5
    project.run("wait", "set/sweep", "--for", "succeeded")
