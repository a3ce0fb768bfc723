"""Check that a server proved that it holds the key of the user's local platform. Pure.

After `jobspec serve` has died, another user's program may listen on its port: it does not know the key.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from jobspec.cloud.signing import PROOF_HEADER
from jobspec.errors import BadAnswer, ServerUnproven

if TYPE_CHECKING:
    from jobspec.cloud.answers.envelope import Answer

ACTION_OF_PROOF = "ListCustomTasks"
"""The action that is sent with an empty body, to get a proof before anything else is sent."""
REFUSES_KEY = 401
"""The status of a server that does not accept the key, and so may not hold it."""
_UNPROVEN = "the server does not prove that it is your `jobspec serve`"
_HELP = (
    "check which program listens there, then restart `jobspec serve`. For another platform, or a "
    "forwarded port, set `kind: volcengine`, or pass --platform volcengine"
)


def is_read(action: str) -> bool:
    """Whether the request body of an action contains nothing about a task."""
    return action.startswith(("Get", "List"))


def check_proof(answer: Answer, action: str, expected: str) -> None:
    """Return if the response proves the key, or refuses a read: a refusal is reported, and nothing follows.

    `expected` is the proof for the nonce that was sent and the address that it was sent to.

    Raises `ServerUnproven`, or `BadAnswer` if a write was sent.
    """
    given = answer.headers.get(PROOF_HEADER.lower(), "")
    if hmac.compare_digest(given.encode(), expected.encode()):
        return
    if is_read(action) and answer.status == REFUSES_KEY:
        return  # only the refusal is read from it
    if is_read(action):
        raise unproven(action)
    raise BadAnswer(_UNPROVEN, action=action, status=answer.status, help=_HELP)


def unproven(action: str) -> ServerUnproven:
    """Return the error for a server without a valid proof, before the request was sent."""
    return ServerUnproven(f"{_UNPROVEN}, so the request was not sent", action=action, help=_HELP)
