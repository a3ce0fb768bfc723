"""The folder of one scope of one account: its journal, and the lock under which one command writes at a time.

It is found by platform, account and scope, so that two clones of a repository on one machine take turns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from jobspec.config.state_folder import PrivateFolder

if TYPE_CHECKING:
    from jobspec.config.state_folder import StateFolder


@dataclass(frozen=True, slots=True)
class AccountId:
    """Which tasks a key leads to: the address of the platform, its region, and the id of the access key.

    The local platform in process has one account for each store: `endpoint` is the path of its folder.
    """

    kind: str
    endpoint: str
    region: str = ""
    access_key: str = field(default="", repr=False)


def scope_folder(state: StateFolder, account: AccountId, scope: str) -> PrivateFolder:
    """Return where the journal and the lock of a scope are kept; nothing is made."""
    parts = (account.kind, account.endpoint.rstrip("/"), account.region, account.access_key, scope)
    digest = sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return PrivateFolder(state.scopes / digest, state.path)
