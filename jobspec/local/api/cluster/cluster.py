"""The queues, flavors and mounts of the local platform, from its inventory or its machine. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.local.api.cluster import machine
from jobspec.local.errors import ApiError
from jobspec.local.inventory import Entry, Inventory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NOTHING_TAKEN = {"VCPU": 0, "Memory": 0, "GPUResources": {}, "RdmaEniCount": 0}
_QUEUE = {
    "Name": "",
    "Description": "",
    "State": "Running",
    "Role": "User",
    "ZoneId": machine.ZONE,
    "ResourceGroupId": "",
    "Shareable": False,
    "SupportMGPU": False,
    "ClusterId": "",
    "DevZoneId": "",
    "CapableFlavorTypes": "",
    "VolumeCapability": [],
    "VolumeAllocated": [],
}
_FLAVOR = {
    "Deprecated": False,
    "vCPU": 0,
    "Memory": 0,
    "GPUType": "",
    "GPUMemory": 0,
    "GPUNum": 0,
    "MaxSlicesPerGPU": 0,
    "EniCount": 0,
    "NetQuota": "",
    "SupportVolumeTypeId": "",
}
_TYPES = ("通用型", "GPU型")
"""The types of flavors without and with GPUs, as the platform writes them; it has others, too."""
_MOUNT = {
    "StorageType": "Vepfs",
    "VepfsName": "",
    "Status": "Running",
    "ReadWriteDirectories": [],
    "ReadOnlyDirectories": [],
}


class Cluster(Struct, frozen=True):
    """A cluster on a machine with `slots` and `memory` (GiB). Lists of the inventory override the machine."""

    inventory: Inventory
    slots: int
    memory: float

    def queues(self, running: Iterable[Mapping[str, Any]]) -> list[Entry]:
        """Return all queues; `running` are the create requests of the tasks that hold resources."""
        held = list(running)
        entries = self.inventory.queues or (machine.queue(self.slots, self.memory),)
        return [self._queue(entry, held) for entry in entries]

    def flavors(self) -> dict[str, dict[str, list[Entry]]]:
        """Return the flavors by zone and type."""
        zones = list(dict.fromkeys(queue["ZoneId"] for queue in self.queues(())))
        listed: dict[str, dict[str, list[Entry]]] = {zone: {} for zone in zones}
        for entry in self.inventory.flavors or map(self._local_flavor, machine.KNOWN_FLAVORS):
            flavor = _flavor(entry)
            for zone in entry.get("Zones") or zones:
                listed.setdefault(zone, {}).setdefault(flavor["Type"], []).append(flavor)
        return listed

    def flavor(self, name: str) -> Entry | None:
        """Return a flavor. Without an inventory of flavors, each name is one, as for tasks."""
        if not self.inventory.flavors:
            return _flavor(self._local_flavor(name))
        return next((_flavor(one) for one in self.inventory.flavors if one["Id"] == name), None)

    def mounts(self, storage_type: str, queue_id: str) -> list[Entry]:
        """Return the mounts of a type of storage that a queue may use; an empty id is any queue."""
        all_mounts = [{**_MOUNT, **_given(one)} for one in self.inventory.mounts]
        return [
            {key: value for key, value in mount.items() if key != "ResourceQueueIds"}
            for mount in all_mounts
            if mount["StorageType"] == storage_type
            and queue_id in {"", *mount.get("ResourceQueueIds", [queue_id])}
        ]

    def directories(self, vepfs_ids: Iterable[str]) -> dict[str, Entry]:
        """Return the permitted directories of each of these file systems that is mounted."""
        mounts = {mount["VepfsId"]: mount for mount in self.mounts("Vepfs", "")}
        keys = ("ReadWriteDirectories", "ReadOnlyDirectories")
        return {one: {key: mounts[one][key] for key in keys} for one in vepfs_ids if one in mounts}

    def _local_flavor(self, name: str) -> Entry:
        return machine.flavor(name, self.slots, self.memory)

    def _queue(self, entry: Entry, running: list[Mapping[str, Any]]) -> Entry:
        is_only = not self.inventory.queues
        mine = (body for body in running if is_only or body.get("ResourceQueueId") == entry["Id"])
        taken = self._taken(role for body in mine for role in body["TaskRoleSpecs"])
        return {
            **_QUEUE,
            **_given(entry),
            "QuotaCapability": _given(entry.get("QuotaCapability") or {}),  # what is absent is unknown, not 0
            "QuotaAllocated": _sum(_NOTHING_TAKEN | _given(entry.get("QuotaAllocated") or {}), taken),
        }

    def _taken(self, roles: Iterable[Mapping[str, Any]]) -> Entry:
        vcpu, memory, gpus = 0.0, 0.0, Counter[str]()
        for role in roles:
            replica, replicas = self._replica(role), role["RoleReplicas"]
            vcpu += replica["vCPU"] * replicas
            memory += replica["Memory"] * replicas
            if replica["GPUNum"]:
                gpus[replica["GPUType"]] += replica["GPUNum"] * replicas
        return {"VCPU": vcpu, "Memory": memory, "GPUResources": gpus}

    def _replica(self, role: Mapping[str, Any]) -> Entry:
        """Return what a replica of a role holds, as a flavor."""
        claim = role.get("FlexibleResourceClaim")
        if claim and self.inventory.queues:
            keys = {"vCPU": "Cpu", "Memory": "MemoryGiB", "GPUNum": "GpuCount", "GPUType": "GpuType"}
            return _FLAVOR | {
                key: claim[given] for key, given in keys.items() if claim.get(given) is not None
            }
        name = role.get("ResourceSpecId") or (role.get("ResourceSpec") or {}).get("FlavorID") or ""
        return self.flavor(str(name)) or dict(_FLAVOR)


def check_queue(inventory: Inventory, queue_id: str) -> None:
    """Raise `ApiError` if no task may be created in a queue of an inventory that lists queues."""
    entry = inventory.queue(queue_id)
    if entry is None:
        raise ApiError("InvalidParameter", f"resource queue `{queue_id}` does not exist")
    queue = _QUEUE | _given(entry)
    if queue["State"] != "Running":
        raise ApiError("InvalidParameter", f"resource queue `{queue_id}` is in state `{queue['State']}`")
    if not queue["Role"]:
        raise ApiError("AccessDenied", f"no right to use resource queue `{queue_id}`", status=403)


def unknown_queue(queue_id: str) -> ApiError:
    """Return the error for a queue that does not exist."""
    return ApiError("ResourceNotFound", f"resource queue `{queue_id}` does not exist", status=404)


def _given(entry: Mapping[str, Any]) -> Entry:
    return {key: value for key, value in entry.items() if value is not None}


def _flavor(entry: Entry) -> Entry:
    type_ = _TYPES[bool(entry.get("GPUNum"))]
    shown = {**_FLAVOR, "Type": type_, "Name": entry["Id"], **_given(entry)}
    return {key: value for key, value in shown.items() if key != "Zones"}


def _sum(quota: Entry, more: Entry) -> Entry:
    gpus: Counter[str] = Counter(quota["GPUResources"])
    gpus.update(more["GPUResources"])
    return {
        **quota,
        "VCPU": _number(quota["VCPU"] + more["VCPU"]),
        "Memory": _number(quota["Memory"] + more["Memory"]),
        "GPUResources": {kind: _number(count) for kind, count in gpus.items()},
    }


def _number(value: float) -> float:
    return int(value) if value == int(value) else value
