"""A notification that cannot be sent is a short reason without any part of the address. It raises nothing."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

import httpx
import pytest

from jobspec.cloud.notify.address import read_address
from jobspec.cloud.notify.digest import ChatDigest
from jobspec.cloud.notify.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "canary-of-the-token"
URL = f"https://hooks.slack.com/services/T0/{TOKEN}?key={TOKEN}"
ADDRESS = read_address(URL, TOKEN)
DIGEST = ChatDigest("title", ("line",), "key")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def failing(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    return handle


def answering(status: int, text: str = "", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(status, text=text, headers=headers)


FAULTS = {
    "dns": (failing(httpx.ConnectError(f"no address for {URL}")), "hooks.slack.com could not be reached"),
    "time-out": (failing(httpx.ReadTimeout(URL)), "timed out"),
    "broken": (failing(httpx.ReadError(URL)), "interrupted"),
    "proxy": (failing(httpx.ProxyError(f"407 {URL}")), "the proxy refused with 407"),
    "too-many": (answering(429, URL), "HTTP 429"),
    "gone": (answering(404, f"no {URL}"), "HTTP 404"),
    "redirect": (answering(302, location=f"https://evil.example/{TOKEN}"), "HTTP 302"),
    "refused": (answering(200, f"invalid_token {TOKEN}"), "no `ok`: invalid_token ***"),
    "bug": (failing(RuntimeError(URL)), "it could not be sent (RuntimeError)"),
}


@pytest.mark.parametrize(("handle", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_a_reason_without_the_address(
    handle: Callable[[httpx.Request], httpx.Response], expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reason = send(ADDRESS, DIGEST, NOW, transport=httpx.MockTransport(handle))
    assert expected in reason
    assert TOKEN not in reason
    assert TOKEN not in caplog.text


def test_it_is_sent_once_and_accepted() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text="ok")

    assert send(ADDRESS, DIGEST, NOW, transport=httpx.MockTransport(handle)) == ""
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", URL)
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"


def test_what_never_answers_is_left_after_the_time_limit() -> None:
    release = Event()

    def handle(_request: httpx.Request) -> httpx.Response:
        release.wait()
        return httpx.Response(200, text="ok")

    reason = send(ADDRESS, DIGEST, NOW, within=0.01, transport=httpx.MockTransport(handle))
    release.set()
    assert reason == "the response took longer than 0.01 s"
