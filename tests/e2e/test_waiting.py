"""`wait`, and `apply --wait`: exit by outcome, what was too late, and the log of what failed."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from tests.processes import PATIENCE, line_with
from tests.projects import FOREVER, UNTIL_GO

if TYPE_CHECKING:
    from tests.projects import Project

FAILS = "for n in $(seq 12); do echo line $n; done; printf '\\033[2Jlast\\n'; exit 3"
TAIL = [*(f"    worker-0 | line {n}" for n in range(4, 13)), "    worker-0 | ␛[2Jlast"]


def test_a_wait_ends_with_the_run_and_exits_0_when_it_succeeded(project: Project) -> None:
    project.declare("train", UNTIL_GO)
    project.apply()
    with project.running("wait", "train") as wait:
        line_with("running", wait.stderr)
        project.let_go()
        out, _ = wait.communicate(timeout=PATIENCE)
    assert wait.returncode == 0
    assert out.startswith("✓ train succeeded")
    assert out.endswith("runs: 1 succeeded\n")


def test_a_wait_for_a_failed_run_exits_1_and_shows_the_end_of_its_log(project: Project) -> None:
    project.declare("train", FAILS)
    project.apply()
    lines = project.run("wait", "train", exits=1).out.splitlines()
    assert lines[0].startswith("✗ train failed")
    assert lines[1:] == [*TAIL, "runs: 1 failed", "next: see the log: jobspec logs train"]


def test_beside_json_the_end_of_a_log_is_talk(project: Project) -> None:
    project.declare("train", FAILS)
    ended = project.apply("--wait", "-o", "json", exits=1)
    assert "\n".join(TAIL) in ended.err
    assert ended.json["waitedFor"] == "finished"
    ended = project.run("wait", "train", "-o", "json", exits=1)
    assert "\n".join(TAIL) in ended.err
    assert ended.json["version"] == "jobspec/wait.v1"
    assert [(run["task"], run["phase"], run["exitCode"]) for run in ended.json["waited"]] == [
        ("train", "failed", 3)
    ]


def test_a_log_that_cannot_be_read_is_told_in_a_line(project: Project) -> None:
    project.declare("train", FAILS)
    project.apply("--wait", exits=1)
    shutil.rmtree(project.state / "logs")
    lines = project.run("wait", "train", exits=1).out.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("    ")
    assert "worker-0" in lines[1]


def test_a_wait_that_is_too_short_exits_1_says_what_goes_on_and_stops_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    run = project.until_state("train", "Running")["Id"]
    ended = project.run("wait", "train", "--timeout", "1s", exits=1)
    assert f"timed out: train is running ({run}); nothing was stopped" in ended.out
    assert "next: to continue waiting, run: jobspec wait train" in ended.out
    ended = project.run("wait", "train", "--timeout", "0", "-o", "json", exits=1)
    assert ended.json["timedOut"]
    assert "timed out: train is running" in ended.err
    project.until_state("train", "Running")


def test_an_interrupted_wait_exits_130_and_stops_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    project.apply()
    with project.running("wait", "train") as wait:
        line_with("running", wait.stderr)
        wait.send_signal(signal.SIGINT)
        out, _ = wait.communicate(timeout=PATIENCE)
    assert wait.returncode == 130
    assert "next: to continue waiting, run: jobspec wait train" in out
    project.until_state("train", "Running")


def test_a_wait_for_running_ends_while_the_runs_go_on(project: Project) -> None:
    project.declare("train-a", FOREVER)
    project.declare("train-b", FOREVER)
    project.declare("other", FOREVER)
    project.apply()
    out = project.run("wait", "train-*", "--for", "running").out
    assert "✓ train-a running" in out
    assert "runs: 2 running" in out


def test_a_wait_for_success_gives_up_with_the_first_failure(project: Project) -> None:
    project.declare("fails", "exit 3")
    project.declare("train", FOREVER)
    project.apply()
    assert "1 failed" in project.run("wait", "fails", "train", "--for", "succeeded", exits=1).out
    project.until_state("train", "Running")


def test_a_broken_manifest_keeps_nobody_from_waiting(project: Project) -> None:
    project.declare("train")
    project.apply()
    project.declare("broken", spec="imagee: x")
    project.run("wait", "train")


def test_a_task_without_a_run_cannot_be_waited_for(project: Project) -> None:
    project.declare("train")
    ended = project.run("wait", "train", exits=1)
    assert "error[JS409]: task `train` has no runs" in ended.err
    no_run = "error[JS409]: `t*` matches no task of demo with a run"
    assert no_run in project.run("wait", "t*", exits=1).err


@pytest.mark.parametrize("option", [["--wait=running"], ["--wait", "running"]], ids=["joined", "apart"])
def test_an_apply_can_wait_until_its_runs_are_running(project: Project, option: list[str]) -> None:
    project.declare("train", FOREVER)
    assert "runs: 1 running" in project.apply(*option).out
    project.until_state("train", "Running")


def test_a_run_that_failed_before_it_was_seen_running_is_a_failure(project: Project) -> None:
    project.declare("train", "exit 3")
    project.apply()
    project.until_state("train", "Failed")
    ended = project.apply("--wait=running", exits=1)
    assert "✗ train failed" in ended.out
    project.run("wait", "train", "--for", "running", exits=1)


def test_a_path_after_a_bare_wait_is_a_path(project: Project) -> None:
    project.declare("one", "true")
    project.declare("other", FOREVER)
    assert "runs: 1 succeeded" in project.apply("--wait", "tasks/one.yaml").out


def test_an_apply_that_waited_too_long_exits_1_and_stops_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    ended = project.apply("--wait", "--timeout", "1", exits=1)
    assert "apply: 1 done" in ended.out
    assert "timed out: train is " in ended.out
    assert "next: to continue waiting, run: jobspec wait train" in ended.out
    project.until_state("train", "Running")
