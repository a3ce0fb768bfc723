"""The client that `CustomTask` uses when it is given none: for the account that the environment names."""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.credentials import Found, find_credentials
from jobspec.cloud.settings import DEFAULT_ENDPOINT, DEFAULT_REGION, ClientSettings
from jobspec.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT = "JOBSPEC_ENDPOINT"


class ClientOfEnvironment:
    """A class attribute that is found anew at each use, so that nothing is fixed when the class is made.

    It gives way to whatever is set in its place: on an object, on a subclass or on the class itself.
    """

    def __get__(self, instance: object, owner: type[object]) -> PlatformClient:
        settings, told = settings_of(os.environ, home=Path.home())
        for warning in told:
            warnings.warn(warning, stacklevel=3)
        return _client(settings, os.getpid())


def settings_of(environ: Mapping[str, str], *, home: Path) -> tuple[ClientSettings, tuple[str, ...]]:
    """Where `environ` and the files below `home/.volc` lead, and what a person should know about it.

    Raises `CredentialsError` without a usable key, and `UsageError` for an endpoint that is no address.
    """
    endpoint = environ.get(ENDPOINT, "").strip() or DEFAULT_ENDPOINT
    found = _found(environ, home=home, endpoint=endpoint)
    settings = ClientSettings(
        found.credentials,
        endpoint=endpoint,
        region=found.region or DEFAULT_REGION,
        credential_source=found.source,
    )
    return settings, found.warnings


def _found(environ: Mapping[str, str], *, home: Path, endpoint: str) -> Found:
    try:
        return find_credentials(environ, home=home)
    except CredentialsError:
        if not endpoint.startswith("http://"):  # a served local platform without keys accepts any signature
            raise
    from jobspec.workflow.connect import LOCAL_KEYS  # noqa: PLC0415 - only for a served local platform

    return Found(LOCAL_KEYS, source="the built-in key of the local platform")


@lru_cache(maxsize=8)
def _client(settings: ClientSettings, _process: int) -> PlatformClient:
    """One client an account and a process: its connections stay open, and a fork must not share them."""
    return PlatformClient(settings=settings)
