"""The edge: bodies of any size and speed, proxies, an in-process application, and the cost of imports."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import repeat
from typing import TYPE_CHECKING

import httpx
import pytest

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.connection.exchange import MAX_BODY_BYTES
from jobspec.cloud.connection.in_process import InProcess
from jobspec.cloud.settings import ClientSettings
from jobspec.errors import BadAnswer, NotSent, Unavailable, UsageError
from tests.cloud.platform import KEY, FakeClock, client, script, streamed

if TYPE_CHECKING:
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

PIECE = b"x" * 65536


def test_a_body_of_a_gigabyte_is_cut_at_the_limit() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for piece in repeat(PIECE, 16 * 1024):
            read.append(len(piece))
            yield piece

    with pytest.raises(BadAnswer, match="longer than 8 MiB"):
        client(script(streamed(200, pieces))).create({})
    assert sum(read) <= MAX_BODY_BYTES + 2 * len(PIECE)


def test_a_body_that_drips_is_cut_at_the_deadline() -> None:
    clock = FakeClock()

    def drip() -> Iterator[bytes]:
        for piece in repeat(b" "):
            clock.seconds += 1
            yield piece

    with pytest.raises(Unavailable, match="not complete after 60 s"):
        client(script(streamed(200, drip)), clock).create({})
    assert clock.seconds == 61


def test_a_truncated_body_has_an_unknown_outcome() -> None:
    def broken() -> Iterator[bytes]:
        yield b'{"ResponseMetadata":'
        raise httpx.ReadError("reset")

    with pytest.raises(Unavailable, match="was interrupted"):
        client(script(streamed(200, broken))).create({})


def test_a_compressed_body_is_refused_unread() -> None:
    def bomb() -> Iterator[bytes]:
        yield gzip.compress(b" " * 1_000_000)

    handler = script(streamed(200, bomb, {"Content-Encoding": "gzip"}))
    with pytest.raises(BadAnswer, match="compressed"):
        client(handler).create({})
    assert handler.requests[0].headers["accept-encoding"] == "identity"


def test_a_refused_connection_means_not_sent() -> None:
    settings = ClientSettings(credentials=KEY, endpoint="http://127.0.0.1:1")
    with PlatformClient(settings=settings) as one, pytest.raises(NotSent):
        one.create({})


def test_loopback_bypasses_a_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks9://nowhere.example:1")
    PlatformClient(settings=ClientSettings(credentials=KEY, endpoint="http://127.0.0.1:1")).close()
    PlatformClient(settings=ClientSettings(credentials=KEY, endpoint="http://localhost:1")).close()


@pytest.mark.parametrize(
    "proxy", ["socks9://u:pw@nowhere.example:1", "socks5://u:pw@nowhere.example:1", "http://u:pw@[::1"]
)
def test_a_proxy_that_cannot_be_used_is_a_usage_error(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UsageError, match="proxy") as caught:
        PlatformClient(settings=ClientSettings(credentials=KEY))
    assert "pw" not in "".join(traceback.format_exception(caught.value))


def test_an_invalid_proxy_name_is_not_reported_as_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://u:pw@a..b:1")
    settings = ClientSettings(credentials=KEY, endpoint="http://platform.example")
    with PlatformClient(settings=settings) as one, pytest.raises(NotSent, match="proxy") as caught:
        one.create({})
    assert "pw" not in "".join(traceback.format_exception(caught.value))


def test_an_invalid_host_name_is_not_blamed_on_a_proxy() -> None:
    PlatformClient(settings=ClientSettings(credentials=KEY, endpoint="http://xn--zzzz.invalid")).close()


def test_an_application_is_called_in_process() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"ResponseMetadata": {}, "Result": {"Id": "', environ["QUERY_STRING"].encode(), b'"}}']

    with PlatformClient(settings=ClientSettings(credentials=KEY), transport=InProcess(app)) as one:
        assert one.create({}).id == "Action=CreateCustomTask&Version=2021-10-01"


def test_importing_the_client_imports_no_models_and_does_not_change_httpx() -> None:
    code = (
        "import sys, jobspec.cloud.client; print('httpx' in sys.modules, end=' ')\n"
        "import jobspec.cloud.connection.network; print('pydantic' in sys.modules, 'yaml' in sys.modules, "
        "sys.modules['httpx._main'].__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False", "httpx._main"]


class Refusing(BaseHTTPRequestHandler):
    """Responds to every request immediately, so that nothing is retried."""

    def do_POST(self) -> None:
        self.send_error(403)


def test_the_command_line_does_not_load_the_one_of_httpx(tmp_path: Path) -> None:
    code = (
        "import sys, jobspec.__main__ as program\n"
        "sys.argv = ['jobspec', 'task', 'list', '--endpoint', sys.argv[1]]\n"
        "try: program.main()\n"
        "except SystemExit: print([n for n in ('httpx', 'rich', 'pygments') if n in sys.modules])"
    )
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [sys.executable, "-c", code, f"http://127.0.0.1:{server.server_port}"],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "VOLC_ACCESSKEY": "AKLT-one", "VOLC_SECRETKEY": "secret-one"},
        )
        server.shutdown()
    assert done.stdout.strip() == "['httpx']"
