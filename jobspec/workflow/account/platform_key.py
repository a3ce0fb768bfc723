"""Selects the key for a remote platform: the user's own if it may be sent there, or the one `serve` left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.cloud.credentials import FoundCredentials, find_credentials
from jobspec.cloud.destinations import check_destination, check_plain, origin_of
from jobspec.cloud.settings import DEFAULT_ENDPOINT, is_on_this_machine
from jobspec.cloud.signing import Credentials
from jobspec.config.servers import (
    ServerKey,
    find_server_key,
)
from jobspec.config.state_folder import find_state_folder
from jobspec.errors import EndpointNotAllowed
from jobspec.quoting import quote
from jobspec.workflow.project.configuration import read_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jobspec.manifest.values import Platform


class PlatformKey(Struct, frozen=True):
    """A key, and whether the server must prove that it holds it before anything secret is sent."""

    found: FoundCredentials
    is_proven: bool = False


def key_for(
    platform: Platform, environ: Mapping[str, str], home: Path, *, endpoint_from: str = ""
) -> PlatformKey:
    """Return the key for a remote platform.

    `endpoint_from` is the option or the variable with which the user named the endpoint; empty if only the
    project names it. Raises `EndpointNotAllowed` if no key may be sent there, and `CredentialsError` without
    a key.
    """
    endpoint = platform.endpoint or DEFAULT_ENDPOINT
    check_plain(endpoint)
    server = _server(platform, endpoint, environ, home)
    if server is not None and server.secret_key:
        key = Credentials(server.access_key, server.secret_key)
        return PlatformKey(
            FoundCredentials(key, f"{quote(server.file)}, which `jobspec serve` wrote"), is_proven=True
        )
    configuration = read_configuration(environ, home)
    try:
        check_destination(endpoint, configuration, typed=bool(endpoint_from))
    except EndpointNotAllowed as error:
        if _is_served_here(platform, endpoint) and server is None:
            raise _not_served(endpoint, error) from None
        raise
    found = find_credentials(environ, home=home, profile=platform.profile, region=platform.region)
    return PlatformKey(found, is_proven=_is_served_here(platform, endpoint))


def _is_served_here(platform: Platform, endpoint: str) -> bool:
    """Return whether this user's `jobspec serve` listens there: later, another user may take its port."""
    return platform.kind == "local" and is_on_this_machine(endpoint)


def _server(platform: Platform, endpoint: str, environ: Mapping[str, str], home: Path) -> ServerKey | None:
    if not _is_served_here(platform, endpoint):
        return None
    origin = origin_of(endpoint)
    return find_server_key(find_state_folder(environ, home), origin.host, origin.port)


def _not_served(endpoint: str, error: EndpointNotAllowed) -> EndpointNotAllowed:
    error_ = EndpointNotAllowed(
        f"no `jobspec serve` of yours is running at {quote(endpoint)}, and only the project file sets "
        "that endpoint",
        help=f"start the server: jobspec serve FOLDER --port "
        f"{origin_of(endpoint).port}; for another server, {error.help}",
    )
    error_.code = "JS348"
    return error_
