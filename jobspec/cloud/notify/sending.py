"""Sends one digest, once, within a time limit. It raises nothing: the check does not depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.cloud.connection.posting import post
from jobspec.cloud.notify.answers import refusal
from jobspec.cloud.notify.messages import message
from jobspec.errors import JobspecError
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
        answer = post(message(address, digest, now), within=within, transport=transport)
    except JobspecError as error:
        return shown(error.message, address.secrets)
    except Exception as error:
        return f"it could not be sent ({type(error).__name__})"
    return refusal(address, answer)
