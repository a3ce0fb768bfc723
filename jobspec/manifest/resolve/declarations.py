"""Convert valid documents, as plain values, to tasks and to the settings of a project. Pure.

Whether a document is valid was decided before: `validate` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, convert

from jobspec.cluster import Flavor
from jobspec.manifest.payload.create import compared, is_retry_on, local_code, payload, references
from jobspec.manifest.payload.spec_hash import fingerprint
from jobspec.manifest.schema.units import seconds, size_in_bytes
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.values import LOCAL_PLATFORM, Acknowledgement, Lifecycle, Limits, Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobspec.manifest.task import TaskOrigin
    from jobspec.manifest.values import PreflightSetting

_DEFAULT_LIFECYCLE = Lifecycle()
_UNITS: Mapping[str, Callable[[Any], object]] = {
    "cooldown": seconds,
    "listLag": seconds,
    "commitWindow": seconds,
    "logLimit": size_in_bytes,
    "dependsOn": lambda entries: [_dependency(entry) for entry in entries],
}


class DeclaredValues(Struct, frozen=True):
    """A valid task document with the project's defaults, as plain values, and its create payload."""

    document: Mapping[str, Any]
    payload: Mapping[str, object]
    earlier: Mapping[str, object] | None = None
    """The payload as an earlier release composed the document, if that was valid and another one."""


def declared_values(document: Mapping[str, Any], earlier: Mapping[str, Any] | None = None) -> DeclaredValues:
    """Return a valid task document with its payload; `earlier` is the document of an earlier release."""
    return DeclaredValues(document, payload(document), None if earlier is None else payload(earlier))


def task_of(values: DeclaredValues, scope: Scope, origin: TaskOrigin) -> Task:
    """Return the task that a valid document declares."""
    metadata = values.document["metadata"]
    lifecycle = lifecycle_of(values.document.get("lifecycle"))
    found = references(values.payload)
    return Task(
        scope=scope,
        name=metadata["name"],
        description=metadata.get("description") or "",
        tags=tuple(metadata.get("tags") or ()),
        allow_plaintext=tuple(metadata.get("allowPlaintext") or ()),
        lifecycle=lifecycle,
        fingerprint=fingerprint(values.payload, lifecycle, values.earlier),
        compared=compared(values.payload),
        is_retry_on=is_retry_on(values.payload),
        local_code=local_code(values.payload),
        secrets=found.secrets,
        names=found.names,
        named_payload=values.payload if found.names else None,
        origin=origin,
        earlier=values.earlier,
    )


def lifecycle_of(written: Mapping[str, Any] | None) -> Lifecycle:
    """Return the rules that a valid `lifecycle` sets."""
    return convert(_given(written), Lifecycle) if written else _DEFAULT_LIFECYCLE


def platform_for(spec: Mapping[str, Any], environment: Mapping[str, Any] | None = None) -> Platform:
    """Return the platform that a project's spec selects, or instead of it the environment's own."""
    written = (environment or {}).get("platform") or spec.get("platform")
    return convert(_given(written), Platform) if written else LOCAL_PLATFORM


def limits_of(*written: Mapping[str, Any] | None) -> Limits:
    """Return the limits that valid `limits` set; later ones override earlier ones, limit by limit."""
    together: dict[str, Any] = {}
    for one in written:
        together |= _given(one or {})
    return convert(together, Limits)


def preflight_of(spec: Mapping[str, Any], environment: Mapping[str, Any] | None = None) -> PreflightSetting:
    """Return the preflight that a project's spec sets, or instead of it the environment's own."""
    found: PreflightSetting = (environment or {}).get("preflight") or spec.get("preflight") or "normal"
    return found


def flavors_of(written: Mapping[str, Any] | None) -> tuple[Flavor, ...]:
    """Return the flavors of a valid table."""
    return tuple(
        Flavor(name, gpus=float(one["gpus"]), gpu_type=one.get("gpuType") or "")
        for name, one in (written or {}).items()
    )


def acknowledged(*written: Sequence[Mapping[str, Any]] | None) -> tuple[Acknowledgement, ...]:
    """Return the acknowledgements in valid lists, in their order."""
    return tuple(convert(_given(one), Acknowledgement) for some in written for one in some or ())


def _dependency(entry: object) -> object:
    """Return an entry of `dependsOn` in its long form."""
    return _given(entry) if isinstance(entry, dict) else {"task": entry}


def _given(written: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values that are not null, in the units of the program."""
    found = ((key, value) for key, value in (written or {}).items() if value is not None)
    return {key: _UNITS[key](value) if key in _UNITS else value for key, value in found}
