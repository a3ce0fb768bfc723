"""The folder of one scope of one platform: its journal, and the lock of the command that writes.

It is found by platform, region and scope, so that two clones of a repository on one machine take turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from jobspec.config.state_folder import (
    PrivateFolder,
    StateFolder,
)


@dataclass(frozen=True, slots=True)
class AccountId:
    """Where the tasks of a key are: the address of the platform, and its region.

    The key itself is left out: an account has several, and after a key was changed the same journal must be
    found. So two accounts with scopes of one name take turns, too. The local platform in process has one
    account for each store: `endpoint` is the path of its folder.
    """

    kind: str
    endpoint: str
    region: str = ""


def scope_folder(state: StateFolder, account: AccountId, scope: str) -> PrivateFolder:
    """Return where the journal and the lock of a scope are kept; nothing is made."""
    parts = (account.kind, account.endpoint.rstrip("/"), account.region, scope)
    digest = sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return PrivateFolder(state.scopes / digest, state.path)
