"""`apply --wait` plans again as runs end, and `wait` follows what the platform itself retries."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import PATIENCE, line_with
from tests.projects import FOREVER, UNTIL_GO

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.projects import Project

RETRY = "retry: {enabled: true, maxTimes: 2, interval: 0s, on: [Failed]}"
MODES = ("same-id", "new-id-with-tags", "new-id-without-tags")


def fails_first(times: int) -> str:
    """A command that fails so many times; how often it was tried is in a file."""
    return f"echo x >> tries; [ $(wc -l < tries) -gt {times} ]"


def tries(project: Project) -> int:
    return len((project.root / "tries").read_text().splitlines())


def outcomes(view: Any) -> list[tuple[str, str, str, int]]:
    return [(one["task"], one["reason"], one["status"], one["round"]) for one in view["outcomes"]]


def retried_by_platform(project: Project, mode: str, times: int) -> None:
    project.edit(
        "jobspec.yaml", "  defaults:", f"  platform: {{kind: local, retryMode: {mode}}}\n  defaults:"
    )
    project.declare("train", fails_first(times), spec=RETRY)


def test_a_failed_run_is_submitted_again_until_it_succeeds(project: Project) -> None:
    project.declare("train", fails_first(2), lifecycle="restartPolicy: OnFailure, backoffLimit: 3")
    view = project.apply("--wait", "-o", "json").json
    assert outcomes(view) == [
        ("train", "new", "done", 1),
        ("train", "retry", "done", 2),
        ("train", "retry", "done", 3),
    ]
    [waited] = view["waited"]
    assert (waited["run"], waited["phase"]) == (project.runs("train")[-1]["Id"], "succeeded")
    assert len(project.runs("train")) == tries(project) == 3


def test_what_a_later_round_submits_is_shown_first_and_each_log_once(project: Project) -> None:
    project.declare("train", "echo hello; exit 3", lifecycle="restartPolicy: OnFailure, backoffLimit: 1")
    out = project.apply("--wait", exits=1).out
    first, second, _ = out.split("✓ submitted train")
    assert "+ submit   train  new" in first
    assert "+ submit   train  retry: 1 of 1" in second
    assert out.count("    worker-0 | hello") == 2
    assert out.endswith("apply: 2 done\nruns: 1 failed\nnext: see the log: jobspec logs train\n")
    assert len(project.runs("train")) == 2


def test_a_cooldown_is_kept_between_two_rounds(project: Project) -> None:
    lifecycle = "restartPolicy: OnFailure, backoffLimit: 1, cooldown: 2s"
    project.declare("train", fails_first(1), lifecycle=lifecycle)
    project.apply("--wait")
    first, second = project.runs("train")
    end, again = (datetime.fromisoformat(one) for one in (first["FinishTime"], second["CreateTime"]))
    assert again - end >= timedelta(seconds=2)
    project.declare("other", "exit 3", lifecycle="restartPolicy: OnFailure, cooldown: 1h")
    ended = project.apply("--wait", "--timeout", "1s", exits=1)
    assert "timed out: a run may still be retried; nothing was stopped" in ended.out
    assert len(project.runs("other")) == 1


def test_the_limits_hold_over_the_whole_command(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmits: 2}\n  defaults:")
    project.declare("train", "exit 3", lifecycle="restartPolicy: OnFailure, backoffLimit: 5")
    ended = project.apply("--wait", exits=3)
    assert "error[JS420]: 3 runs would be submitted; the limit is 2" in ended.err
    assert "apply: 2 done\nruns: 1 failed" in ended.out
    assert len(project.runs("train")) == 2


def test_a_guard_ends_the_submits_and_not_the_wait(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmits: 2}\n  defaults:")
    project.declare("fails", "exit 3", lifecycle="restartPolicy: OnFailure")
    project.declare("train", UNTIL_GO)
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("✗ fails failed", apply.stdout)
        project.let_go()
        out, err = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 3
    [runs] = [line for line in out.splitlines() if line.startswith("runs: ")]
    assert "1 failed" in runs
    assert "1 succeeded" in runs
    assert "JS420" in err


def test_what_was_forced_stays_forced(project: Project) -> None:
    project.edit("jobspec.yaml", "  defaults:", "  limits: {maxSubmits: 0}\n  defaults:")
    project.declare("train", fails_first(1), lifecycle="restartPolicy: OnFailure")
    project.apply("--wait", "--force", "limits")
    assert len(project.runs("train")) == 2


def test_what_is_expected_is_expected_of_later_rounds_too(project: Project) -> None:
    project.declare("train", f"{UNTIL_GO}; exit 3", lifecycle="restartPolicy: OnFailure")
    project.apply()
    with project.running("apply", "--yes", "--wait", "--expect", "no-submit") as apply:
        line_with("train: running", apply.stderr)
        project.let_go()
        _, err = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 3
    assert "JS411" in err
    assert len(project.runs("train")) == 1


def test_the_next_spec_follows_the_run_that_it_waited_for(project: Project) -> None:
    project.declare("train", UNTIL_GO, lifecycle="onChange: AfterCompletion")
    project.apply()
    project.until_state("train", "Running")
    project.declare("train", "true", lifecycle="onChange: AfterCompletion")
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("train: running", apply.stderr)
        project.let_go()
        out, _ = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 0
    assert "+ submit   train  spec-changed" in out
    assert [run["State"] for run in project.runs("train")] == ["Success", "Success"]


def test_what_would_stop_a_run_is_left_to_the_next_apply(project: Project) -> None:
    project.declare("fails", f"{UNTIL_GO}; exit 3")
    project.declare("train", FOREVER)
    project.apply()
    with project.running("apply", "--yes", "--wait", "-o", "json", "--timeout", "30s") as apply:
        line_with("train: running", apply.stderr)
        project.declare("train", "exec sleep 61")
        project.apply("tasks/train.yaml")
        project.let_go()
        out, _ = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 1
    assert json.loads(out)["left"] == [{"task": "train", "action": "replace", "reason": "spec-changed"}]
    assert len(project.runs("train")) == 2


def test_a_run_that_somebody_stopped_for_good_is_not_submitted_again(project: Project) -> None:
    project.declare("train", FOREVER, lifecycle="restartPolicy: OnFailure")
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("train: running", apply.stderr)
        project.run("destroy", "--yes")
        apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 1
    assert project.runs("train") == []


def test_an_interrupt_ends_the_wait_for_a_cooldown(project: Project) -> None:
    project.declare("train", "exit 3", lifecycle="restartPolicy: OnFailure, cooldown: 1h")
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("✗ train failed", apply.stdout)
        apply.send_signal(signal.SIGINT)
        out, _ = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 130
    assert "runs: 1 failed" in out


@pytest.mark.parametrize("goal", ["--wait=finished", "--wait=running"])
def test_a_task_that_cannot_be_submitted_is_tried_once(project: Project, goal: str) -> None:
    project.declare("train", FOREVER if goal.endswith("running") else "true")
    project.declare("twin", "true", lifecycle="restartPolicy: OnFailure")
    project.submit_unmanaged("twin", FOREVER)
    out = project.apply(goal, exits=3).out
    assert out.count("skipped[JS407]: submit twin") == 1
    assert len(project.runs("twin")) == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_retry_of_the_platform_is_followed_by_apply(project: Project, mode: str) -> None:
    retried_by_platform(project, mode, 2)
    view = project.apply("--wait", "-o", "json").json
    [waited] = view["waited"]
    assert (waited["run"], waited["phase"]) == (project.runs("train")[-1]["Id"], "succeeded")
    assert outcomes(view) == [("train", "new", "done", 1)]
    assert tries(project) == 3
    assert len(project.runs("train")) == (1 if mode == "same-id" else 3)


@pytest.mark.parametrize("mode", MODES)
def test_the_retry_of_the_platform_is_followed_by_wait(project: Project, mode: str) -> None:
    retried_by_platform(project, mode, 2)
    project.apply()
    ended = project.run("wait", "train", "--for", "succeeded", "-o", "json").json
    [waited] = ended["waited"]
    assert (waited["run"], waited["phase"]) == (project.runs("train")[-1]["Id"], "succeeded")


@pytest.mark.parametrize("mode", MODES)
def test_retries_of_the_platform_that_are_used_up_are_a_failure(project: Project, mode: str) -> None:
    retried_by_platform(project, mode, 9)
    out = project.apply("--wait", exits=1).out
    assert "runs: 1 failed" in out
    project.run("wait", "train", exits=1)
    assert tries(project) == 3


def test_status_shows_the_run_under_which_the_platform_goes_on(project: Project) -> None:
    retried_by_platform(project, "new-id-without-tags", 1)
    project.apply("--wait")
    [shown] = project.run("status", "-o", "json").json["tasks"]
    assert (shown["run"], shown["phase"]) == (project.runs("train")[-1]["Id"], "succeeded")
    assert shown["reason"] == "platform-retry"


def test_finished_tasks_without_a_manifest_are_counted_and_shown_on_demand(project: Project) -> None:
    project.declare("stays")
    project.declare("gone")
    project.apply("--wait")
    project.remove("gone")
    ended = project.run("status")
    assert "gone" not in ended.out
    assert ended.out.endswith("1 finished task is no longer declared; use --all to show it\n")
    view = project.run("status", "-o", "json").json
    assert ([task["task"] for task in view["tasks"]], view["noLongerDeclared"]) == (["stays"], 1)
    whole = project.run("status", "--all", "-o", "json").json
    assert ([task["task"] for task in whole["tasks"]], whole["noLongerDeclared"]) == (["gone", "stays"], 0)
    project.run("status", "--only", "gone")
