"""The input of a command: loaded manifests and a connection to their platform."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.config.scope_state import scope_folder
from jobspec.diagnostics import in_order
from jobspec.manifest.load import Loaded, load
from jobspec.manifest.payload.rerun_on import with_reruns
from jobspec.manifest.task import environment_option
from jobspec.manifest.values import LOCAL_PLATFORM, SET_PREFIX
from jobspec.report.view import PlatformView
from jobspec.workflow.account.account import with_endpoint
from jobspec.workflow.account.connect import Connection, ProjectPlace, connect
from jobspec.workflow.project.manifests import (
    Target,
    check_readable,
    load_manifests,
    request_of,
    unusable,
)
from jobspec.workflow.project.resources import ClusterReader
from jobspec.workflow.state.old_folder import report_old_folder
from jobspec.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.config.state_folder import PrivateFolder
    from jobspec.manifest.task import Task


class Workspace(Struct, frozen=True):
    """Manifests without errors, and the platform they are for."""

    loaded: Loaded
    connection: Connection
    surroundings: Surroundings
    resources: ClusterReader
    """The queues, flavors and mounts of the platform, each read at most once."""
    target: Target = Target()

    @property
    def platform(self) -> PlatformView:
        """Where the tasks run."""
        return PlatformView.of(self.connection.address)

    @property
    def option(self) -> str:
        """The options for a command about the same scope: ` -e prod`, ` --scope vision/gone` or nothing."""
        if self.target.scope is not None:
            return f" --scope {quote(str(self.loaded.scope))}"
        return environment_option(str(self.loaded.scope))

    @property
    def account_option(self) -> str:
        """The options for a command about the account, like `task list`: no scope, only the environment."""
        return "" if self.target.scope is not None else self.option

    @property
    def folder(self) -> PrivateFolder:
        """The folder of the scope's journal and lock. Raises `StateFolderError`."""
        return scope_folder(self.surroundings.state, self.connection.account, str(self.loaded.scope))

    def declared(self, names: Iterable[str]) -> tuple[Task, ...]:
        """Return the declared tasks with these names, as far as their manifests can be read."""
        wanted = frozenset(names)
        found = (
            load(replace(request_of(self.target, self.surroundings), naming=wanted)).tasks if wanted else ()
        )
        return tuple(task for task in found if task.name in wanted)

    def declared_names(self) -> list[str]:
        """Read the manifests for the names of the declared tasks, even if only the scope was opened."""
        return [task.name for task in load(request_of(self.target, self.surroundings)).tasks]


def open_workspace(target: Target, surroundings: Surroundings) -> Workspace:
    """Load, connect and look up names. Raises `ManifestError` if any manifest has an error."""
    loaded = load_manifests(target, surroundings)
    check_readable(loaded)
    return with_final_specs(_connected(loaded, target, surroundings))


_LOCAL_NAMES = (
    "; this is the local platform: set `spec.platform` for another one, or describe its queues in a file for "
    "JOBSPEC_LOCAL_INVENTORY"
)


def _named(workspace: Workspace) -> Workspace:
    """Return the workspace with ids in place of the names in its manifests, for what compares spec hashes."""
    loaded = workspace.loaded
    if any(task.names for task in loaded.tasks):
        from jobspec.workflow.project.names import with_names_found  # noqa: PLC0415 - only for names

        hint = _LOCAL_NAMES if workspace.platform.kind == "local" else ""
        loaded = with_names_found(loaded, workspace.resources, hint=hint)
    tasks = with_reruns(loaded.tasks)
    is_same = tasks is workspace.loaded.tasks
    return workspace if is_same else replace(workspace, loaded=replace(loaded, tasks=tasks))


def open_scope(target: Target, surroundings: Surroundings) -> Workspace:
    """Load and connect for a command that acts on live runs, even if the manifests have errors.

    Raises `ManifestError` if the project file itself is missing or wrong, or if the paths, the environment or
    the scope do not belong to the project.
    """
    return _opened(load_manifests(target, surroundings), target, surroundings)


def open_scope_only(target: Target, surroundings: Surroundings) -> Workspace:
    """Connect as `open_scope`, but without the declared tasks: the manifests are not read.

    Paths that select a part of the project are the exception, because the manifests name its tasks.
    """
    loaded = load(replace(request_of(target, surroundings), scope_only=True))
    report_old_folder(loaded.root, surroundings)
    return _opened(loaded, target, surroundings)


def open_scope_for(names: Iterable[str], target: Target, surroundings: Surroundings) -> Workspace:
    """Connect as `open_scope_only`; the manifests are read if one of the names is a set, for its members."""
    is_any_set = any(name.startswith(SET_PREFIX) for name in names)
    return (open_scope if is_any_set else open_scope_only)(target, surroundings)


def with_final_specs(workspace: Workspace) -> Workspace:
    """Return the workspace with the ids of its tasks looked up, for what compares spec hashes.

    Raises `ManifestError` if any manifest has an error.
    """
    check_readable(workspace.loaded)
    named = _named(workspace)
    check_readable(named.loaded)
    return named


def _opened(loaded: Loaded, target: Target, surroundings: Surroundings) -> Workspace:
    if loaded.refused:
        raise unusable(replace(loaded, diagnostics=in_order(list(loaded.refused))))
    return _connected(loaded, target, surroundings)


def open_to_compare(target: Target, surroundings: Surroundings) -> Workspace:
    """Load and connect for a command that compares and writes nothing.

    As `open_workspace`, but it also opens a scope whose environment is gone, with no declared tasks.
    """
    loaded = load_manifests(target, surroundings)
    if loaded.refused or (loaded.has_errors and not loaded.is_gone):
        raise unusable(loaded)
    workspace = _named(_connected(loaded, target, surroundings))
    if not loaded.is_gone:
        check_readable(workspace.loaded)
    return workspace


def _connected(loaded: Loaded, target: Target, surroundings: Surroundings) -> Workspace:
    own = loaded.project.platform if loaded.project else LOCAL_PLATFORM
    platform, named_by = with_endpoint(own, target.endpoint, surroundings.environ)
    place = ProjectPlace(loaded.root, loaded.project.name if loaded.project else "")
    connection = connect(platform, place, surroundings, endpoint_from=named_by)
    return Workspace(loaded, connection, surroundings, ClusterReader(connection.client), target)
