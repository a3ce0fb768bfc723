"""An account on a platform whose answers are set by the test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.config.scope_state import AccountId
from jobspec.manifest.values import Platform
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.workflow.account.account import Located
from jobspec.workflow.account.connect import Connection, PlatformAddress
from jobspec.workflow.account.tasks import OpenAccount
from jobspec.workflow.surroundings import Surroundings
from tests.cloud.platform import client

if TYPE_CHECKING:
    from tests.cloud.platform import Handler

ACCOUNT = AccountId("volcengine", "https://platform.example")
ADDRESS = PlatformAddress(kind="volcengine", region="cn-beijing", endpoint="https://platform.example")


def account(handler: Handler) -> OpenAccount:
    """An account whose client is answered by `handler`."""
    nowhere = Path("/nowhere")
    connection = Connection(client(handler), ADDRESS, ACCOUNT, Assumptions(0.0, 0.0))
    return OpenAccount(
        Located(Platform(kind="volcengine"), nowhere), connection, Surroundings({}, nowhere, nowhere)
    )
