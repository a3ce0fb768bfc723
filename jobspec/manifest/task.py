"""What a manifest declares, as the rest of the program knows it: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.diagnostics import Place
    from jobspec.manifest.resolve.guards import ProjectGuards
    from jobspec.manifest.schema.project import Limits, Platform
    from jobspec.manifest.schema.task_model import Lifecycle, Metadata, TaskSpec


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """The set of tasks one project file owns, in one environment or in none."""

    project: str
    environment: str | None = None

    def __str__(self) -> str:
        """`project` or `project/environment`."""
        return self.project if self.environment is None else f"{self.project}/{self.environment}"


def environment_option(scope: str) -> str:
    """Return what a command for the scope has to name besides itself: ` -e prod` for `vision/prod`."""
    environment = scope.partition("/")[2]
    return f" -e {quote(environment)}" if environment else ""


@dataclass(frozen=True, slots=True)
class ScopeOptions:
    """The environment and the scope that a person named; None where nothing was."""

    environment: str | None = None
    scope: str | None = None
    variable: str = ""
    """The environment variable that named the environment; empty when an option did."""


@dataclass(frozen=True, slots=True)
class Project:
    """What a project file sets, for the environment that was chosen."""

    name: str
    environments: tuple[str, ...]
    platform: Platform
    limits: Limits
    place: Place
    """Where its name is written."""
    rules_environment: bool = False
    """Whether it says what a command without an environment means: a default, or an error."""
    guards: ProjectGuards | None = None
    """What it sets against harm in all of its environments."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """Its scopes: the one without an environment, then that of each environment."""
        return tuple(str(Scope(self.name, name)) for name in (None, *self.environments))


@dataclass(frozen=True, slots=True)
class Task:
    """One declared task, complete: defaults merged, expressions replaced, checked."""

    scope: Scope
    metadata: Metadata
    spec: TaskSpec
    lifecycle: Lifecycle
    place: Place
    """Where its name is written."""
    secret_places: Mapping[str, Place] = field(default_factory=dict, hash=False)
    """Where each reference to a secret is written, by the reference's text."""

    @property
    def name(self) -> str:
        """Its identity in the scope, and its name on the platform."""
        return self.metadata.name

    @property
    def address(self) -> str:
        """`scope/name`: its identity everywhere."""
        return f"{self.scope}/{self.name}"
