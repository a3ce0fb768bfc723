"""The folder of one scope on one platform: its journal, and the lock of the command that writes.

It is found by platform, region and scope, so that two clones of a repository on one machine share the lock.
"""

from __future__ import annotations

from hashlib import sha256

from msgspec import Struct

from jobspec.config.state_folder import (
    PrivateFolder,
    StateFolder,
)


class AccountId(Struct, frozen=True):
    """The account that holds the tasks of a key: the address of the platform, and its region.

    The key itself is left out: an account has several, and the same journal must be found after the key was
    changed. Therefore two accounts with scopes of the same name share a lock, too. The in-process local
    platform has one account per store: `endpoint` is the path of its folder.
    """

    kind: str
    endpoint: str
    region: str = ""


def scope_folder(state: StateFolder, account: AccountId, scope: str) -> PrivateFolder:
    """Return the folder for the journal and the lock of a scope; creates nothing."""
    parts = (account.kind, account.endpoint.rstrip("/"), account.region, scope)
    digest = sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return PrivateFolder(state.scopes / digest, state.path)
