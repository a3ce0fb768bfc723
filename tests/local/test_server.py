"""Serving over HTTP, as a real process, to a real client; and the cost of importing the application."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from jobspec.cloud.signing import Credentials, SignableRequest, sign
from jobspec.local.api.app import application
from jobspec.local.api.server import Address, serve
from jobspec.local.errors import CannotServe
from tests.local.calls import send, task
from tests.local.places import place

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
SERVE = """
import signal, sys
from pathlib import Path
from jobspec.local.api.server import serve
from tests.local.places import place
signal.signal(signal.SIGTERM, signal.default_int_handler)
serve(place(Path(sys.argv[1])), on_ready=lambda url: print(url, flush=True), keys={"AK": "sk"})
"""


@pytest.fixture
def url(root: Path) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(root)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
            server.terminate()
            assert server.wait(10) == 0
        finally:
            server.kill()


def test_a_task_is_run_over_http_and_its_log_can_be_followed(url: str) -> None:
    with httpx.Client(base_url=url) as client:

        def act(action: str, body: object) -> httpx.Response:
            data = json.dumps(body).encode()
            query = (("Action", action), ("Version", "2021-10-01"))
            request = SignableRequest("POST", httpx.URL(url).netloc.decode(), "/", query, data)
            signed = sign(request, Credentials("AK", "sk"), region="local", now=datetime.now(UTC))
            return client.post("/", params=dict(query), content=data, headers=signed)

        assert client.get("/healthz").text == "ok"
        task_id = act("CreateCustomTask", task(command="echo one; echo two")).json()["Result"]["Id"]
        while act("GetCustomTask", {"Id": task_id}).json()["Result"]["State"] != "Success":
            assert act("GetCustomTask", {"Id": task_id}).json()["Result"]["State"] != "Failed"
        instances = act("GetCustomTaskInstances", {"CustomTaskId": task_id}).json()["Result"]["List"]
        part = client.get(instances[0]["LogURL"], headers={"Range": "bytes=4-"})
        assert (part.status_code, part.text) == (206, "two\n")
        refused = act("GetCustomTask", {"Id": "t-none"})
        assert (refused.status_code, refused.headers["content-type"]) == (
            404,
            "application/json; charset=utf-8",
        )
        assert json.loads(refused.content)["ResponseMetadata"]["Error"]["Code"] == "ResourceNotFound"


def test_many_incomplete_requests_do_not_block_others(url: str) -> None:
    port = httpx.URL(url).port
    with ExitStack() as open_ones:
        for _ in range(400):
            half = open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
            half.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{")
        assert httpx.get(f"{url}/healthz", timeout=5).text == "ok"


def test_an_answer_to_head_has_no_body(url: str) -> None:
    port = httpx.URL(url).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for path in ("/?Action=ListCustomTasks", "/healthz"):
            connection.sendall(f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            answer = connection.recv(65536)
            assert answer.endswith(b"\r\n\r\n")
            assert answer.count(b"\r\n\r\n") == 1


def never(url: str) -> None:
    raise AssertionError(url)


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com", "::"])
def test_without_keys_only_loopback_is_served(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotServe, match="no keys are set") as refused:
        serve(place(tmp_path), address=Address(host), on_ready=never)
    assert "--signed" in refused.value.help


def test_a_port_in_use_is_named(tmp_path: Path, url: str) -> None:
    port = httpx.URL(url).port
    assert port is not None
    (tmp_path / "other").mkdir()
    with pytest.raises(CannotServe, match=f"^port {port} of `127.0.0.1` is already in use$") as refused:
        serve(place(tmp_path / "other"), address=Address(port=port), on_ready=never)
    assert refused.value.help.startswith("use another port, for example: jobspec serve --port ")


def test_without_keys_every_call_is_refused(tmp_path: Path) -> None:
    app = application(place(tmp_path), keys={})
    assert send(app, "POST", "/?Action=ListCustomTasks&Version=2021-10-01", data=b"{}").status == 401


def test_an_invalid_host_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotServe, match="invalid host name"):
        serve(place(tmp_path), address=Address("a..b"), keys={"AK": "sk"}, on_ready=never)


def test_a_missing_folder_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(CannotServe, match=r"nowhere` is not a folder$") as refused:
        serve(place(tmp_path / "nowhere"), on_ready=never)
    assert refused.value.help
    assert not (tmp_path / "nowhere").exists()


def test_importing_the_application_imports_nothing_expensive() -> None:
    program = "import sys, jobspec.local.api.app; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout.split()
    assert not {"subprocess", "uvicorn", "pydantic", "httpx", "jobspec.local.supervisor.main"} & set(out)
