"""Tasks with real processes, from create to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.calls import create, ended, get, log, result, roles, timeline, until, until_state

if TYPE_CHECKING:
    from jobspec.local.api.app import LocalPlatform


def test_a_task_that_succeeds_has_its_times_its_log_and_its_timeline(app: LocalPlatform) -> None:
    task_id = create(app, command="echo hello")
    document = ended(app, task_id)
    assert (document["State"], document["ExitCode"]) == ("Success", 0)
    assert document["CreateTime"] <= document["LaunchTime"] <= document["FinishTime"]
    assert log(app, task_id) == "hello\n"
    assert timeline(app, task_id) == ["Initialized", "Queue", "Staging", "Running", "Success"]


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("exit 3", 3, "worker-0 exited with code 3"),
        ("kill -9 $$", 137, "worker-0 was killed by signal 9"),
        ("no-such-program-here", 127, "worker-0 exited with code 127"),
    ],
)
def test_a_failure_names_the_replica_and_the_cause(
    app: LocalPlatform, command: str, code: int, message: str
) -> None:
    document = ended(app, create(app, command=command))
    assert (document["State"], document["ExitCode"], document["DiagInfo"]) == ("Failed", code, message)


def test_arguments_follow_the_entrypoint_even_after_a_final_newline(app: LocalPlatform) -> None:
    task_id = create(app, command="printf '%s,'\n", Args="--epochs 10")
    ended(app, task_id)
    assert log(app, task_id) == "--epochs,10,"


def test_variables_reach_the_process_but_not_those_of_the_platform(
    app: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLC_SECRETKEY", "do-not-leak")
    envs = [
        {"Name": "LR", "Value": "0.1"},
        {"Name": "MLP_ROLE", "Value": "mine"},
        {"Name": "MLP_LOG_PATH", "Value": "/l"},
    ]
    task_id = create(
        app, command='echo "$LR $MLP_ROLE $MLP_LOG_PATH [$VOLC_SECRETKEY] $MLP_TASK_ID"', Envs=envs
    )
    ended(app, task_id)
    assert log(app, task_id) == f"0.1 worker /l [] {task_id}\n"


def test_two_roles_find_each_other(app: LocalPlatform) -> None:
    program = """python3 - <<'END'
import os, socket, time
if os.environ["MLP_ROLE"] == "ps":
    with socket.create_server((os.environ["MLP_PS_0_HOST"], int(os.environ["MLP_PS_0_PORT"]))) as server:
        for _ in range(int(os.environ["MLP_WORKER_NUM"])):
            server.accept()[0].sendall(b"weights")
else:
    for _ in range(100):
        try:
            peer = socket.create_connection((os.environ["MLP_PS_0_HOST"], int(os.environ["MLP_PS_0_PORT"])))
            print(peer.recv(7).decode(), os.environ["MLP_ROLE_INDEX"])
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
END"""
    task_id = create(app, command=program, TaskRoleSpecs=[roles("ps"), roles("worker", 2)])
    assert ended(app, task_id)["State"] == "Success"
    assert [log(app, task_id, f"worker-{index}") for index in (0, 1)] == ["weights 0\n", "weights 1\n"]


def test_one_failing_replica_ends_the_others(app: LocalPlatform) -> None:
    command = 'if [ "$MLP_ROLE_INDEX" = 1 ]; then exit 7; fi; sleep 60'
    task_id = create(app, command=command, TaskRoleSpecs=[roles("worker", 3)])
    document = ended(app, task_id)
    assert (document["State"], document["ExitCode"]) == ("Failed", 7)
    instances = result(app, "GetCustomTaskInstances", CustomTaskId=task_id, SortOrder="Ascend")["List"]
    assert [one["State"] for one in instances] == ["Killed", "Failed", "Killed"]
    assert all(one["LaunchTime"] and one["FinishTime"] for one in instances)


def test_a_task_that_does_not_fit_waits_and_nothing_overtakes_it(app: LocalPlatform) -> None:
    first = create(app, command="while [ ! -e go ]; do sleep 0.02; done", TaskRoleSpecs=[roles("worker", 2)])
    until_state(app, first, "Running")
    large = create(app, TaskRoleSpecs=[roles("worker", 3)])
    small = create(app)
    until(lambda: get(app, large)["DiagInfo"] == "waiting for 3 slots, 2 free")
    assert get(app, small)["State"] == "Queue"
    result(app, "StopCustomTask", Id=first)
    assert ended(app, large)["State"] == ended(app, small)["State"] == "Success"
    assert get(app, large)["LaunchTime"] <= get(app, small)["LaunchTime"]


def test_a_higher_priority_starts_first(app: LocalPlatform) -> None:
    blocker = create(app, command="sleep 60", TaskRoleSpecs=[roles("worker", 4)])
    until_state(app, blocker, "Running")
    low = create(app, Priority=2, TaskRoleSpecs=[roles("worker", 4)])
    high = create(app, Priority=6, TaskRoleSpecs=[roles("worker", 4)])
    result(app, "StopCustomTask", Id=blocker)
    ended(app, low)
    assert get(app, high)["LaunchTime"] < get(app, low)["LaunchTime"]


def test_the_deadline_ends_a_task(app: LocalPlatform) -> None:
    document = ended(app, create(app, command="sleep 60", ActiveDeadlineSeconds=1))
    assert (document["State"], document["ExitCode"]) == ("Failed", 137)
    assert document["DiagInfo"] == "deadline exceeded: ran longer than ActiveDeadlineSeconds=1"


def test_a_stop_ends_the_holding_but_not_the_success(app: LocalPlatform) -> None:
    task_id = create(app, DelayExitTimeSeconds=600)
    until_state(app, task_id, "SuccessHolding")
    result(app, "StopCustomTask", Id=task_id)
    assert get(app, task_id)["State"] == "Success"


def test_variables_with_odd_names_reach_the_command_and_its_children(app: LocalPlatform) -> None:
    envs = [
        {"Name": "BASH_FUNC_greet%%", "Value": '() { echo "hello $1"; }'},
        {"Name": "a.b-c", "Value": "dotted"},
    ]
    command = "bash -c 'greet ann'; env | grep -F a.b-c=; env | grep -c FUNC_greet"
    task_id = create(app, command=command, Envs=envs)
    ended(app, task_id)
    assert log(app, task_id) == "hello ann\na.b-c=dotted\n1\n"
