"""The one seam to the platform: a complete, signed request goes out, and a response comes in. Pure.

A sender adds no header that is signed, sends once, follows no redirect, and decides nothing: the limits on
the response are those of the exchange, whatever carried it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from jobspec.concealing import Concealing
from jobspec.errors import BadAnswer, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from jobspec.cloud.settings import Timeouts


class Outgoing(Concealing, frozen=True):
    """A complete, signed request; `action` names it in errors."""

    concealed: ClassVar[frozenset[str]] = frozenset({"url", "headers", "body"})
    action: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class Received(Concealing, frozen=True):
    """A response whose body is still to be read. Header names are in lower case.

    `address` is the normalized address and port of the server that sent it; empty if there is none.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"headers", "pieces"})
    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]
    address: str = ""


class Sender(ABC):
    """Carries requests to one platform; many threads may use it at once."""

    @abstractmethod
    def open(self, request: Outgoing, times: Timeouts) -> AbstractContextManager[Received]:
        """Send the request once, and hold the response open within the context.

        Entering and reading may raise `NotSent`, `Unavailable` and `BadAnswer`.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the connections, if there are any."""


def not_a_url() -> BadAnswer:
    """Return the error for an address of a log that cannot be requested."""
    return BadAnswer(
        "the platform gave a log address that is not a URL",
        action="GET",
        help="open the log in the platform's console",
    )


def unavailable(action: str, what: str) -> Unavailable:
    """Return the error for a response that did not arrive completely."""
    return Unavailable(f"the response to `{action}` {what}", action=action, help="try again later")
