"""How many GPUs, vCPUs and GiB a replica has, as far as the platform or a local table says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.cluster import Flavor, claimed_gpus, unknown_claims
from jobspec.manifest.payload.fields import CLAIM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.runs import LiveRole


class Size(Struct, frozen=True):
    """What one replica has; None where that is unknown. Memory is in GiB.

    `beyond` is why the replica may have more than that, if it may.
    """

    gpus: float | None = None
    gpu_type: str = ""
    vcpu: float | None = None
    memory: float | None = None
    beyond: str = ""


class Sizes(Struct, frozen=True):
    """The known flavors by their ids."""

    flavors: Mapping[str, Flavor] = field(default_factory=dict)

    @classmethod
    def of(cls, *tables: Iterable[Flavor]) -> Sizes:
        """Return the flavors of all tables; an earlier table wins, unless it does not know the GPUs."""
        found: dict[str, Flavor] = {}
        for flavor in (one for table in tables for one in table):
            known = found.get(flavor.id)
            if known is None or (known.gpus is None and flavor.gpus is not None):
                found[flavor.id] = flavor
        return cls(found)

    def of_role(self, role: Mapping[str, object]) -> Size:
        """Return the size of a replica of a role, as it is in a create request.

        Which of a flavor and a claim beside it counts on the platform is unknown, so the larger one counts.
        """
        flavor, claim = str(role.get("ResourceSpecId") or ""), role.get(CLAIM)
        sized = self._of_flavor(flavor, number(role.get("GpuRate")))
        if not claim:
            return sized
        return _larger(sized, _claimed(claim)) if flavor else _claimed(claim)

    def of_live(self, role: LiveRole) -> Size:
        """Return the size of a replica of a role that runs."""
        sized = self._of_flavor(role.flavor, role.gpu_rate)
        if role.gpus is None:
            return sized
        return _larger(sized, Size(role.gpus)) if role.flavor in self.flavors else Size(role.gpus)

    def _of_flavor(self, name: str, rate: float | None) -> Size:
        flavor = self.flavors.get(name)
        if flavor is None:
            return Size(rate)
        gpus = _shared(flavor.gpus, rate)
        return Size(gpus, flavor.gpu_type, flavor.vcpu, flavor.memory)


def _shared(gpus: float | None, rate: float | None) -> float | None:
    """Return the GPUs of a replica that gets a share of each; a share alone is one of a single GPU."""
    if gpus is None or rate is None:
        return gpus if rate is None else rate
    return gpus * rate


def _larger(sized: Size, claimed: Size) -> Size:
    """Return the larger size of a flavor and of a claim beside it."""
    if sized.gpus is None or claimed.gpus is None:
        return replace(sized, beyond=claimed.beyond)
    most = max(sized, claimed, key=lambda one: one.gpus or 0.0)
    return Size(
        most.gpus,
        most.gpu_type,
        _most(sized.vcpu, claimed.vcpu),
        _most(sized.memory, claimed.memory),
    )


def _most(*amounts: float | None) -> float | None:
    return max((one for one in amounts if one is not None), default=None)


def _claimed(claim: object) -> Size:
    """Return the size of a claim; one that names no GPUs has none, unless it has keys that may mean some."""
    if not isinstance(claim, Mapping):
        return Size(beyond=CLAIM)
    kind, gpus = claim.get("GpuType"), claimed_gpus(claim)
    unknown = unknown_claims(claim) or ("GpuCount",)
    return Size(
        gpus,
        kind if isinstance(kind, str) else "",
        number(claim.get("Cpu")),
        number(claim.get("MemoryGiB")),
        "" if gpus is not None else f"{CLAIM}.{unknown[0]}",
    )


def number(value: object) -> float | None:
    """Return a number as a float; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type] # checked above
