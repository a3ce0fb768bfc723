"""The protective settings of a project file in each environment, for comparing two revisions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.manifest.resolve.declarations import (
    acknowledged,
    flavors_of,
    limits_of,
    platform_for,
    preflight_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.cluster import Flavor
    from jobspec.manifest.values import Acknowledgement, Limits, Platform, PreflightSetting


class EnvironmentGuards(Struct, frozen=True):
    """The settings of one environment: the environment's values override the project's own."""

    limits: Limits
    platform: Platform
    manifests: tuple[str, ...]
    acknowledge: tuple[Acknowledgement, ...] = ()
    preflight: PreflightSetting = "normal"


class ProjectGuards(Struct, frozen=True):
    """The guards of a project. `own` applies without an environment, `environments` by environment name."""

    name: str
    own: EnvironmentGuards
    environments: Mapping[str, EnvironmentGuards]
    default_environment: str | None
    environment_required: bool
    allow_plaintext: tuple[str, ...]
    allow_env: tuple[str, ...] = ()
    flavors: tuple[Flavor, ...] = ()


def guards_of(document: Mapping[str, Any]) -> ProjectGuards:
    """Return the guards that a valid project file, as plain values, sets."""
    metadata, spec = document["metadata"], document.get("spec") or {}
    environments = spec.get("environments") or {}
    return ProjectGuards(
        name=metadata["name"],
        own=EnvironmentGuards(
            limits_of(spec.get("limits")),
            platform_for(spec),
            _texts(spec, "manifests"),
            acknowledged(spec.get("acknowledge")),
            preflight_of(spec),
        ),
        environments={
            name: EnvironmentGuards(
                limits_of(spec.get("limits"), own.get("limits")),
                platform_for(spec, own),
                _texts(own, "manifests"),
                acknowledged(own.get("acknowledge")),
                preflight_of(spec, own),
            )
            for name, own in environments.items()
        },
        default_environment=spec.get("defaultEnvironment"),
        environment_required=bool(spec.get("environmentRequired")),
        allow_plaintext=_texts(metadata, "allowPlaintext"),
        allow_env=_texts(spec, "allowEnv"),
        flavors=flavors_of(spec.get("flavors")),
    )


def _texts(part: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return tuple(part.get(field) or ())
