"""Logs ask the platform for no more than they need."""

from __future__ import annotations

import json

import httpx
import pytest

from jobspec.apply.observe import run_of
from jobspec.cli.commands.runs.logs import show_logs
from jobspec.cloud.answers.wire import read_instances
from jobspec.errors import NotFound, UsageError
from jobspec.workflow.runs.logs import LogSelection
from tests.cloud.platform import api_error, client, ok, script
from tests.cloud.records import task

CONTENT = "训练\n".encode()
BARE = {"RoleName": "worker", "RoleIndex": "0", "PodName": "t-1-worker-0"}
REPLICAS = [
    {"RoleName": "worker", "RoleIndex": index, "LogURL": f"https://logs.example/{index}"} for index in "01"
]


def test_the_replicas_of_a_run_are_listed_once(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("Action", "log"))
        if request.method == "GET":
            is_first = request.headers["Range"].startswith("bytes=0-")
            return httpx.Response(206 if is_first else 416, content=b"hi\n" if is_first else b"")
        return ok({"Total": 2, "List": REPLICAS})

    platform = client(answer)
    platform.instances("t-1")
    once = len(asked)
    show_logs(platform, run_of(task("t-1", State="Success")), LogSelection(), follow=False)
    assert capfdbinary.readouterr().out == b"worker-0 | hi\nworker-1 | hi\n"
    assert asked.count("GetCustomTaskInstances") == 2 * once


def in_api(request: httpx.Request) -> httpx.Response:
    """A platform whose replica names no address, and whose API gives four bytes of its log at once."""
    if request.url.params["Action"] == "GetCustomTaskInstances":
        return ok({"Total": 1, "List": [BARE]})
    if request.url.params["Action"] == "GetCustomTask":
        return ok({"Id": "t-1", "State": "Success"})
    asked = json.loads(request.content)
    assert (asked["CustomTaskId"], asked["PodName"]) == ("t-1", "t-1-worker-0")
    start = asked["Offset"]
    end = min(start + 3, len(CONTENT))
    return ok({"Content": CONTENT[start:end].decode(), "NextOffset": end})


@pytest.mark.parametrize(
    ("selection", "missing"),
    [
        (LogSelection("ps"), "role `ps`"),
        (LogSelection(index=4), "replica 4"),
        (LogSelection("worker", 4), "replica 4 of the role `worker`"),
        (LogSelection("ps", 4), "role `ps`"),
    ],
)
def test_a_selected_replica_that_a_run_lacks_is_named(selection: LogSelection, missing: str) -> None:
    with pytest.raises(UsageError) as refused:
        selection.of(read_instances({"List": REPLICAS}, action="GetCustomTaskInstances"), "t-1")
    assert refused.value.message == f"t-1 has no {missing}"
    assert refused.value.help == "available replicas: worker-0, worker-1"


@pytest.mark.parametrize("follow", [False, True])
def test_without_an_address_a_log_is_read_through_the_api(
    capfdbinary: pytest.CaptureFixture[bytes], follow: bool
) -> None:
    show_logs(client(in_api), run_of(task("t-1", State="Success")), LogSelection(), follow=follow)
    assert capfdbinary.readouterr() == (CONTENT, b"")


@pytest.mark.parametrize(
    ("instance", "answer", "said"),
    [
        (BARE, api_error(404, "InvalidActionOrVersion"), "returned no log address for worker-0"),
        (BARE, api_error(404, "ResourceNotFound"), "returned no log address for worker-0"),
        ({**BARE, "PodName": ""}, ok({}), "returned no log address for worker-0"),
        (BARE, ok({"Content": "", "NextOffset": 0}), "has no log output"),
        (BARE, ok({"Content": "again", "NextOffset": 0}), "has no log output"),
    ],
)
def test_a_log_that_cannot_be_read_is_not_called_empty(
    capsys: pytest.CaptureFixture[str], instance: dict[str, str], answer: httpx.Response, said: str
) -> None:
    platform = client(script(ok({"Total": 1, "List": [instance]}), ok({"List": []}), answer))
    show_logs(platform, run_of(task("t-1", State="Success")), LogSelection(), follow=False)
    assert said in capsys.readouterr().err


def test_a_log_whose_address_leads_to_nothing_is_an_error() -> None:
    platform = client(script(ok({"Total": 1, "List": REPLICAS[:1]}), ok({"List": []}), httpx.Response(404)))
    with pytest.raises(NotFound):
        show_logs(platform, run_of(task("t-1", State="Success")), LogSelection(), follow=False)


ROLES = [("worker", 2), ("ps", 1)]


@pytest.mark.parametrize(
    ("roles", "selection", "seen", "is_prefixed"),
    [
        ([("worker", 1)], LogSelection(), 0, False),
        ([("worker", 2)], LogSelection(), 0, True),
        ([("worker", 2)], LogSelection(), 1, True),
        ([("worker", 1), ("ps", 1)], LogSelection(), 0, True),
        (ROLES, LogSelection("worker"), 0, True),
        (ROLES, LogSelection("ps"), 0, False),
        (ROLES, LogSelection("worker", 1), 0, False),
        (ROLES, LogSelection(index=0), 0, True),
        (ROLES, LogSelection(index=1), 0, False),
        ([], LogSelection(), 1, False),
        ([], LogSelection(), 2, True),
        ([], LogSelection(), 0, True),
        ([], LogSelection(index=0), 0, True),
        ([], LogSelection("worker", 0), 0, False),
    ],
)
def test_lines_are_prefixed_by_what_is_declared_not_by_what_runs_already(
    roles: list[tuple[str, int]], selection: LogSelection, seen: int, is_prefixed: bool
) -> None:
    specs = [{"RoleName": name, "RoleReplicas": replicas} for name, replicas in roles]
    run = run_of(task("t-1", TaskRoleSpecs=specs))
    instances = read_instances({"List": REPLICAS[:seen]}, action="GetCustomTaskInstances")
    assert selection.has_several(run, instances) is is_prefixed


def test_a_queued_run_of_two_replicas_is_followed_with_prefixes(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    states, seen = iter(["Queue", "Running", "Success"]), iter([[], [], REPLICAS[:1], REPLICAS])
    current: list[list[dict[str, str]]] = [[]]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            is_first = request.headers["Range"].startswith("bytes=0-")
            return httpx.Response(206 if is_first else 416, content=b"1%\rhi\n" if is_first else b"")
        if request.url.params["Action"] == "GetCustomTask":
            return ok({"Id": "t-1", "State": next(states)})
        if json.loads(request.content).get("Offset", 0) == 0:
            current[0] = next(seen)
            return ok({"Total": len(current[0]), "List": current[0]})
        return ok({"Total": len(current[0]), "List": []})

    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    run = run_of(task("t-1", State="Queue", TaskRoleSpecs=[{"RoleName": "worker", "RoleReplicas": 2}]))
    show_logs(client(answer), run, LogSelection(), follow=True)
    written = capfdbinary.readouterr().out
    assert written == b"worker-0 | 1%\nworker-0 | hi\nworker-1 | 1%\nworker-1 | hi\n"
