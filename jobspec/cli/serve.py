"""`jobspec serve`: the local platform over HTTP, for any client of the API."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobspec.cli import terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import FOLDER, TEXT
from jobspec.errors import LocalPlatformError, ServeRefused
from jobspec.local.settings import RetryMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobspec.local.settings import Settings


@click.command()
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--host", type=TEXT, default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 for any free one.",
)
@click.option(
    "--signed",
    is_flag=True,
    help="Accept only calls signed with your own key (environment or ~/.volc); a must beyond loopback.",
)
@click.option(
    "--profile",
    type=TEXT,
    metavar="NAME",
    show_default="default",
    help="Profile of ~/.volc/credentials for --signed.",
)
@click.option(
    "--retry-mode",
    type=click.Choice([mode.value for mode in RetryMode]),
    show_default="new-id-with-tags",
    help="What a retry by the platform looks like: the same task again, or a new one of the same name.",
)
def serve(
    *, folder: Path, host: str, port: int, signed: bool, profile: str | None, retry_mode: str | None
) -> int:
    """Serve the local platform over HTTP until Ctrl-C or SIGTERM.

    It runs what it is sent in FOLDER, the current one by default.

    A project reaches it with `platform: {kind: local, endpoint: http://127.0.0.1:8765}`.
    """
    from jobspec.local import errors
    from jobspec.local.server import Address
    from jobspec.local.server import serve as listen
    from jobspec.manifest.secretive import names_secret

    keys = _keys(profile) if signed else None
    try:
        with _terminated_as_interrupted():
            listen(
                folder,
                on_ready=_ready,
                address=Address(host, port),
                keys=keys,
                settings=_settings(retry_mode),
                hides=names_secret,
            )
    except errors.ServeRefused as error:
        raise ServeRefused(error.message, help=error.help) from error
    except errors.LocalError as error:
        raise LocalPlatformError(error.message, help=error.help) from error
    terminal.talk("stopped serving; tasks go on")
    return Exit.DONE


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM, by which a service manager ends us, do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _settings(retry_mode: str | None) -> Settings:
    from jobspec.local.settings import from_environment

    settings = from_environment(os.environ)
    return settings if retry_mode is None else replace(settings, retry_mode=RetryMode(retry_mode))


def _keys(profile: str | None) -> Mapping[str, str]:
    from jobspec.cloud.credentials import check_profile_counts, find_credentials
    from jobspec.config.home import home_of

    check_profile_counts(profile, os.environ)
    found = find_credentials(os.environ, home=home_of(os.environ), profile=profile or "default")
    terminal.talk(f"calls must be signed with the key from {found.source}")
    return {found.credentials.access_key: found.credentials.secret_key}


def _ready(url: str) -> None:
    terminal.result(f"serving the local platform at {url}")
