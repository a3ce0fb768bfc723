"""Log records of httpx about our requests are dropped, even those of the connection; others are kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import ClientSettings
from tests.cloud.platform import KEY

TOKEN = "log-Token-88aa"


class Logs(BaseHTTPRequestHandler):
    """Redirects to an address with a token, as a platform's storage may, and responds there."""

    def do_GET(self) -> None:
        is_first = self.path == "/log"
        self.send_response(302 if is_first else 206)
        self.send_header("Location", f"/signed?token={TOKEN}")
        self.send_header("Content-Length", "0" if is_first else "2")
        self.end_headers()
        self.wfile.write(b"" if is_first else b"hi")

    def log_message(self, *args: object) -> None:
        """Write nothing to stderr."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Logs) as httpd:
        Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


def test_no_log_line_contains_an_address_or_a_header_of_ours(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with PlatformClient(settings=ClientSettings(KEY, endpoint=server)) as client:
        assert client.fetch_log(f"{server}/log").data == b"hi"
    assert TOKEN not in caplog.text
    assert KEY.access_key not in caplog.text
    httpx.get(f"{server}/log")
    assert f"{server}/log" in caplog.text
