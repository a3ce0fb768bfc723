"""Whether a server proved that it holds the key of the user's local platform; pure.

After `jobspec serve` has died, another user's program may listen at its port: it knows no key.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from jobspec.cloud.signing import PROOF_HEADER
from jobspec.errors import BadAnswer, ServerUnproven

if TYPE_CHECKING:
    from jobspec.cloud.answers.envelope import Answer

ACTION_OF_PROOF = "ListCustomTasks"
"""What is asked for, with an empty body, to see a proof before anything is sent."""
REFUSES_KEY = 401
"""The status of a server that does not accept the key, and so may not hold it."""
_UNPROVEN = "the server does not prove that it is your `jobspec serve`"
_HELP = (
    "check which program listens there, then restart `jobspec serve`. For another platform, or a "
    "forwarded port, set `kind: volcengine`, or pass --platform volcengine"
)


def is_read(action: str) -> bool:
    """Whether the body of an action holds nothing of a task."""
    return action.startswith(("Get", "List"))


def check_proof(answer: Answer, action: str, expected: str) -> None:
    """Return if the answer proves the key, or refuses a read: then it says why, and nothing follows.

    `expected` is the proof for the nonce that was sent and the address it was sent to.

    Raises `ServerUnproven`, or `BadAnswer` where a write was sent.
    """
    given = answer.headers.get(PROOF_HEADER.lower(), "")
    if hmac.compare_digest(given.encode(), expected.encode()):
        return
    if is_read(action) and answer.status == REFUSES_KEY:
        return  # nothing but the refusal is read from it
    if is_read(action):
        raise unproven(action)
    raise BadAnswer(_UNPROVEN, action=action, status=answer.status, help=_HELP)


def unproven(action: str) -> ServerUnproven:
    """The error for a server that proves nothing, before anything was sent."""
    return ServerUnproven(f"{_UNPROVEN}, so the request was not sent", action=action, help=_HELP)
