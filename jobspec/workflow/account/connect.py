"""From the platform section of a project to a connected client."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.cloud.client import PlatformClient
from jobspec.cloud.credentials import (
    Doubt,
    FoundCredentials,
)
from jobspec.cloud.destinations import origin_of
from jobspec.cloud.settings import (
    DEFAULT_ENDPOINT,
    DEFAULT_REGION,
    ClientSettings,
    System,
    is_on_this_machine,
)
from jobspec.cloud.signing import Credentials
from jobspec.config.project_state import (
    check_project_folder,
    make_project_folder,
    moved_from,
    project_folder,
)
from jobspec.config.scope_state import AccountId
from jobspec.errors import LocalPlatformError, StateFolderError
from jobspec.quoting import quote
from jobspec.reconcile.protocol.submit import Assumptions
from jobspec.redaction.names import names_secret
from jobspec.workflow.account.platform_key import key_for
from jobspec.workflow.state.old_folder import check_nothing_is_left_behind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from wsgiref.types import WSGIApplication

    from jobspec.config.state_folder import StateFolder
    from jobspec.local.folder import Folder
    from jobspec.local.settings import Settings
    from jobspec.manifest.values import Platform
    from jobspec.workflow.surroundings import Surroundings

LOCAL_ENDPOINT = "http://jobspec.local"
# In process there is nothing to protect from; the keys only let the same signing code run everywhere.
BUILT_IN = FoundCredentials(
    Credentials("jobspec-local", "jobspec-local-platform"), source="the built-in key of the local platform"
)


_LOCAL_HINTS = {
    "ResourceNotFound": "check the id; a local platform has only the tasks of its own project folder",
    "QuotaExceeded": "reduce `replicas`, or raise `platform.slots`; without it, JOBSPEC_LOCAL_SLOTS applies",
}


class PlatformAddress(Struct, frozen=True):
    """Where the tasks run: the endpoint of the API, or the folder of the local platform in process.

    `endpoint_from` is the option or the variable with which the user named the endpoint, if any.
    """

    kind: str
    region: str = ""
    endpoint: str = ""
    endpoint_from: str = ""


class Connection(Struct, frozen=True):
    """A client, its platform, the assumptions about that, and notices for the user.

    A `writes_per_second` of 0 sets no limit. Each of `warnings` is a complete line. `local` is the
    folder of the local platform in process.
    """

    client: PlatformClient
    address: PlatformAddress
    account: AccountId
    assumptions: Assumptions
    writes_per_second: float = 0.0
    warnings: tuple[str, ...] = ()
    local: Folder | None = None


class ProjectPlace(Struct, frozen=True):
    """The root of a project, or the folder used as one, and the project's name if it has one."""

    root: Path
    project: str = ""


def connect(
    platform: Platform, place: ProjectPlace, surroundings: Surroundings, *, endpoint_from: str = ""
) -> Connection:
    """Return a client of the platform. `place` selects the store on the local platform.

    `endpoint_from` is the option or the variable with which the user named the endpoint, if any.
    """
    if is_in_process(platform):
        return _in_process(platform, place, surroundings)
    return _over_the_wire(platform, surroundings, endpoint_from)


def is_in_process(platform: Platform) -> bool:
    """Return whether the platform is a local one in a folder, which needs no server."""
    return platform.kind == "local" and platform.endpoint is None


def local_folder(place: ProjectPlace, state: StateFolder) -> Folder:
    """Return the local platform's folder of a place. Raises `StateFolderError` if it is refused."""
    from jobspec.local.errors import FolderRefused  # noqa: PLC0415 - only for the local platform
    from jobspec.local.folder import Folder  # noqa: PLC0415

    root = place.root.resolve()

    def make() -> None:
        try:
            if not check_project_folder(state, root):
                check_nothing_is_left_behind(root)
            make_project_folder(state, root, place.project)
        except StateFolderError as error:
            raise FolderRefused(error.message, help=error.help) from error

    check_project_folder(state, root)
    return Folder(root, project_folder(state, root).path, make)


def system_of(surroundings: Surroundings) -> System:
    """Return the clock for a client: an interrupt ends its pauses and retries."""
    clock = surroundings.clock
    return System(
        sleep=clock.sleep, is_interrupted=lambda: clock.is_interrupted, observer=surroundings.observer
    )


def assumptions_of(platform: Platform) -> Assumptions:
    """Return the two time limits of the platform."""
    return Assumptions(float(platform.list_lag_seconds), float(platform.commit_window_seconds))


def _in_process(platform: Platform, place: ProjectPlace, surroundings: Surroundings) -> Connection:
    from jobspec.cloud.connection.in_process import InProcess  # noqa: PLC0415 - only for the local platform

    settings = ClientSettings(
        BUILT_IN.credentials,
        endpoint=LOCAL_ENDPOINT,
        credential_source=BUILT_IN.source,
        hints=_LOCAL_HINTS,
    )
    folder = local_folder(place, surroundings.state)
    transport = InProcess(_local_application(platform, folder))
    client = PlatformClient(settings=settings, transport=transport, system=system_of(surroundings))
    address = PlatformAddress("local", endpoint=str(folder.path))
    account = AccountId("local", address.endpoint)
    _report_moved(place, surroundings)
    pace = platform.writes_per_second
    return Connection(client, address, account, assumptions_of(platform), pace, local=folder)


def _report_moved(place: ProjectPlace, surroundings: Surroundings) -> None:
    """Report the state that the project certainly had at another path; nothing is changed."""
    root = place.root.resolve()
    before = moved_from(surroundings.state, root, place.project)
    if before:
        move = f"jobspec state move {shlex.quote(before)} {shlex.quote(str(root))}"
        surroundings.notify(
            f"{quote(place.project)} has no runs here, but has runs from {quote(before)}, "
            f"which no longer exists; to move them here, run: {move}"
        )


def _local_application(platform: Platform, folder: Folder) -> WSGIApplication:
    from jobspec.local.api.app import application  # noqa: PLC0415 - only for the local platform
    from jobspec.local.errors import LocalError  # noqa: PLC0415

    try:
        key = BUILT_IN.credentials
        keys = {key.access_key: key.secret_key}
        return application(folder, keys=keys, settings=settings_for(platform), hides=names_secret)
    except LocalError as error:
        raise LocalPlatformError(error.message, help=error.help) from error


def settings_for(platform: Platform) -> Settings:
    """Return the settings of the local platform: the environment's, overridden by the project's."""
    from jobspec.local.settings import RetryMode, from_environment  # noqa: PLC0415 - only for the local platform

    settings = with_inventory(from_environment(os.environ))
    if platform.slots is not None:
        settings = replace(settings, slots=platform.slots)
    if platform.retry_mode is not None:
        settings = replace(settings, retry_mode=RetryMode(platform.retry_mode))
    if platform.log_limit is not None:
        settings = replace(settings, log_limit=platform.log_limit)
    return settings


def with_inventory(settings: Settings) -> Settings:
    """Return the settings with the inventory that the environment names, if any."""
    from jobspec.local.settings import INVENTORY  # noqa: PLC0415 - only for the local platform

    if not os.environ.get(INVENTORY, "").strip():
        return settings
    from jobspec.workflow.account.inventory import inventory_of_environment  # noqa: PLC0415 - few have one

    inventory = inventory_of_environment(os.environ)
    return settings if inventory is None else replace(settings, inventory=inventory)


def wire_settings(
    platform: Platform, environ: Mapping[str, str], home: Path, *, endpoint_from: str = ""
) -> tuple[ClientSettings, tuple[Doubt, ...]]:
    """Return the settings of a client for a remote platform, and doubts about its key.

    Raises `CredentialsError` without a key that may be sent there, and `UsageError` for an invalid endpoint.
    """
    key = key_for(platform, environ, home, endpoint_from=endpoint_from)
    found = key.found
    settings = ClientSettings(
        found.credentials,
        endpoint=platform.endpoint or DEFAULT_ENDPOINT,
        region=platform.region or found.region or DEFAULT_REGION,
        credential_source=found.source,
        is_proven=key.is_proven,
        hints=_LOCAL_HINTS if platform.kind == "local" else {},
    )
    return settings, found.doubts


def _over_the_wire(platform: Platform, surroundings: Surroundings, endpoint_from: str) -> Connection:
    settings, doubts = wire_settings(
        platform, surroundings.environ, surroundings.home, endpoint_from=endpoint_from
    )
    address = PlatformAddress(platform.kind, settings.region, settings.endpoint, endpoint_from)
    client = PlatformClient(settings=settings, system=system_of(surroundings))
    exceptions = "" if is_on_this_machine(settings.endpoint) else left_out_exceptions()
    warnings = (
        *(f"warning: {doubt}" for doubt in doubts),
        *([f"warning[JS535]: {exceptions}"] if exceptions else ()),
    )
    account = AccountId(platform.kind, origin_of(settings.endpoint).url, settings.region)
    pace = platform.writes_per_second
    return Connection(client, address, account, assumptions_of(platform), pace, warnings)


def left_out_exceptions() -> str:
    """Return a warning about entries of `NO_PROXY` that have no effect; empty if there are none."""
    from jobspec.cloud.connection.network import invalid_exceptions  # noqa: PLC0415 - for a remote platform

    invalid = ", ".join(quote(one) for one in invalid_exceptions())
    return f"ignored entries in `NO_PROXY` that match no host: {invalid}" if invalid else ""
