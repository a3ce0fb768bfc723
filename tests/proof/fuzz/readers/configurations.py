"""The configuration files of the user and of the machine, from the disk to what they allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobspec.cloud.destinations import check_destination
from jobspec.config import files
from jobspec.config.secret_access import SecretAccess
from jobspec.errors import (
    ConfigurationError,
    EndpointNotAllowed,
    ManifestError,
    SecretNotAllowed,
    UsageError,
)
from jobspec.report.diagnostics.formats import render
from jobspec.workflow.project.configuration import read_configuration
from tests.allowed import configure
from tests.proof.fuzz import structure
from tests.proof.fuzz.reader import Reader, fed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobspec.config.settings import Configuration

ENDPOINTS = ("https://ml-gateway.example.com", "http://127.0.0.1:8765", "http://gateway.example.com")
VARIABLES = ("HF_TOKEN", "WANDB_API_KEY", "VOLC_SECRETKEY", "GITHUB_TOKEN")
FILES = ("key", "../key", "/run/secrets/key", "/etc/shadow", "~/secrets/key")


def configurations(folder: Path) -> Reader:
    """A file as the user's, as the machine's, and as both: together they allow no more than each does."""
    home, other, machine = folder / "user", folder / "other", configure(folder / "machine", "")
    other.mkdir()

    def read(data: bytes) -> None:
        configure(home, "").write_bytes(data)
        machine.write_bytes(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "MACHINE_FILE", folder / "none")
            users = _allowed(_read(home))
            patch.setattr(files, "MACHINE_FILE", machine)
            both, machines = _allowed(_read(home)), _allowed(_read(other))
        assert both <= machines
        assert both <= users
        assert ("endpoint", "http://gateway.example.com") not in users | machines | both
        assert ("file", "/etc/shadow") not in users or b"/etc" in data or b"\\" in data

    return fed("configurations", read, (ConfigurationError, ManifestError, UsageError), structure.of_yaml)


def _read(home: Path) -> Configuration:
    """The configuration; what is wrong with it is told in words."""
    try:
        return read_configuration({}, home)
    except ManifestError as error:
        told = render(error.diagnostics, error.sources, format="full", width=80, colour=False)
        assert told.strip()
        told.encode("utf-8", "surrogatepass")
        raise


def _allowed(found: Configuration) -> set[tuple[str, str]]:
    """Which of some endpoints, variables and files a project may name."""
    access = SecretAccess(found)
    tries: dict[tuple[str, str], Callable[[str], None]] = {
        **{("endpoint", one): lambda one: check_destination(one, found, typed=False) for one in ENDPOINTS},
        **dict.fromkeys((("variable", one) for one in VARIABLES), access.check_variable),
        **dict.fromkeys((("file", one) for one in FILES), lambda one: access.check_file(one, "/project")),
    }
    return {named for named, try_ in tries.items() if _is_allowed(try_, named[1])}


def _is_allowed(try_: Callable[[str], None], name: str) -> bool:
    try:
        try_(name)
    except (EndpointNotAllowed, SecretNotAllowed) as refused:
        assert refused.help
        return False
    return True
