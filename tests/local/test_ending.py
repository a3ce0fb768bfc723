"""Ending tasks: no process of a task survives, whichever process is killed and when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobspec.local.api.app import application
from jobspec.local.clock import SystemClock
from jobspec.local.store.store import Transition
from jobspec.local.supervisor.launch import take_lock
from jobspec.local.supervisor.lifecycle import Event
from jobspec.local.supervisor.processes import marked
from tests.local.calls import call, create, ended, get, log, result, roles, timeline, until, until_state
from tests.local.conftest import QUICK
from tests.local.places import place

if TYPE_CHECKING:
    from jobspec.local.api.app import LocalPlatform

PROJECT = Path(__file__).parents[2]
IGNORES_TERM = "trap '' TERM; echo up; while :; do sleep 0.05; done"
LEAVES_ITS_SESSION = (
    "setsid sleep 300.1 & (setsid sleep 300.2 &); (env -i setsid sleep 300.3 &) ; echo up; sleep 300.4"
)


def processes(app: LocalPlatform, task_id: str) -> list[int]:
    return marked(f"{app.store(writing=False).identity()}/{task_id}/")


def with_arguments(*wanted: str) -> list[int]:
    """Return the processes whose command line contains all of `wanted`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if all(part in line for part in wanted):
            found.append(int(folder.name))
    return found


def leavers(root: Path) -> list[int]:
    """Return the sleeping processes of `LEAVES_ITS_SESSION`."""
    return running_in(root, with_arguments("sleep\x00300."))


def shim_of(root: Path) -> int:
    (shim,) = running_in(root, with_arguments("shim.py"))
    return shim


def running_in(root: Path, pids: list[int]) -> list[int]:
    """Return those of the processes that belong to this test: each test has its own folder."""
    return [pid for pid in pids if cwd(pid) == str(root)]


def cwd(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


def kill_supervisor(root: Path) -> None:
    (pid,) = with_arguments("jobspec.local.supervisor.main", f"{root}\0")
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_supervised(root))


def is_supervised(root: Path) -> bool:
    lock = take_lock(place(root))
    if lock is not None:
        os.close(lock)
    return lock is None


@pytest.mark.parametrize("linger", [0.0, 1e-9])
def test_without_any_linger_tasks_run_and_the_supervisor_ends_at_once(root: Path, linger: float) -> None:
    with closing(application(place(root), settings=replace(QUICK, linger=linger))) as app:
        task_id = create(app, command="sleep 0.3; echo done")
        document = ended(app, task_id)
        assert (document["State"], timeline(app, task_id).count("Running")) == ("Success", 1)
        until(lambda: not is_supervised(root), seconds=2)


def test_a_stop_ends_a_task(app: LocalPlatform) -> None:
    task_id = create(app, command="echo up; sleep 60")
    until(lambda: log(app, task_id) == "up\n")
    result(app, "StopCustomTask", Id=task_id)
    document = ended(app, task_id)
    assert (document["State"], document["DiagInfo"]) == ("Cancelled", "stopped on request")
    assert timeline(app, task_id)[-2:] == ["Killing", "Cancelled"]
    assert result(app, "GetCustomTaskInstances", CustomTaskId=task_id)["List"][0]["State"] == "Cancelled"
    assert processes(app, task_id) == []


def test_a_stop_ends_a_process_that_left_its_session_and_its_environment(
    root: Path, app: LocalPlatform
) -> None:
    task_id = create(app, command=LEAVES_ITS_SESSION)
    until(lambda: len(leavers(root)) == 4)
    result(app, "StopCustomTask", Id=task_id)
    ended(app, task_id)
    assert leavers(root) == []


def test_a_stop_ends_a_process_that_ignores_it_after_the_grace(app: LocalPlatform) -> None:
    task_id = create(app, command=IGNORES_TERM)
    until(lambda: log(app, task_id) == "up\n")
    begun = time.monotonic()
    result(app, "StopCustomTask", Id=task_id)
    assert get(app, task_id)["State"] == "Killing"
    refused = call(app, "StopCustomTask", {"Id": task_id})
    assert (refused.error, refused.message) == ("InvalidParameter", "custom task is already being stopped")
    assert call(app, "DeleteCustomTask", {"Id": task_id}).error == "CustomTaskNotInTerminalState"
    assert ended(app, task_id)["State"] == "Cancelled"
    assert time.monotonic() - begun > 0.25
    assert processes(app, task_id) == []


def test_a_stop_of_a_waiting_task_cancels_it_unstarted(app: LocalPlatform) -> None:
    blocker = create(app, command="sleep 60", TaskRoleSpecs=[roles("worker", 4)])
    waiting = create(app)
    result(app, "StopCustomTask", Id=waiting)
    assert ended(app, waiting)["State"] == "Cancelled"
    assert timeline(app, waiting) == ["Initialized", "Queue", "Killing", "Cancelled"]
    result(app, "StopCustomTask", Id=blocker)


def test_the_end_of_the_command_ends_the_processes_it_left_behind(root: Path, app: LocalPlatform) -> None:
    task_id = create(app, command="setsid sleep 300.5 & exit 0")
    assert ended(app, task_id)["State"] == "Success"
    assert leavers(root) == []


def test_when_the_supervisor_is_killed_the_processes_end_by_themselves(
    root: Path, app: LocalPlatform
) -> None:
    task_id = create(app, command=LEAVES_ITS_SESSION)
    until(lambda: len(leavers(root)) == 4)
    kill_supervisor(root)
    until(lambda: leavers(root) == [])
    document = ended(app, task_id)
    assert document["State"] == "Exception"
    assert document["DiagInfo"] == "the supervisor died while the task was running"


def test_a_task_that_outlives_a_killed_supervisor_and_its_shim_is_still_found(
    root: Path, app: LocalPlatform
) -> None:
    task_id = create(app, command=IGNORES_TERM)
    until(lambda: log(app, task_id) == "up\n")
    shim = shim_of(root)
    kill_supervisor(root)
    os.kill(shim, signal.SIGKILL)
    assert ended(app, task_id)["State"] == "Exception"
    assert processes(app, task_id) == []


def test_when_only_the_shim_is_killed_its_processes_are_too(root: Path, app: LocalPlatform) -> None:
    task_id = create(app, command="setsid sleep 300.6 & echo up; sleep 300.7")
    until(lambda: len(leavers(root)) == 2)
    shim = shim_of(root)
    os.kill(shim, signal.SIGKILL)
    assert ended(app, task_id)["DiagInfo"] == "worker-0 was killed by signal 9"
    assert leavers(root) == []


def test_a_stopped_shim_does_not_keep_a_task_alive(root: Path, app: LocalPlatform) -> None:
    task_id = create(app, command="echo up; sleep 300.8")
    until(lambda: log(app, task_id) == "up\n")
    shim = shim_of(root)
    os.kill(shim, signal.SIGSTOP)
    result(app, "StopCustomTask", Id=task_id)
    assert ended(app, task_id)["State"] == "Cancelled"
    assert processes(app, task_id) == []


def test_a_kill_of_the_supervisor_while_killing_still_ends_in_cancelled(
    root: Path, app: LocalPlatform
) -> None:
    task_id = create(app, command=IGNORES_TERM)
    until(lambda: log(app, task_id) == "up\n")
    result(app, "StopCustomTask", Id=task_id)
    kill_supervisor(root)
    assert ended(app, task_id)["State"] == "Cancelled"
    assert processes(app, task_id) == []


def test_a_waiting_task_is_started_by_the_next_supervisor_and_once(root: Path, app: LocalPlatform) -> None:
    blocker = create(app, command="sleep 60", TaskRoleSpecs=[roles("worker", 4)])
    waiting = create(app, command="echo run >> runs")
    until_state(app, blocker, "Running")
    kill_supervisor(root)
    assert ended(app, waiting)["State"] == "Success"
    assert (root / "runs").read_text() == "run\n"
    assert get(app, blocker)["State"] == "Exception"


def test_a_task_found_in_staging_is_not_started_again(root: Path, app: LocalPlatform) -> None:
    store = app.store(writing=True)
    lock = take_lock(place(root))
    assert lock is not None  # so no supervisor can start meanwhile
    task_id = create(app, command="echo run >> runs")
    store.move(task_id, Event.ADMIT, Transition("starting"), now=SystemClock().now())
    os.close(lock)
    document = ended(app, task_id)
    assert document["State"] == "Exception"
    assert document["DiagInfo"] == "the supervisor died while the task was starting"
    assert not (root / "runs").exists()


def test_a_held_task_is_released_by_the_next_supervisor(root: Path, app: LocalPlatform) -> None:
    task_id = create(app, DelayExitTimeSeconds=1)
    until_state(app, task_id, "SuccessHolding")
    kill_supervisor(root)
    assert ended(app, task_id)["State"] == "Success"


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
def test_wherever_the_supervisor_is_killed_a_task_ends_and_ran_at_most_once(
    root: Path, app: LocalPlatform, pause: float
) -> None:
    task_id = create(app, command="echo run >> runs; sleep 0.2")
    time.sleep(pause)
    for pid in with_arguments("jobspec.local.supervisor.main", f"{root}\0"):
        os.kill(pid, signal.SIGKILL)
    assert ended(app, task_id)["State"] in {"Success", "Exception"}
    runs = root / "runs"
    assert not runs.exists() or runs.read_text() == "run\n"
    assert processes(app, task_id) == []


def test_an_idle_supervisor_ends_and_the_next_task_gets_another(root: Path, app: LocalPlatform) -> None:
    ended(app, create(app))
    until(lambda: not is_supervised(root))
    assert ended(app, create(app))["State"] == "Success"


def test_a_task_created_while_the_supervisor_ends_is_run(root: Path, app: LocalPlatform) -> None:
    for moment in (0.28, 0.34):
        ended(app, create(app))
        time.sleep(moment)
        assert ended(app, create(app))["State"] == "Success"


LAST_MOMENT = """
import sys
from datetime import UTC, datetime
from jobspec.local.supervisor import main as supervisor
from tests.local.calls import task

real = supervisor._work

def nearly_over(schedule, store, **more):
    store.create(task("late"), now=datetime.now(UTC))
    supervisor._work = real

supervisor._work = nearly_over
supervisor.main(sys.argv[1:])
"""


def test_a_task_created_after_the_last_check_but_before_the_lock_is_free_is_run(
    root: Path, app: LocalPlatform
) -> None:
    program = [sys.executable, "-c", LAST_MOMENT, str(root), str(place(root).path)]
    environ = {**os.environ, **QUICK.as_environment()}
    subprocess.run(program, cwd=PROJECT, env=environ, check=True, timeout=20)
    (document,) = result(app, "ListCustomTasks")["List"]
    assert document["State"] == "Success"


def test_the_supervisor_of_a_removed_folder_ends_and_its_processes_with_it(
    root: Path, app: LocalPlatform
) -> None:
    create(app, command=LEAVES_ITS_SESSION)
    until(lambda: len(leavers(root)) == 4)
    (place(root).path / "supervisor.lock").unlink()
    until(lambda: leavers(root) == [])


def test_many_creates_at_once_start_one_supervisor(root: Path, app: LocalPlatform) -> None:
    for number in range(20):
        create(app, name=f"t{number}", command="sleep 5")
    assert len(with_arguments("jobspec.local.supervisor.main", f"{root}\0")) == 1
