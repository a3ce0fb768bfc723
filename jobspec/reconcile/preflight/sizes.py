"""How many GPUs, vCPUs and GiB a replica has, as far as the platform or a local table says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.cluster import Flavor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.runs import LiveRole


class Size(Struct, frozen=True):
    """What one replica has; None where that is unknown. Memory is in GiB."""

    gpus: float | None = None
    gpu_type: str = ""
    vcpu: float | None = None
    memory: float | None = None


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
        """Return the size of a replica of a role, as it is in a create request."""
        claim = role.get("FlexibleResourceClaim")
        if isinstance(claim, Mapping):
            return _claimed(claim)
        return self._of_flavor(str(role.get("ResourceSpecId") or ""), number(role.get("GpuRate")))

    def of_live(self, role: LiveRole) -> Size:
        """Return the size of a replica of a role that runs."""
        if role.gpus is not None:
            return Size(role.gpus)
        return self._of_flavor(role.flavor, role.gpu_rate)

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


def _claimed(claim: Mapping[str, object]) -> Size:
    """Return the size of a claim; one that names no GPUs has none."""
    gpus = number(claim.get("GpuCount"))
    kind = claim.get("GpuType")
    return Size(
        0.0 if gpus is None else gpus,
        kind if isinstance(kind, str) else "",
        number(claim.get("Cpu")),
        number(claim.get("MemoryGiB")),
    )


def number(value: object) -> float | None:
    """Return a number as a float; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type] # checked above
