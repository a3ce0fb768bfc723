"""Ctrl-C and SIGTERM while several tasks are written to: what became of each is told all the same."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tests.processes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.projects import Project

TASKS = ("t-1", "t-2", "t-3")


class Stuck:
    """A platform that never answers to the stop of `t-2`."""

    def __init__(self) -> None:
        self.is_asked = Event()
        self.is_over = Event()
        self.stopped: list[str] = []
        self.url = ""

    def answer(self, action: str, body: dict[str, str]) -> dict[str, object]:
        if action == "StopCustomTask":
            self.stopped.append(body["Id"])
            if body["Id"] == "t-2":
                self.is_asked.set()
                self.is_over.wait(PATIENCE)
        return {"Id": body["Id"], "Name": body["Id"], "State": "Running", "Tags": []}


def handler_for(platform: Stuck) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            result = platform.answer(self.path.partition("Action=")[2].partition("&")[0], sent)
            body = json.dumps({"ResponseMetadata": {}, "Result": result}).encode()
            with suppress(OSError):  # who asked may be gone
                self.send_response_only(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    return Handler


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    platform = Stuck()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_for(platform)) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        platform.url = f"http://127.0.0.1:{server.server_port}"
        yield platform
        platform.is_over.set()
        server.shutdown()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_write_tells_what_became_of_each_task(
    project: Project, stuck: Stuck, number: signal.Signals
) -> None:
    command = (
        "task",
        "cancel",
        *TASKS,
        "--yes",
        "-o",
        "json",
        "--platform",
        "volcengine",
        "--endpoint",
        stuck.url,
    )
    keys = {"VOLC_ACCESSKEY": "AKLT-test", "VOLC_SECRETKEY": "any"}
    with project.running(*command, environ=keys) as cancel:
        assert stuck.is_asked.wait(PATIENCE)
        cancel.send_signal(number)
        assert cancel.wait(timeout=PATIENCE) == 4  # one of them is unknown
        assert cancel.stdout is not None
        view = json.loads(cancel.stdout.read())
    statuses = [(one["id"], one["status"]) for one in view["tasks"]]
    assert statuses == list(zip(TASKS, ("done", "unknown", "skipped"), strict=True))
    assert view["interrupted"]
    assert stuck.stopped == ["t-1", "t-2"]
