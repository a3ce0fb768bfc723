"""The manifests that a command is about, without a connection to their platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.errors import ManifestError
from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.workflow.project.environment import VARIABLE, named_environment
from jobspec.workflow.project.given import NOTHING_TYPED, Typed, outside_of
from jobspec.workflow.state.old_folder import report_old_folder

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.workflow.surroundings import Surroundings


class Target(Struct, frozen=True):
    """The selected tasks: paths in or below a project and an environment, or the name of a scope.

    `endpoint` is the platform address that was typed to replace the project's, and `typed` are the values for
    variables.
    """

    paths: tuple[Path, ...] = ()
    environment: str | None = None
    scope: str | None = None
    endpoint: str | None = None
    typed: Typed = NOTHING_TYPED

    @property
    def is_explicit(self) -> bool:
        """Whether it names an environment or a scope, so that the environment variable is ignored."""
        return self.environment is not None or self.scope is not None


def load_manifests(target: Target, surroundings: Surroundings) -> Loaded:
    """Load the manifests with all diagnostics; a manifest with errors raises nothing."""
    loaded = load(request_of(target, surroundings))
    report_old_folder(loaded.root, surroundings)
    return loaded


def request_of(target: Target, surroundings: Surroundings) -> LoadRequest:
    """Return what to load for a target in its surroundings."""
    named = None if target.is_explicit else named_environment(surroundings.environ)
    return LoadRequest(
        paths=target.paths,
        environment=named or target.environment,
        scope=target.scope,
        cwd=surroundings.cwd,
        variable=VARIABLE if named else "",
        outside=outside_of(target.typed, surroundings),
    )


def check_readable(loaded: Loaded) -> None:
    """Raise `ManifestError` if any manifest has an error."""
    if loaded.has_errors:
        raise unusable(loaded)


def unusable(loaded: Loaded) -> ManifestError:
    """Return the error that reports all problems of the manifests."""
    return ManifestError(loaded.diagnostics, sources=loaded.sources, manifests=loaded.manifests)
