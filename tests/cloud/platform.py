"""A client with a transport that the test chooses, and with a clock that advances only during sleep."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.settings import ClientSettings, System
from jobspec.cloud.signing import Credentials

START = datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC)
KEY = Credentials("AKLT-access-key", "secret-of-the-key", "token-of-the-key")
ENDPOINT = "http://platform.example"

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeClock:
    """Seconds since `START`; `sleep` advances it and records the duration."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def system(self) -> System:
        return System(
            now=lambda: START + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
            chance=lambda: 0.5,
        )


@dataclass
class Script:
    """Responds to requests in order, then repeats the last response; an exception is raised instead."""

    steps: tuple[httpx.Response | Exception | Handler, ...]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    @property
    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(request.content) for request in self.requests]

    @property
    def actions(self) -> list[str]:
        return [request.url.params["Action"] for request in self.requests]


def script(*steps: httpx.Response | Exception | Handler) -> Script:
    return Script(steps)


def client(handler: Handler, clock: FakeClock | None = None, endpoint: str = ENDPOINT) -> PlatformClient:
    settings = ClientSettings(credentials=KEY, endpoint=endpoint, credential_source="`VOLC_ACCESSKEY`")
    system = (clock or FakeClock()).system()
    return PlatformClient(settings=settings, transport=httpx.MockTransport(handler), system=system)


def ok(result: object = None, **extra: object) -> httpx.Response:
    return httpx.Response(200, json={"ResponseMetadata": {"RequestId": "r-1"}, "Result": result, **extra})


def api_error(
    status: int, code: str, message: str = "no", headers: dict[str, str] | None = None
) -> httpx.Response:
    metadata = {"RequestId": "r-2", "Error": {"Code": code, "Message": message}}
    return httpx.Response(status, json={"ResponseMetadata": metadata}, headers=headers)


def html(status: int) -> httpx.Response:
    return httpx.Response(status, html="<html>gateway</html>")


def streamed(
    status: int, pieces: Callable[[], Iterator[bytes]], headers: dict[str, str] | None = None
) -> httpx.Response:
    return httpx.Response(status, content=pieces(), headers=headers)
