"""The client that `CustomTask` uses when it is given none: for the account that the environment names."""

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
    """A class attribute that is found anew at each use, so that nothing is fixed when the class is made.

    It gives way to whatever is set in its place: on an object, on a subclass or on the class itself.
    """

    def __get__(self, instance: object, owner: type[object]) -> PlatformClient:
        settings, doubts = settings_of(os.environ, home=home_of(os.environ))
        for doubt in doubts:
            warnings.warn(str(doubt), stacklevel=3)
        return _client(settings, os.getpid())


def settings_of(environ: Mapping[str, str], *, home: Path) -> tuple[ClientSettings, tuple[Doubt, ...]]:
    """Where `environ` and the files below `home/.volc` lead, and what a person should know about it.

    Raises `CredentialsError` without a usable key, and `UsageError` for an endpoint that is no address.
    """
    endpoint = endpoint_of(environ)
    named_by = "" if endpoint is None else ENDPOINT_VARIABLE
    return wire_settings(platform_at(endpoint), environ, home, endpoint_from=named_by)


@lru_cache(maxsize=8)
def _client(settings: ClientSettings, _process: int) -> PlatformClient:
    """One client an account and a process: its connections stay open, and a fork must not share them."""
    return PlatformClient(settings=settings)
