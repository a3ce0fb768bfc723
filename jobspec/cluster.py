"""What a platform has: queues with their quotas, flavors and mounts. Values only.

None means that the platform did not say: each key of its answers may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Quota(Struct, frozen=True):
    """An amount of resources. Memory is in GiB; `gpus` counts GPUs by type."""

    vcpu: float | None = None
    memory: float | None = None
    gpus: Mapping[str, float] | None = None


class Queue(Struct, frozen=True):
    """A resource queue. An empty `role` means that the key has no right to use it."""

    id: str
    name: str = ""
    state: str | None = None
    role: str | None = None
    zone: str = ""
    whole: Quota | None = None
    taken: Quota | None = None


class Flavor(Struct, frozen=True):
    """A flavor, in the zone in which it was listed; an empty zone is unknown. Sizes are of one replica."""

    id: str
    zone: str = ""
    is_deprecated: bool = False
    gpus: float | None = None
    gpu_type: str = ""
    vcpu: float | None = None
    memory: float | None = None


class Mount(Struct, frozen=True):
    """A vePFS file system as a queue may mount it, with the permitted directories."""

    vepfs_id: str
    name: str = ""
    read_write: tuple[str, ...] | None = None
    read_only: tuple[str, ...] | None = None


_UNITS = (("Cpu", "cpu"), ("MemoryGiB", "GiB"))
_CLAIM_KEYS = frozenset({"Cpu", "MemoryGiB", "GpuCount", "GpuType", "RdmaEniCount"})
_MOST = 2**63
"""An amount of this size or more is none."""


def unknown_claims(claim: Mapping[str, object]) -> tuple[str, ...]:
    """Return the unknown keys of a resource claim. Any of them may be a number of GPUs."""
    return tuple(sorted(key for key in claim.keys() - _CLAIM_KEYS if claim[key] is not None))


def claimed_gpus(claim: Mapping[str, object]) -> float | None:
    """Return the GPUs of a replica that claims resources one by one; none claimed are 0; None if unknown."""
    gpus = claim.get("GpuCount")
    if unknown_claims(claim):
        return None
    return 0.0 if gpus is None else amount(gpus)


def amount(value: object) -> float | None:
    """Return a number that can be an amount: finite and not negative; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < _MOST else None  # type: ignore[operator, arg-type]


def claim_label(claim: Mapping[str, object]) -> str:
    """Return what stands for a flavor where resources are claimed one by one: `8xA100-80G-108cpu-1900GiB`."""
    gpu = claim.get("GpuType") or "GPU"
    gpus = f"{claim['GpuCount']:g}x{gpu}" if _is_amount(claim.get("GpuCount")) else ""
    rest = (f"{claim[key]:g}{unit}" for key, unit in _UNITS if _is_amount(claim.get(key)))
    return "-".join(filter(None, (gpus, *rest)))


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
