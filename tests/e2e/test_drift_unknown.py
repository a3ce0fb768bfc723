"""A platform whose list is throttled or incomplete: no drift is resolved, and no baseline moves."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.allowed import allow_endpoint
from tests.e2e.test_drift import LAST, hooks, kinds
from tests.processes import serving
from tests.projects import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.projects import Project

KEYS = {"VOLC_ACCESSKEY": "AKLT-test", "VOLC_SECRETKEY": "the-key"}


def throttled(document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    error = {"Code": "FlowLimitExceeded", "Message": "slow down"}
    return 429, {"ResponseMetadata": {**document["ResponseMetadata"], "Error": error}}


def repeated(document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    found = document["Result"]["List"]
    return 200, {**document, "Result": {**document["Result"], "Total": 2 * len(found), "List": found + found}}


def short(document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Fewer tasks than it counts, on every page."""
    return 200, {**document, "Result": {**document["Result"], "Total": 5, "List": []}}


class Between(ThreadingHTTPServer):
    """Passes requests on, and spoils the answers to lists."""

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.spoil: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] | None = None


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Between)
        connection = HTTPConnection(self.server.upstream, timeout=30)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        connection.request("POST", self.path, body=body, headers=dict(self.headers))
        answer = connection.getresponse()
        status, content = answer.status, answer.read()
        connection.close()
        if self.server.spoil and "Action=ListCustomTasks" in self.path:
            status, document = self.server.spoil(json.loads(content))
            content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def between(project: Project, folder: Path) -> Iterator[Between]:
    """Cancel a run on a served platform, which the project then reaches through another server."""
    folder.mkdir()
    with serving(folder, kept=project.kept, environ=project.environ(KEYS)) as server:
        served = f"platform: {{kind: local, endpoint: {server.url}}}"
        project.edit("jobspec.yaml", "  defaults:", f"  {served}\n  defaults:")
        allow_endpoint(project.home, server.url)
        project.declare("a", FOREVER)
        project.apply()
        project.run("cancel", "a", "--yes")
        project.run("wait", "a", exits=1)
        made = Between(server.url)
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{made.server_port}"
        platform = f"platform: {{kind: volcengine, region: cn-beijing, endpoint: {url}}}"
        project.edit("jobspec.yaml", served, platform)
        allow_endpoint(project.home, url)
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
            made.server_close()


SPOILT = {"throttled": throttled, "repeated": repeated, "short": short}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_an_incomplete_list_resolves_no_drift_and_moves_no_baseline(
    project: Project, tmp_path: Path, spoil: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
) -> None:
    with between(project, tmp_path / "served") as platform, hooks() as server:
        files = ("--output-file", "last.prom", "--output-file", "report.md")
        sent = ["drift", *LAST, *files, "-o", "json", "--notify", server.url("json")]
        project.run(*sent, exits=2, environ=KEYS)
        kept = [(project.root / name).read_bytes() for name in ("last.json", "last.prom")]
        platform.spoil = spoil
        ended = project.run(*sent, exits=1, environ=KEYS)
        assert (ended.json["version"], ended.json["status"]) == ("jobspec/drift-unknown.v1", "unknown")
        assert [(project.root / name).read_bytes() for name in ("last.json", "last.prom")] == kept
        assert "**unknown:**" in (project.root / "report.md").read_text(encoding="utf-8")
        assert len(server.received) == 1
        platform.spoil = None
        again = project.run(*sent, environ=KEYS).json
        assert (kinds(again, "known"), kinds(again, "resolved")) == ([("cancelled-outside", "a")], [])
