"""Sends one digest, once, within a time limit. It raises nothing: the check does not depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.cloud.connection import web
from jobspec.cloud.connection.background import limited
from jobspec.cloud.notify.answers import refusal
from jobspec.cloud.notify.messages import message
from jobspec.redaction.answers import shown

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.cloud.connection.network import Transport
    from jobspec.cloud.notify.address import WebhookAddress
    from jobspec.cloud.notify.digest import ChatDigest

SECONDS = 10.0


def send(
    address: WebhookAddress,
    digest: ChatDigest,
    now: datetime,
    *,
    within: float = SECONDS,
    transport: Transport | None = None,
) -> str:
    """Send the digest; return why it was not accepted, without secrets, or an empty text.

    Nothing is sent twice: a signature that is refused once is refused again, and after a timeout the message
    may have arrived.
    """
    try:
        request = message(address, digest, now)
        answer = limited(lambda: web.send(request, seconds=within, transport=transport), within)
    except TimeoutError:
        return f"the response took longer than {within:.3g} s"
    except Exception as error:
        return f"it could not be sent ({type(error).__name__})"
    return shown(answer.problem, address.secrets) if answer.problem else refusal(address, answer)
