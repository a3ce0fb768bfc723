"""What a command works on: loaded manifests and a connection to their platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobspec.errors import ManifestError
from jobspec.manifest.filenames import OWN_FOLDER
from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.project import LOCAL_PLATFORM
from jobspec.workflow.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.manifest.load import Loaded
    from jobspec.workflow.connect import Connection, Surroundings


@dataclass(frozen=True, slots=True)
class Target:
    """Whose tasks: paths in or below a project, and an environment; or the name of a scope without one."""

    paths: tuple[Path, ...] = ()
    environment: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """Manifests that all loaded, and the platform they are for."""

    loaded: Loaded
    connection: Connection
    surroundings: Surroundings

    @property
    def folder(self) -> Path:
        """Where the journal and the local platform live."""
        return self.loaded.root / OWN_FOLDER


def load_manifests(target: Target, surroundings: Surroundings) -> Loaded:
    """Return what the manifests say, with every diagnostic; nothing is raised for a bad manifest."""
    request = LoadRequest(
        paths=target.paths, environment=target.environment, scope=target.scope, cwd=surroundings.cwd
    )
    return load(request)


def open_workspace(target: Target, surroundings: Surroundings) -> Workspace:
    """Load and connect. Raises `ManifestError` when any manifest has an error: then nothing is planned."""
    loaded = load_manifests(target, surroundings)
    if loaded.has_errors:
        raise _unusable(loaded)
    return _connected(loaded, surroundings)


def open_scope(target: Target, surroundings: Surroundings) -> Workspace:
    """Load and connect for a command that needs to know the scope only, whatever its manifests say.

    Raises `ManifestError` when the project file itself is missing or wrong.
    """
    loaded = load_manifests(target, surroundings)
    if loaded.project is None and target.scope is None:
        raise _unusable(loaded)
    return _connected(loaded, surroundings)


def _unusable(loaded: Loaded) -> ManifestError:
    return ManifestError(loaded.diagnostics, sources=loaded.sources, manifests=loaded.manifests)


def _connected(loaded: Loaded, surroundings: Surroundings) -> Workspace:
    platform = loaded.project.platform if loaded.project else LOCAL_PLATFORM
    return Workspace(loaded, connect(platform, loaded.root, surroundings), surroundings)
