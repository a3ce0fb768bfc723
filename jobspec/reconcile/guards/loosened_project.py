"""Which guards of the project file a change loosens compared with the base revision. Pure."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile.guards.loosened import Loosened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobspec.manifest.resolve.guards import EnvironmentGuards, ProjectGuards
    from jobspec.manifest.values import Acknowledgement, Limits, Platform

_LIMITS = {
    "max_removals": "maxRemovals",
    "max_replacements": "maxReplacements",
    "max_lost_replica_hours": "maxLostReplicaHours",
    "max_submits": "maxSubmits",
    "max_submit_replica_hours": "maxSubmitReplicaHours",
    "max_submit_gpu_hours": "maxSubmitGpuHours",
    "max_reruns": "maxReruns",
}
_PREFLIGHT = ("off", "normal", "strict")
_PLACE = ("kind", "region", "profile", "endpoint")


def of_projects(before: ProjectGuards, after: ProjectGuards) -> Iterator[Loosened]:
    """Yield the guards of the project that are looser, or that differ in a way that cannot be compared.

    A new environment is compared with the settings that applied without an environment.
    """
    if before.name != after.name:
        yield Loosened("metadata.name", "", before.name, after.name)
    yield from _of_environment("", before.own, after.own)
    without = replace(before.own, manifests=())  # those of an environment are its own alone
    for name, now in after.environments.items():
        yield from _of_environment(f"environment {name}", before.environments.get(name, without), now)
    for name in sorted(before.environments.keys() - after.environments.keys()):
        yield Loosened("environments", f"environment {name}", before="declared", after=None)
    yield from _of_choice(before, after)
    yield from _of_flavors(before, after)
    if set(after.allow_plaintext) - set(before.allow_plaintext):
        yield Loosened("allowPlaintext", "", list(before.allow_plaintext), list(after.allow_plaintext))
    if set(after.allow_env) - set(before.allow_env):
        yield Loosened("allowEnv", "", list(before.allow_env), list(after.allow_env))


def _of_flavors(before: ProjectGuards, after: ProjectGuards) -> Iterator[Loosened]:
    """Yield each flavor that is new, or has fewer GPUs than before. The limit refuses unknown ones."""
    known = {flavor.id: flavor.gpus or 0.0 for flavor in before.flavors}
    for flavor in after.flavors:
        old, new = known.get(flavor.id), flavor.gpus or 0.0
        if old is None or new < old:
            yield Loosened(f"flavors.{flavor.id}.gpus", "", old, new)


def _of_choice(before: ProjectGuards, after: ProjectGuards) -> Iterator[Loosened]:
    if before.default_environment != after.default_environment:
        yield Loosened("defaultEnvironment", "", before.default_environment, after.default_environment)
    if before.environment_required and not after.environment_required:
        yield Loosened("environmentRequired", "", before=True, after=False)


def _of_environment(where: str, before: EnvironmentGuards, after: EnvironmentGuards) -> Iterator[Loosened]:
    yield from _of_limits(where, before.limits, after.limits)
    yield from _of_platform(where, before.platform, after.platform)
    if _PREFLIGHT.index(after.preflight) < _PREFLIGHT.index(before.preflight):
        yield Loosened("preflight", where, before.preflight, after.preflight)
    if set(before.manifests) != set(after.manifests):
        yield Loosened("manifests", where, list(before.manifests), list(after.manifests))
    yield from _of_acknowledgements(where, before.acknowledge, after.acknowledge)


def _of_acknowledgements(
    where: str, before: Sequence[Acknowledgement], after: Sequence[Acknowledgement]
) -> Iterator[Loosened]:
    """Yield each finding of `drift` that is silenced now, or longer than before."""
    known = {_finding(one): one.until for one in before}
    for one in after:
        until = known.get(_finding(one), "")
        if one.until > until:
            what = f"{one.task}: {one.kind or one.field}"
            yield Loosened(
                "acknowledge", where, until and f"{what} until {until}", f"{what} until {one.until}"
            )


def _finding(one: Acknowledgement) -> str:
    return repr(replace(one, reason="", until=""))  # the observed value may be a list


def _of_limits(where: str, before: Limits, after: Limits) -> Iterator[Loosened]:
    for name, shown in _LIMITS.items():
        old, new = getattr(before, name), getattr(after, name)
        if _is_looser(old, new):
            yield Loosened(f"limits.{shown}", where, old, new)


def _is_looser(before: float | str | None, after: float | str | None) -> bool:
    """Return whether a limit allows more, or may: a count and a percentage cannot be compared."""
    if isinstance(before, str) == isinstance(after, str):
        return _amount(after) > _amount(before)
    return _amount(after) > 0


def _amount(limit: float | str | None) -> float:
    if limit is None:
        return inf
    return float(limit.removesuffix("%")) if isinstance(limit, str) else limit


def _of_platform(where: str, before: Platform, after: Platform) -> Iterator[Loosened]:
    for name in _PLACE:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Loosened(f"platform.{name}", where, old, new)
    if before.kind != after.kind:
        return  # the defaults of the other kind of platform are irrelevant
    if after.list_lag_seconds < before.list_lag_seconds:
        yield Loosened("platform.listLag", where, before.list_lag_seconds, after.list_lag_seconds)
    if after.commit_window_seconds < before.commit_window_seconds:
        yield Loosened(
            "platform.commitWindow", where, before.commit_window_seconds, after.commit_window_seconds
        )
    if (after.writes_per_second or inf) > (before.writes_per_second or inf):
        yield Loosened(
            "platform.maxWritesPerSecond", where, before.writes_per_second, after.writes_per_second
        )
