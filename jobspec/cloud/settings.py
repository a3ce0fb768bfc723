"""The settings of a client: the platform, the account, the timeouts, and the machine's clock."""

from __future__ import annotations

import ipaddress
import random
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct, field

from jobspec.cloud.connection.hosts import is_host
from jobspec.cloud.retry import RetryPolicy
from jobspec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobspec.cloud.observing import Observer
    from jobspec.cloud.signing import Credentials

DEFAULT_ENDPOINT = "https://open.volcengineapi.com"
DEFAULT_REGION = "cn-beijing"


class Timeouts(Struct, frozen=True):
    """Timeouts in seconds. `connect`, `write` and `read` apply to one step, `total` to a whole response.

    `total` is checked after every chunk of the body; one chunk may take as long as `read`.
    """

    connect: float = 10.0
    write: float = 30.0
    read: float = 30.0
    total: float = 60.0

    def at_most(self, seconds: float) -> Timeouts:
        """Return the same timeouts, each limited to the given number of seconds."""
        steps = (self.connect, self.write, self.read, self.total)
        return Timeouts(*(min(step, seconds) for step in steps))


class ClientSettings(Struct, frozen=True):
    """One account on one platform. `credential_source` and `hints` are only used in messages of refusals.

    With `is_proven`, the server must prove that it holds the secret key before it receives a task. Raises
    `UsageError` for an endpoint that is not `http://host` or `https://host`, with or without a port.
    """

    credentials: Credentials
    endpoint: str = DEFAULT_ENDPOINT
    region: str = DEFAULT_REGION
    credential_source: str = ""
    is_proven: bool = False
    hints: Mapping[str, str] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def __post_init__(self) -> None:
        check_endpoint(self.endpoint)

    def __hash__(self) -> int:
        """Return a hash of the address and the key; the hints are a map."""
        return hash((self.endpoint, self.credentials))


class System(Struct, frozen=True):
    """The clock, sleep and randomness of the machine; a replacement makes a client deterministic.

    `now` is aware, `monotonic` and `sleep` are in seconds, `chance` is uniform in [0, 1), and `nonce` returns
    a new text on each call. Once `is_interrupted` returns True, nothing is retried. `observer` receives each
    try of a request.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    nonce: Callable[[], str] = lambda: secrets.token_hex(16)
    is_interrupted: Callable[[], bool] = lambda: False
    observer: Observer | None = None


MACHINE = System()


def check_endpoint(endpoint: str) -> None:
    """Raise `UsageError` unless `endpoint` is http or https and a host, with an optional port."""
    if not _is_origin(endpoint):
        raise no_endpoint()


def no_endpoint() -> UsageError:
    """Return the error for an invalid endpoint. It does not quote it: the invalid part may be a password."""
    return UsageError(
        "the platform's `endpoint` is not a plain http or https address",
        help=f"use the form `{DEFAULT_ENDPOINT}` or `http://127.0.0.1:8080`",
    )


def is_on_this_machine(endpoint: str) -> bool:
    """Whether only this machine can answer at `endpoint`: at 127.0.0.0/8, ::1 or localhost."""
    try:
        return _is_loopback(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_origin(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in {"http", "https"} and _is_plain(parts) and parts.port != 0
    except ValueError:
        return False


def _is_plain(parts: SplitResult) -> bool:
    has_more = parts.username is not None or parts.query or parts.fragment or parts.path not in {"", "/"}
    return is_host(parts.hostname or "") and not has_more
