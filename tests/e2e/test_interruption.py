"""Whatever ends an apply or the platform's own supervisor in the middle: the next apply continues."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.local.calls import until
from tests.processes import PATIENCE, Streams, line_with
from tests.projects import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.projects import Project

MANY = [f"task-{number:02}" for number in range(20)]
STUBBORN = "trap 'until [ -e go ]; do sleep 0.05; done; exit 0' TERM; while :; do sleep 0.05; done"
"""A command that, told to stop, takes until the test writes the file `go`."""
PATIENT = {"JOBSPEC_LOCAL_GRACE": "30"}


@pytest.fixture
def stubborn(project: Project) -> Iterator[Project]:
    """A task that takes its time to stop is running, and its manifest has changed."""
    project.declare("train", STUBBORN)
    project.apply(environ=PATIENT)
    project.until_state("train", "Running")
    project.declare("train", FOREVER)
    yield project
    project.let_go()


def supervisor_of(project: Project) -> int:
    """The process that runs the tasks of a project."""
    [found] = [entry for entry in Path("/proc").iterdir() if supervises(entry, project)]
    return int(found.name)


def supervises(entry: Path, project: Project) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().decode().split("\0")
    except OSError:
        return False
    return str(project.root) in words and any("jobspec.local.supervisor.main" in word for word in words)


def test_after_a_killed_apply_every_task_gets_exactly_one_run(project: Project) -> None:
    for name in MANY:
        project.declare(name, FOREVER)
    with project.running("apply", "--yes") as apply:
        line_with("submitted", apply.stderr)
        apply.kill()
        apply.wait()
    project.apply()
    assert sorted(run["Name"] for run in project.runs()) == MANY
    project.run("plan", "--detailed-exitcode")


def test_a_replace_killed_between_cancel_and_submit_is_finished_by_the_next_apply(stubborn: Project) -> None:
    with stubborn.running("apply", "--yes", environ=PATIENT) as apply:
        stubborn.until_state("train", "Killing")
        apply.kill()
        apply.wait()
    stubborn.let_go()
    stubborn.apply()
    old, new = stubborn.runs("train")
    assert (old["State"], new["EntrypointPath"]) == ("Cancelled", FOREVER)
    assert old["FinishTime"] <= new["CreateTime"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_apply_with_130_and_the_next_one_continues(
    stubborn: Project, number: signal.Signals
) -> None:
    with stubborn.running("apply", "--yes", environ=PATIENT) as apply:
        stubborn.until_state("train", "Killing")
        apply.send_signal(number)
        out, err = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 130
    assert "Stopping after the current calls." in err
    assert "next: interrupted; to continue, run: jobspec apply" in out
    assert len(stubborn.runs("train")) == 1
    stubborn.let_go()
    stubborn.apply()
    assert len(stubborn.runs("train")) == 2


def test_a_signal_before_anything_was_written_ends_an_apply_at_once(project: Project) -> None:
    project.declare("train")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        keys = {"VOLC_ACCESSKEY": "AKLT-test", "VOLC_SECRETKEY": "any", "JOBSPEC_ENDPOINT": url}
        with project.running("apply", "--yes", environ=keys) as apply, silent.accept()[0]:
            apply.send_signal(signal.SIGINT)
            assert apply.wait(timeout=PATIENCE) == 130


IN_A_CALL = """
import time
from jobspec.apply.clock import InterruptibleClock
from jobspec.cli.interrupts import interruptible
with interruptible(InterruptibleClock()):
    print("in a call", flush=True)
    time.sleep(60)
    time.sleep(60)
"""


def test_a_second_signal_ends_in_the_middle_of_a_call() -> None:
    command = [sys.executable, "-c", IN_A_CALL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line_with("in a call", process.stdout)
        process.send_signal(signal.SIGINT)
        line_with("Press Ctrl-C again to stop now.", process.stderr)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 130


def test_an_interrupted_wait_reports_what_goes_on_and_stops_nothing(project: Project) -> None:
    project.declare("train", FOREVER)
    with project.running("apply", "--yes", "--wait") as apply:
        line_with("running", apply.stderr)
        apply.send_signal(signal.SIGINT)
        out, _ = apply.communicate(timeout=PATIENCE)
    assert apply.returncode == 130
    assert "runs: 1 running" in out
    project.until_state("train", "Running")


def test_a_signal_in_the_middle_of_a_line_of_talk_is_an_interrupt_and_no_bug(project: Project) -> None:
    project.declare("train", FOREVER)
    reader, writer = full_pipe()
    with project.running("apply", "--yes", "--wait", streams=Streams(stderr=writer)) as apply:
        os.close(writer)
        project.until_state("train", "Running")
        apply.send_signal(signal.SIGINT)
        with os.fdopen(reader, "rb") as talk:
            said = talk.read()
        assert apply.wait(timeout=PATIENCE) == 130, said.decode().lstrip()


def full_pipe() -> tuple[int, int]:
    """A pipe with no room left: who writes to it is held in the middle of the write."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b" " * 4096)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b" ")
    os.set_blocking(writer, True)
    return reader, writer


@pytest.fixture
def orphaned(project: Project) -> Project:
    """A project with a running task whose supervisor was killed."""
    project.declare("train", "echo $$ > pid; " + FOREVER)
    project.apply()
    project.until_state("train", "Running")
    until((project.root / "pid").exists, seconds=PATIENCE)
    os.kill(supervisor_of(project), signal.SIGKILL)
    return project


def test_no_task_stays_running_when_the_supervisor_was_killed(orphaned: Project) -> None:
    assert orphaned.run("status", "-o", "json").json["tasks"][0]["task"] == "train"
    assert orphaned.until_state("train", "Exception")["FinishTime"] != ""


def test_no_process_outlives_a_killed_supervisor(orphaned: Project) -> None:
    pid = int((orphaned.root / "pid").read_text())
    until(lambda: not is_alive(pid), seconds=PATIENCE)


def test_what_a_killed_supervisor_left_is_not_retried_unasked(orphaned: Project) -> None:
    orphaned.run("status")
    orphaned.until_state("train", "Exception")
    assert "train  failed" in orphaned.apply().out
    assert len(orphaned.runs("train")) == 1


def test_what_a_killed_supervisor_left_is_retried_where_the_policy_says_so(orphaned: Project) -> None:
    orphaned.run("status")
    orphaned.until_state("train", "Exception")
    orphaned.declare("train", "echo $$ > pid; " + FOREVER, lifecycle="restartPolicy: OnFailure")
    assert "retry: 1 of 3" in orphaned.apply().out
    orphaned.until_state("train", "Running")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_applies_at_once_submit_each_task_once(project: Project) -> None:
    for name in MANY[:5]:
        project.declare(name, FOREVER)
    with project.running("apply", "--yes") as one, project.running("apply", "--yes") as other:
        one.communicate(timeout=PATIENCE)
        other.communicate(timeout=PATIENCE)
    active = [run["Name"] for run in project.runs() if run["State"] in {"Queue", "Staging", "Running"}]
    assert sorted(active) == MANY[:5]
