"""What a project file sets against harm, in each of its environments, for comparing two revisions; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.manifest.schema.project import Limits, Platform, ProjectDocument


@dataclass(frozen=True, slots=True)
class EnvironmentGuards:
    """What holds in one environment: the project's own values with those of the environment over them."""

    limits: Limits
    platform: Platform
    manifests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectGuards:
    """The guards of a project. `own` holds without an environment, `environments` in each by its name."""

    name: str
    own: EnvironmentGuards
    environments: Mapping[str, EnvironmentGuards]
    default_environment: str | None
    environment_required: bool
    allow_plaintext: tuple[str, ...]


def guards_of(document: ProjectDocument) -> ProjectGuards:
    """Return the guards that a project file sets."""
    spec = document.spec
    own = EnvironmentGuards(spec.limits, spec.platform, spec.manifests)
    return ProjectGuards(
        name=document.metadata.name,
        own=own,
        environments={
            name: EnvironmentGuards(
                merged(spec.limits, one.limits), one.platform or spec.platform, one.manifests
            )
            for name, one in spec.environments.items()
        },
        default_environment=spec.default_environment,
        environment_required=spec.environment_required,
        allow_plaintext=document.metadata.allow_plaintext,
    )


def merged(limits: Limits, over: Limits) -> Limits:
    """Return the limits with those that `over` states in their place."""
    return limits.model_copy(update={name: getattr(over, name) for name in over.model_fields_set})
