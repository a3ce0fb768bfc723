"""The declarations of a manifest as the rest of the program uses them: values only."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct, field

from jobspec.diagnostics import Place, Position, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cluster import Flavor
    from jobspec.manifest.expressions.outside import Outside
    from jobspec.manifest.payload.create import NamedSecret
    from jobspec.manifest.payload.spec_hash import Fingerprint
    from jobspec.manifest.resolve.guards import ProjectGuards
    from jobspec.manifest.values import (
        Acknowledgement,
        Lifecycle,
        Limits,
        NameRef,
        Platform,
        PreflightSetting,
    )


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
    outside: Outside | None = None
    """The values from outside of the manifests; None for none at all."""


class Project(Struct, frozen=True):
    """The settings of a project file for the selected environment."""

    name: str
    environments: tuple[str, ...]
    platform: Platform
    limits: Limits
    rules_environment: bool = False
    """Whether it defines the meaning of a command without an environment: a default, or an error."""
    guards: ProjectGuards | None = None
    """Its protective settings, across all of its environments."""
    acknowledge: tuple[Acknowledgement, ...] = ()
    """The known findings of `jobspec drift`."""
    preflight: PreflightSetting = "normal"
    flavors: tuple[Flavor, ...] = ()
    """Flavors from the project file."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the project: the one without an environment, then one per environment."""
        return tuple(str(Scope(self.name, name)) for name in (None, *self.environments))


class SetRules(Struct, frozen=True):
    """A set of tasks, and the rules for starting them."""

    name: str
    members: tuple[str, ...]
    """The names of its tasks, in the order in which they are started."""
    place: Place
    max_active: int | None = None
    max_failed: int | None = None
    on_max_failed: Literal["Continue", "Cancel"] = "Continue"


class TaskOrigin(Protocol):
    """The source of a task. It provides on access what only few tasks of a plan need."""

    @property
    def file(self) -> str:
        """The name of the manifest file."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """The create payload of a new run, without tags."""

    @property
    def place(self) -> Place:
        """The place of the task's name."""

    @property
    def secret_places(self) -> Mapping[str, Place]:
        """The place of each reference to a secret, by the reference's text."""

    @property
    def name_places(self) -> Mapping[str, Place]:
        """The place of each name in place of an id, by the reference's text."""

    @property
    def dependency_places(self) -> Mapping[str, Place]:
        """The place of each entry of `dependsOn`, by the task or set that it names."""


class ReadOrigin(Struct, frozen=True):
    """The origin of a task whose document was read with positions."""

    payload: Mapping[str, Any]
    place: Place
    secret_places: Mapping[str, Place] = field(default_factory=dict)
    name_places: Mapping[str, Place] = field(default_factory=dict)
    dependency_places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The name of the manifest file."""
        return self.place.file


UNREAD = ReadOrigin({}, Place("", Span(Position(1, 1), Position(1, 1))))
"""The origin of a task until its file is known."""


class Task(Struct, frozen=True):
    """One declared task, complete: defaults merged, expressions expanded, checked."""

    scope: Scope
    name: str
    """The identity of the task in its scope, and its name on the platform."""
    description: str
    tags: tuple[str, ...]
    """The user's own tags."""
    allow_plaintext: tuple[str, ...]
    lifecycle: Lifecycle
    fingerprint: Fingerprint
    compared: Mapping[str, Any]
    """The part of its payload that is compared with what its runs echo: image, command and roles."""
    is_retry_on: bool
    """Whether the platform retries its runs."""
    local_code: str
    """The path of local code that nothing has uploaded; empty if it names none."""
    secrets: tuple[NamedSecret, ...]
    """The secrets that it refers to."""
    names: tuple[NameRef, ...]
    """The names that it contains in place of ids; its fingerprint is provisional until they are looked up."""
    origin: TaskOrigin
    named_payload: Mapping[str, Any] | None = None
    """Its payload while it contains names: the final fingerprint is computed from it."""
    set: str = ""
    """The name of the set that it belongs to; empty for a task with a manifest of its own."""
    cell: tuple[tuple[str, str], ...] = ()
    """Its value on each axis of the set, as text, in the order of the axes."""
    earlier: Mapping[str, Any] | None = None
    """Its payload as releases before 0.2 composed it, if it is another one: such runs match as well."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """The create payload of a new run, without tags; computed at each access."""
        return self.origin.payload

    @property
    def place(self) -> Place:
        """The place of its name; computed at each access."""
        return self.origin.place

    @property
    def address(self) -> str:
        """`scope/name`: the globally unique identity of the task."""
        return f"{self.scope}/{self.name}"
