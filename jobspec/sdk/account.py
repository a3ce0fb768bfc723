"""The client that `CustomTask` uses by default: for the account in the environment."""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from jobspec.cloud.client import PlatformClient
from jobspec.config.home import home_of
from jobspec.workflow.account.account import ENDPOINT_VARIABLE, endpoint_of, platform_at
from jobspec.workflow.account.connect import wire_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jobspec.cloud.credentials import Doubt
    from jobspec.cloud.settings import ClientSettings


class ClientOfEnvironment:
    """A class attribute that is resolved at each use, so that nothing is fixed when the class is defined.

    It is replaced by any client that is set on an object, on a subclass or on the class itself.
    """

    def __get__(self, instance: object, owner: type[object]) -> PlatformClient:
        settings, doubts = settings_of(os.environ, home=home_of(os.environ))
        for doubt in doubts:
            warnings.warn(str(doubt), stacklevel=3)
        return _client(settings, os.getpid())


def settings_of(environ: Mapping[str, str], *, home: Path) -> tuple[ClientSettings, tuple[Doubt, ...]]:
    """Return the client settings from `environ` and the files below `home/.volc`, and doubts about them.

    Raises `CredentialsError` without a usable key, and `UsageError` for an invalid endpoint.
    """
    endpoint = endpoint_of(environ)
    named_by = "" if endpoint is None else ENDPOINT_VARIABLE
    return wire_settings(platform_at(endpoint), environ, home, endpoint_from=named_by)


@lru_cache(maxsize=8)
def _client(settings: ClientSettings, _process: int) -> PlatformClient:
    """Return one client per account and process: a fork must not share its open connections."""
    return PlatformClient(settings=settings)
