"""This machine as a cluster: one queue with the slots of the local platform, and flavors of one slot each.

A slot is one vCPU with its share of the memory, and no GPU, whatever the flavor: that is what a replica gets
here. A quota in slots therefore gives exactly how many replicas fit.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobspec.local.inventory import Entry

QUEUE = "q-local"
ZONE = "local"
KNOWN_FLAVORS = (
    "ml.c1ie.large",
    "ml.c3i.2xlarge",
    "ml.g1e.large",
    "ml.g1e.2xlarge",
    "ml.g1e.4xlarge",
    "ml.g1ie.large",
    "ml.g1tl.8xlarge",
    "ml.g1v.2xlarge",
    "ml.g3i.large",
    "ml.hpcg1ve.21xlarge",
    "ml.pni2.3xlarge",
    "ml.pni2.14xlarge",
    "ml.pni2.28xlarge",
    "ml.r3i.4xlarge",
)
"""Names of the vendor's flavors, for lists. A task may name any other flavor."""


def machine_memory() -> float:
    """Return the memory of this machine in GiB; 0 if the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (OSError, ValueError):
        return 0.0


def queue(slots: int, memory: float) -> Entry:
    """Return the only queue of this machine, with nothing allocated."""
    return {
        "Id": QUEUE,
        "Name": "local",
        "Description": "The slots of the local platform",
        "ZoneId": ZONE,
        "QuotaCapability": {
            "VCPU": slots,
            "Memory": _slot_memory(slots, memory) * slots,
            "GPUResources": {},
            "RdmaEniCount": 0,
        },
    }


def flavor(name: str, slots: int, memory: float) -> Entry:
    """Return what a flavor means here: one slot."""
    return {"Id": name, "vCPU": 1, "Memory": _slot_memory(slots, memory)}


def _slot_memory(slots: int, memory: float) -> int:
    return math.floor(memory / slots)
