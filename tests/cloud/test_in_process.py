"""In process and over the network, an application gets the same bytes, and nothing of HTTP is imported."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, cast
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.connection.exchange import MAX_BODY_BYTES
from jobspec.cloud.connection.in_process import InProcess
from jobspec.cloud.settings import ClientSettings, System
from jobspec.cloud.signing import SignableRequest, verify
from jobspec.errors import BadAnswer, Unavailable
from tests.cloud.platform import KEY, START, FakeClock
from tests.projects import new_project

if TYPE_CHECKING:
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Seen = dict[str, object]
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType]
BODY = {"Name": "träin", "Tags": ["a", "b"]}
SYSTEM = System(now=lambda: START, nonce=lambda: "n" * 32)
HOP_BY_HOP = {"HTTP_CONNECTION"}


class Recorder:
    """An application that keeps what it is called with."""

    def __init__(self, *pieces: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.seen: list[Seen] = []
        self._pieces = pieces or (b'{"ResponseMetadata": {}, "Result": {"Id": "t-1"}}',)
        self._headers = headers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        kept = {
            key: value
            for key, value in environ.items()
            if key.startswith(("HTTP_", "CONTENT_", "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING"))
            and key not in HOP_BY_HOP
            and value
            not in {"", "text/plain"}  # the server of the standard library adds an empty or a plain type
        }
        kept["CONTENT_LENGTH"] = str(length)
        self.seen.append({**kept, "body": environ["wsgi.input"].read(length)})
        start_response("200 OK", [("Content-Type", "application/json"), *self._headers])
        return iter(self._pieces)


class Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Write nothing to stderr."""


@contextmanager
def served(app: WSGIApplication) -> Iterator[str]:
    with make_server("127.0.0.1", 0, app, handler_class=Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def exchange_with(client: PlatformClient, endpoint: str) -> None:
    with client:
        client.create(BODY)
        client.call("GetCustomTask", {"Id": "t-1"})
        client.call("Get a thing/&?=ä", {})
        client.fetch_log(f"{endpoint}/logs/t-1/wörker%2D0%20x?token=1%2F2&empty=", start=7)


def test_the_same_bytes_reach_the_application_in_process_and_over_the_network() -> None:
    app = Recorder()
    with served(app) as endpoint:
        settings = ClientSettings(KEY, endpoint=endpoint)
        exchange_with(PlatformClient(settings=settings, system=SYSTEM), endpoint)
        over_the_network = list(app.seen)
        app.seen.clear()
        in_process = PlatformClient(settings=settings, transport=InProcess(app), system=SYSTEM)
        exchange_with(in_process, endpoint)
    assert len(app.seen) == 4
    assert app.seen == over_the_network
    assert "HTTP_AUTHORIZATION" in app.seen[0]


@pytest.mark.parametrize("endpoint", ["http://jobspec.local", "https://EXAMPLE.com:443", "http://[::1]:8080"])
def test_a_request_in_process_is_signed(endpoint: str) -> None:
    app = Recorder()
    with PlatformClient(
        settings=ClientSettings(KEY, endpoint=endpoint), transport=InProcess(app), system=SYSTEM
    ) as client:
        client.create(BODY)
    [seen] = app.seen
    headers = {key.removeprefix("HTTP_").replace("_", "-"): str(value) for key, value in seen.items()}
    query = (("Action", "CreateCustomTask"), ("Version", "2021-10-01"))
    signed = SignableRequest("POST", headers["HOST"], "/", query, bytes(str(seen["body"]), "ascii"), headers)
    assert seen["QUERY_STRING"] == "Action=CreateCustomTask&Version=2021-10-01"
    body = seen["body"]
    assert isinstance(body, bytes)
    verify(
        SignableRequest(signed.method, signed.host, signed.path, signed.query, body, headers),
        lambda _: KEY,
        now=START,
    )


def in_process(app: WSGIApplication, clock: FakeClock | None = None) -> PlatformClient:
    system = (clock or FakeClock()).system()
    return PlatformClient(settings=ClientSettings(KEY), transport=InProcess(app), system=system)


def test_the_limits_on_a_response_hold_in_process() -> None:
    with pytest.raises(BadAnswer, match="longer than 8 MiB"):
        in_process(Recorder(b" " * MAX_BODY_BYTES, b" ")).create({})
    with pytest.raises(BadAnswer, match="compressed"):
        in_process(Recorder(headers=(("Content-Encoding", "gzip"),))).create({})


def test_the_time_limit_on_a_response_holds_in_process() -> None:
    clock = FakeClock()

    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        while True:
            clock.seconds += 1
            yield b" "

    with pytest.raises(Unavailable, match="not complete after 60 s"):
        in_process(app, clock).create({})


def test_a_redirect_in_process_is_not_followed() -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("302 Found", [("Location", "http://jobspec.local/elsewhere")])
        return [b"elsewhere"]

    with pytest.raises(BadAnswer, match="a redirect, which is not followed"):
        in_process(app).create({})


def test_a_body_is_closed_and_an_error_of_the_application_is_raised() -> None:
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"ResponseMetadata": {}, "Result": {"Id": "t-1"}}'

        def close(self) -> None:
            closed.append(True)

    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        start_response("200 OK", [])
        return Body()

    def broken(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        try:
            return [dict[str, bytes]()["missing"]]
        except LookupError:
            start_response("500 Internal Server Error", [], cast("ExceptionInfo", sys.exc_info()))
        return []

    assert in_process(app).create({}).id == "t-1"
    assert closed == [True]
    with pytest.raises(LookupError):
        in_process(broken).create({})


UNUSED = (
    *("httpx", "ssl", "http.client", "http.cookiejar", "urllib.request", "asyncio", "uvicorn"),
    *("concurrent.futures", "logging"),
)
PLAN = f"""
import sys
import jobspec.__main__ as program
sys.argv = ["jobspec", "plan"]
try:
    program.main()
except SystemExit:
    pass
print([name for name in {UNUSED!r} if sys.modules.get(name) is not None])
"""


def test_a_plan_in_process_imports_nothing_of_the_network(tmp_path: Path) -> None:
    with new_project(tmp_path) as project:
        project.declare("train")
        done = subprocess.run(
            [sys.executable, "-c", PLAN], cwd=project.root, capture_output=True, text=True, check=True
        )
    assert "1 to submit" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
