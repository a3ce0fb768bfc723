"""`jobspec serve`: the local platform over HTTP, for any client of the API."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from jobspec.cli import interrupts, options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import FOLDER, PATH, TEXT, OneOf, WholeNumber
from jobspec.cloud.credentials import check_profile_counts, find_credentials
from jobspec.config.home import NO_HOME, home_of
from jobspec.config.state_folder import ELSEWHERE, find_state_folder, make_private
from jobspec.errors import LocalPlatformError, ServeRefused, StateFolderError
from jobspec.local import errors
from jobspec.local.api.gate import is_loopback
from jobspec.local.api.server import Address
from jobspec.local.api.server import serve as listen
from jobspec.local.api.server_file import (
    AcceptedKey,
    ServerFile,
    new_key,
)
from jobspec.local.settings import (
    RetryMode,
    Settings,
    from_environment,
)
from jobspec.quoting import quote
from jobspec.redaction.names import names_secret
from jobspec.workflow.account.connect import ProjectPlace, local_folder, with_inventory
from jobspec.workflow.state.old_folder import report_old_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobspec.local.folder import Folder


@click.command()
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--host", type=TEXT, default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 for any free one.",
)
@click.option(
    "--signed",
    is_flag=True,
    help="Accept only requests signed with your own platform key (environment or ~/.volc). Without this "
    "option, the server creates a key that your commands on this machine find automatically.",
)
@click.option(
    "--profile",
    type=TEXT,
    metavar="NAME",
    show_default="default",
    help="Profile in ~/.volc/credentials to use with --signed.",
)
@click.option(
    "--retry-mode",
    type=OneOf("retry mode", [mode.value for mode in RetryMode]),
    show_default="new-id-with-tags",
    help="How the platform retries a failed task: under the same id, or as a new task with the same name.",
)
@click.option(
    "--inventory",
    type=PATH,
    metavar="FILE",
    help="YAML or JSON file with the queues, flavors and mounts to offer; by default, one queue for this "
    "machine, or the file in JOBSPEC_LOCAL_INVENTORY.",
)
def serve(
    *,
    folder: Path,
    host: str,
    port: int,
    signed: bool,
    profile: str | None,
    retry_mode: str | None,
    inventory: Path | None,
) -> int:
    """Serve the local platform over HTTP until Ctrl-C or SIGTERM.

    Runs the submitted tasks in FOLDER, the current folder by default.

    To use the server from a project, set `platform: {kind: local, endpoint: http://127.0.0.1:8765}`. Every
    request except /healthz must be signed, either with the key that is created for this server and that only
    you can read, or with VOLC_ACCESSKEY and VOLC_SECRETKEY if serve was started with them.
    """
    key, keys = _signed(profile) if signed else _unsigned(host)
    with _own_errors(), interrupts.raised(), _announced(key) as announce:
        listen(
            _served(folder),
            on_ready=announce,
            address=Address(host, port),
            keys=keys,
            settings=_settings(retry_mode, inventory),
            hides=names_secret,
        )
    terminal.message("Server stopped; tasks keep running")
    return Exit.DONE


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raise the errors of the local platform as errors of jobspec."""
    try:
        yield
    except errors.CannotServe as error:
        raise ServeRefused(error.message, help=error.help) from error
    except errors.LocalError as error:
        raise LocalPlatformError(error.message, help=error.help) from error


def _served(root: Path) -> Folder:
    report_old_folder(root, options.surroundings())
    return local_folder(ProjectPlace(root), options.surroundings().state)


def _settings(retry_mode: str | None, inventory: Path | None) -> Settings:
    settings = from_environment(os.environ)
    if inventory is None:
        settings = with_inventory(settings)
    else:
        from jobspec.workflow.account.inventory import read_inventory

        settings = replace(settings, inventory=read_inventory(inventory, named_by="--inventory"))
    return settings if retry_mode is None else replace(settings, retry_mode=RetryMode(retry_mode))


def _signed(profile: str | None) -> tuple[AcceptedKey, Mapping[str, str]]:
    """Return the user's own key, which is not stored, and the accepted keys: only that one."""
    check_profile_counts(profile, os.environ)
    found = find_credentials(os.environ, home=home_of(os.environ), profile=profile or "default")
    terminal.message(f"calls must be signed with the key from {found.source}")
    own = found.credentials
    return AcceptedKey(own.access_key), {own.access_key: own.secret_key}


def _unsigned(host: str) -> tuple[AcceptedKey, Mapping[str, str]]:
    """Return a key for this server only, and the accepted keys: that one, and one from the environment.

    Other machines cannot read the key file, so no key is created for addresses beyond loopback.
    """
    given: dict[str, str] = {}
    if any(os.environ.get(name, "").strip() for name in ("VOLC_ACCESSKEY", "VOLC_SECRETKEY")):
        own = find_credentials(os.environ, home=NO_HOME).credentials
        given = {own.access_key: own.secret_key}
    if not is_loopback(host):
        return AcceptedKey(next(iter(given), "")), given
    key = new_key()
    return key, {key.access_key: key.secret_key, **given}


@contextmanager
def _announced(key: AcceptedKey) -> Iterator[Callable[[str], None]]:
    """Make the server discoverable for the user's commands, from when its URL is known until it ends."""
    state = find_state_folder(os.environ, home_of(os.environ))
    file = ServerFile(make_private(state, state.servers), key)

    def announce(url: str) -> None:
        try:
            file.write(url)
        except OSError as error:
            message = f"{quote(state.servers)} cannot be written: {error.strerror}"
            raise StateFolderError(message, help=ELSEWHERE) from error
        terminal.result(f"serving the local platform at {url}")

    try:
        yield announce
    finally:
        file.remove()
