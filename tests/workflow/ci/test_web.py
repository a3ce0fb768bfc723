"""Requests to a code host: within one time limit, and never an internal error."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from jobspec.cloud.connection.web import WebAnswer, WebRequest
from jobspec.workflow.ci import web
from jobspec.workflow.ci.comments import Posted

if TYPE_CHECKING:
    from collections.abc import Generator

    import pytest


def one_request() -> Generator[WebRequest, WebAnswer, Posted]:
    answer = yield WebRequest("GET", "https://h", {}, b"")
    return Posted("done", answer.problem)


def test_a_host_that_drips_its_headers_ends_with_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It meets each time limit of the connection, because something arrives before each of them."""
    ended = Event()

    def dripping(*_: object, **__: object) -> WebAnswer:
        ended.wait(60)
        return WebAnswer(200)

    monkeypatch.setattr(web, "send", dripping)
    monkeypatch.setattr(web, "_SECONDS", 0.05)
    posted = web.drive(one_request())
    ended.set()
    assert posted.problem == "the code host took too long"


def test_an_error_of_the_http_library_is_a_problem_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> WebAnswer:
        raise ValueError("secret")

    monkeypatch.setattr(web, "send", broken)
    assert web.drive(one_request()).problem == "the request could not be sent (ValueError)"
