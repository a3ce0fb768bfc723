"""Observers of a client receive each try, and nothing of its contents."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import asdict, replace

from jobspec.apply.secrets import Secrets
from jobspec.cli.debug import line
from jobspec.cloud.answers.envelope import Answer, Question
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.credentials import FoundCredentials
from jobspec.cloud.observing import Exchanged, Try
from jobspec.cloud.settings import ClientSettings
from jobspec.cloud.signing import SignableRequest
from jobspec.errors import PlatformError
from jobspec.workflow.surroundings import Surroundings
from tests.cloud.platform import ENDPOINT, KEY, START, FakeClock, Handler, api_error, ok, script

TASK = {"Id": "t-1", "Name": "job"}
PRIVATE = "private-Value-71d4"
LOG_TOKEN = "log-Token-88aa"
SECRETS = (KEY.access_key, KEY.secret_key, KEY.session_token, PRIVATE, LOG_TOKEN)
PAYLOAD = {"Name": "job", "Envs": [{"Name": "HF_TOKEN", "Value": PRIVATE, "IsPrivate": True}]}


def watched(handler: Handler, clock: FakeClock | None = None) -> tuple[PlatformClient, list[Exchanged]]:
    seen: list[Exchanged] = []
    system = replace((clock or FakeClock()).system(), observer=seen.append)
    settings = ClientSettings(credentials=KEY, endpoint=ENDPOINT)
    return PlatformClient(settings=settings, transport=httpx.MockTransport(handler), system=system), seen


def test_each_try_is_reported_with_its_number_time_and_outcome() -> None:
    busy = api_error(429, "FlowLimitExceeded")
    client, seen = watched(script(httpx.ConnectError("down"), busy, ok(TASK)))
    client.get("t-1")
    assert seen == [
        Exchanged("GetCustomTask", 1, START, 0.0, error="NotSent"),
        Exchanged(
            *("GetCustomTask", 2, START + timedelta(seconds=0.25), 0.0, 429, "r-2"),
            *("Throttled", "FlowLimitExceeded"),
        ),
        Exchanged("GetCustomTask", 3, START + timedelta(seconds=0.75), 0.0, 200, "r-1"),
    ]


def test_the_seconds_count_until_the_response_was_read() -> None:
    clock = FakeClock()

    def slow(request: httpx.Request) -> httpx.Response:
        clock.sleep(2.5)
        return ok(TASK)

    client, seen = watched(slow, clock)
    client.get("t-1")
    assert seen[0].seconds == 2.5


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_failure_without_a_response_is_reported_by_its_class_only(error: type[BaseException]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("hush")

    client, seen = watched(fail)
    with pytest.raises(error):
        client.get("t-1")
    assert [(one.status, one.error) for one in seen] == [(None, error.__name__)]


def test_a_response_without_an_envelope_is_reported_by_its_status() -> None:
    client, seen = watched(script(httpx.Response(200, html="<html>"), ok(TASK)))
    client.get("t-1")
    assert [(one.status, one.error, one.request_id) for one in seen] == [
        (200, "BadAnswer", ""),
        (200, "", "r-1"),
    ]


def echo(request: httpx.Request) -> httpx.Response:
    """Refuses every request and repeats all of it wherever a response has room."""
    sent = " ".join([*request.headers.values(), str(request.url), request.content.decode()])
    error = {"Code": f"Invalid {sent}", "Message": sent}
    return httpx.Response(
        400,
        json={"ResponseMetadata": {"RequestId": f"r {sent}", "Error": error}},
        headers={"X-Tt-Logid": KEY.secret_key},
    )


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.LocalProtocolError(f"Illegal header value {KEY.secret_key} {LOG_TOKEN}")


def redirected(request: httpx.Request) -> httpx.Response:
    return httpx.Response(307, headers={"Location": f"ftp://x/?token={LOG_TOKEN}"})


CALLS: tuple[Callable[[PlatformClient], object], ...] = (
    lambda one: one.create(PAYLOAD),
    lambda one: one.get("t-1"),
    lambda one: one.call("CreateCustomTask", PAYLOAD),
    lambda one: one.fetch_log(f"{ENDPOINT}/logs?token={LOG_TOKEN}"),
)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.NOTSET)
    return caplog


@pytest.mark.parametrize("handler", [echo, broken, redirected])
@pytest.mark.parametrize("call", CALLS)
def test_no_secret_is_reported_even_if_the_platform_echoes_it(
    handler: Handler, call: Callable[[PlatformClient], object], everything_logged: pytest.LogCaptureFixture
) -> None:
    client, seen = watched(handler)
    with pytest.raises(PlatformError) as caught:
        call(client)
    error = caught.value
    texts = [
        *(line(one) for one in seen),
        json.dumps([asdict(one) for one in seen], default=str),
        *traceback.format_exception(error),
        repr(error.__dict__),
        repr(client),
        everything_logged.text,
    ]
    assert seen
    assert [secret for secret in SECRETS if any(secret in text for text in texts)] == []


@pytest.mark.parametrize(
    "value",
    [
        KEY,
        ClientSettings(KEY),
        FoundCredentials(KEY, "the arguments"),
        Question("CreateCustomTask", SECRETS),
        Answer(200, {"X-Token": LOG_TOKEN}, PRIVATE.encode(), START),
        Try(Question("x", SECRETS), 1, None, lambda: START, lambda: 0.0),
        SignableRequest("POST", "h", "/", (), PRIVATE.encode(), {"X-Security-Token": KEY.session_token}),
        Secrets({"HF_TOKEN": PRIVATE}, Path("/")),
        Surroundings({"VOLC_SECRETKEY": KEY.secret_key, "HF_TOKEN": PRIVATE}, Path("/"), Path("/")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_value_on_the_way_shows_a_secret_in_its_repr(value: object) -> None:
    assert not [secret for secret in SECRETS if secret in repr(value)]
