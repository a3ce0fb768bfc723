"""Secrets that a project may not name, or that do not resolve, reported at their places in the manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from jobspec.apply.secrets import Secrets
from jobspec.config.secret_access import SecretAccess
from jobspec.diagnostics import (
    Diagnostic,
    Place,
    Related,
    in_order,
)
from jobspec.errors import (
    ManifestError,
    SecretError,
)
from jobspec.quoting import quote
from jobspec.workflow.project.configuration import read_configuration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.manifest.values import SecretRef
    from jobspec.workflow.project.workspace import Workspace

MAX_RELATED = 3
"""The maximum number of further places shown for a missing secret."""
Problem: TypeAlias = "tuple[str, Place | None, SecretRef, SecretError]"
"""A task, its place, one of its secrets, and the error of that secret."""


class _Missing(Struct, frozen=True):
    """A secret that cannot be used, and where the tasks that need it are declared."""

    error: SecretError
    by_task: dict[str, Place | None]


def secrets_of(workspace: Workspace) -> Secrets:
    """Return the resolver for the secrets of a project, limited by the configuration."""
    around = workspace.surroundings
    access = SecretAccess(read_configuration(around.environ, around.home))
    return Secrets(around.environ, workspace.loaded.root, access)


def check_named_secrets(workspace: Workspace) -> None:
    """Raise `ManifestError` with every secret that the tasks may not name. No secret is read."""
    naming = [task for task in workspace.loaded.tasks if task.secrets]
    if not naming:
        return
    secrets = secrets_of(workspace)
    raise_missing(
        workspace,
        (
            (task.name, task.place, ref, error)
            for task in naming
            for ref, error in secrets.refused(task.secrets)
        ),
    )


def raise_missing(workspace: Workspace, problems: Iterable[Problem]) -> None:
    """Raise `ManifestError` if there is any problem, listing each secret once."""
    missing: dict[SecretRef, _Missing] = {}
    for task, place, ref, error in problems:
        missing.setdefault(ref, _Missing(error, {})).by_task.setdefault(task, place)
    if missing:
        loaded = workspace.loaded
        diagnostics = [_diagnostic(workspace, ref, one) for ref, one in missing.items()]
        raise ManifestError(in_order(diagnostics), sources=loaded.sources, manifests=loaded.manifests)


def _diagnostic(workspace: Workspace, ref: SecretRef, missing: _Missing) -> Diagnostic:
    tasks = {task.name: task for task in workspace.loaded.tasks}
    places = list(
        dict.fromkeys(
            tasks[name].origin.secret_places.get(str(ref), place) for name, place in missing.by_task.items()
        )
    )
    first, count = next(iter(missing.by_task)), len(missing.by_task)
    needed = f"task {quote(first)} needs it" if count == 1 else f"{count} tasks need it"
    others = [place for place in places[1 : MAX_RELATED + 1] if place is not None]
    return Diagnostic(
        missing.error.code,
        f"{missing.error.message}; {needed}",
        places[0],
        "used here",
        missing.error.help,
        related=tuple(Related(place, "and here") for place in others),
    )
