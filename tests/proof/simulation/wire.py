"""Two ways from the real client to the simulated platform.

Over HTTP nothing of the client is left out: requests are built, signed, sent through `httpx`, and what comes
back is translated. The short way skips just that, httpx and the signature, for explorations of many
thousand runs: retries, envelopes, records, pages and the proof that a list is complete are the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, cast
from unittest import mock

import httpx

from jobspec.cloud import client as client_module
from jobspec.cloud.answers.envelope import Answer
from jobspec.cloud.client import PlatformClient
from jobspec.cloud.connection.background import StartRead
from jobspec.cloud.connection.exchange import Exchange
from jobspec.cloud.settings import ClientSettings, System
from jobspec.cloud.signing import Credentials
from jobspec.errors import NotSent, Unavailable
from tests.proof.simulation.faults import Frontend, Lost, Reply, Unsent

T = TypeVar("T")
_SETTINGS = ClientSettings(Credentials("simulated", "simulated-secret"), endpoint="http://127.0.0.1:9")


def over_http(frontend: Frontend, system: System) -> PlatformClient:
    """The whole client, its transport answered by the platform."""

    def answer(request: httpx.Request) -> httpx.Response:
        try:
            reply = frontend.post(request.url.params["Action"], json.loads(request.content))
        except Unsent:
            raise httpx.ConnectError("refused", request=request) from None
        except Lost:
            raise httpx.ReadTimeout("timed out", request=request) from None
        return httpx.Response(reply.status, content=reply.body)

    return PlatformClient(settings=_SETTINGS, transport=httpx.MockTransport(answer), system=system)


class _ShortWay:
    """Stands where the exchange of HTTP stands in the client."""

    def __init__(self, frontend: Frontend, now: Callable[[], datetime]) -> None:
        self._frontend = frontend
        self._now = now

    def post(self, action: str, body: bytes, *, within: float) -> Answer:
        """What `Exchange.post` answers and raises."""
        sent_at = self._now()
        reply = self._reply(action, body)
        return Answer(reply.status, {}, reply.body, sent_at)

    def _reply(self, action: str, body: bytes) -> Reply:
        try:
            return self._frontend.post(action, json.loads(body))
        except Unsent:
            raise NotSent(
                f"127.0.0.1:9 could not be reached for `{action}`: refused", action=action
            ) from None
        except Lost:
            raise Unavailable(f"the response to `{action}` timed out", action=action) from None


def by_the_short_way(frontend: Frontend, system: System) -> PlatformClient:
    """The client without httpx below it."""
    with mock.patch.object(client_module, "Exchange", lambda *_, **__: None):
        client = PlatformClient(settings=_SETTINGS, system=system)
    client._exchange = cast("Exchange", _ShortWay(frontend, system.now))
    return client


@contextmanager
def at_once(_threads: int) -> Iterator[StartRead]:
    """Read pages ahead without a thread: immediately, in the order of the calls.

    Replaces `cloud.connection.background.reading_ahead`, whose threads would make runs depend on timing.
    """
    yield _read_now


def _read_now(read: Callable[[], T]) -> Callable[[], T]:
    try:
        value = read()
    except Exception as error:  # raised again by who waits
        caught = error

        def fail() -> T:
            raise caught

        return fail
    return lambda: value
