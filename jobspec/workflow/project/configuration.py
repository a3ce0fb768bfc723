"""Reads the configuration of the user and of the machine: never anything inside a checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.config import files
from jobspec.config.settings import Configuration, FileSettings, added_by_environment
from jobspec.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_configuration(environ: Mapping[str, str], home: Path) -> Configuration:
    """Return the content of both files, with the additions from the environment.

    Raises `ConfigurationError` for a file that other users may write to, and `ManifestError` for errors in
    one.
    """
    secrets, folders = added_by_environment(environ)
    return Configuration(
        user=_settings(files.user_file(environ, home), home),
        machine=_settings(files.MACHINE_FILE, home),
        added_secrets=secrets,
        added_folders=folders,
    )


def _settings(path: Path, home: Path) -> FileSettings:
    content = files.read_trusted(path)
    if content is None:
        return FileSettings(str(path))
    from jobspec.manifest.configuration import read_settings  # noqa: PLC0415 - only if the file exists
    from jobspec.manifest.yaml.source import parse  # noqa: PLC0415

    source = parse(content, str(path))
    settings, problems = read_settings(source, str(home))
    if problems:
        # No excerpt: it could show the address of notifications, which is a secret, under any key.
        raise ManifestError(problems, sources={}, manifests=1)
    return settings
