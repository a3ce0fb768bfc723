"""The declarations of a manifest as the rest of the program uses them: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.diagnostics import Place
    from jobspec.manifest.resolve.guards import ProjectGuards
    from jobspec.manifest.schema.project import Limits, Platform
    from jobspec.manifest.schema.task_model import Lifecycle, Metadata, TaskSpec


class Scope(Struct, frozen=True, order=True):
    """The set of tasks that one project file owns, in one environment or in none."""

    project: str
    environment: str | None = None

    def __str__(self) -> str:
        """Return `project` or `project/environment`."""
        return self.project if self.environment is None else f"{self.project}/{self.environment}"


def environment_option(scope: str) -> str:
    """Return the option that selects the scope in a command: ` -e prod` for `vision/prod`."""
    environment = scope.partition("/")[2]
    return f" -e {quote(environment)}" if environment else ""


class ScopeOptions(Struct, frozen=True):
    """The environment and the scope that the user named; None if not named."""

    environment: str | None = None
    scope: str | None = None
    variable: str = ""
    """The environment variable that named the environment; empty if an option did."""


class Project(Struct, frozen=True):
    """The settings of a project file for the selected environment."""

    name: str
    environments: tuple[str, ...]
    platform: Platform
    limits: Limits
    place: Place
    """The place of its name."""
    rules_environment: bool = False
    """Whether it defines the meaning of a command without an environment: a default, or an error."""
    guards: ProjectGuards | None = None
    """Its protective settings, across all of its environments."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the project: the one without an environment, then one per environment."""
        return tuple(str(Scope(self.name, name)) for name in (None, *self.environments))


@dataclass(frozen=True, slots=True)
class Task:
    """One declared task, complete: defaults merged, expressions expanded, checked."""

    scope: Scope
    metadata: Metadata
    spec: TaskSpec
    lifecycle: Lifecycle
    place: Place
    """The place of its name."""
    secret_places: Mapping[str, Place] = field(default_factory=dict, hash=False)
    """The place of each reference to a secret, by the reference's text."""

    @property
    def name(self) -> str:
        """The identity of the task in its scope, and its name on the platform."""
        return self.metadata.name

    @property
    def address(self) -> str:
        """`scope/name`: the globally unique identity of the task."""
        return f"{self.scope}/{self.name}"
