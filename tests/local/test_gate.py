"""Access control: signed requests with keys, and no web page without."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from jobspec.cloud.signing import Credentials, SignableRequest, sign
from jobspec.local.api.app import LocalPlatform, application
from jobspec.local.api.gate import host_name, is_loopback
from tests.local.calls import Reply, send
from tests.local.places import place

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"AK": "sk-secret"}
QUERY = (("Action", "ListCustomTasks"), ("Version", "2021-10-01"))
URL = "/?Action=ListCustomTasks&Version=2021-10-01"


@pytest.fixture
def signed_app(root: Path) -> LocalPlatform:
    return application(place(root), keys=KEYS)


def post(  # noqa: PLR0913 - the parts of a request
    app: LocalPlatform,
    *,
    key: str = "AK",
    secret: str = "sk-secret",
    age: timedelta = timedelta(),
    sent: bytes = b"{}",
    url: str = URL,
    service: str = "ml_platform",
) -> Reply:
    request = SignableRequest("POST", "local.test", "/", QUERY, b"{}")
    now = datetime.now(UTC) - age
    headers = sign(request, Credentials(key, secret), region="cn-shanghai", service=service, now=now)
    return send(app, "POST", url, data=sent, headers=headers)


def test_a_signed_request_is_answered_in_its_region(signed_app: LocalPlatform) -> None:
    reply = post(signed_app)
    assert reply.status == 200
    assert reply.json["ResponseMetadata"]["Region"] == "cn-shanghai"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"key": "other"}, "InvalidAccessKey"),
        ({"age": timedelta(hours=1)}, "InvalidTimestamp"),
        ({"sent": b'{"Limit": 5}'}, "SignatureDoesNotMatch"),
        ({"url": f"{URL}&More=1"}, "SignatureDoesNotMatch"),
        ({"service": "iam"}, "SignatureDoesNotMatch"),
    ],
)
def test_a_request_that_is_not_signed_correctly_is_refused(
    signed_app: LocalPlatform, changed: dict[str, str], code: str
) -> None:
    reply = post(signed_app, **changed)  # type: ignore[arg-type] # one keyword of several types
    assert (reply.status, reply.error) == (401, code)


def test_an_unsigned_request_is_refused_when_there_are_keys(signed_app: LocalPlatform) -> None:
    assert send(signed_app, "POST", URL, data=b"{}").error == "MissingAuthentication"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Content-Type": "application/json; charset=utf-8", "Host": "localhost:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Origin": "https://example.com"}, 403),
        ({"Host": "rebound.example.com"}, 403),
    ],
)
def test_without_keys_no_web_page_can_call(app: LocalPlatform, headers: dict[str, str], status: int) -> None:
    assert send(app, "POST", URL, data=json.dumps({}).encode(), headers=headers).status == status


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:80", True),
        ("127.9.9.9", True),
        ("LOCALHOST", True),
        ("[::1]:1", True),
        ("0.0.0.0", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_names_that_certainly_mean_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host_name(host)) is expected
