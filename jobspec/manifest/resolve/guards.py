"""The protective settings of a project file in each environment, for comparing two revisions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.manifest.schema.project import Limits, Platform, ProjectDocument


class EnvironmentGuards(Struct, frozen=True):
    """The settings of one environment: the environment's values override the project's own."""

    limits: Limits
    platform: Platform
    manifests: tuple[str, ...]


class ProjectGuards(Struct, frozen=True):
    """The guards of a project. `own` applies without an environment, `environments` by environment name."""

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
    """Return the limits, overridden by those that `over` sets."""
    return limits.model_copy(update={name: getattr(over, name) for name in over.model_fields_set})
