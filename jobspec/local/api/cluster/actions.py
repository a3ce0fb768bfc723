"""The optional actions: queues, flavors and mounts. A setting turns them off, as a platform may lack them.

The shapes are those that public clients read; they are unconfirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.local.api.cluster.cluster import Cluster, unknown_queue
from jobspec.local.api.cluster.machine import machine_memory
from jobspec.local.api.documents import dump
from jobspec.local.api.requests import MAX_LIMIT
from jobspec.local.errors import ApiError
from jobspec.local.shapes import integer, items, record, text

if TYPE_CHECKING:
    from jobspec.local.api.actions import Action, ActionContext
    from jobspec.local.api.requests import Body
    from jobspec.local.inventory import Entry

_BY_ID = record({"Id": text(least=1, most=200)}, {})
_LIST = record({}, {"Offset": integer(0), "Limit": integer(-1), "Name": text()})
_FLAVORS = record({}, {"DisplayType": text()})
_MOUNTS = record({}, {"StorageType": text(), "ResourceQueueId": text(most=200)})
_DIRECTORIES = record({"VepfsIds": items(text(least=1))}, {})


def list_queues(context: ActionContext, body: Body) -> str:
    """ListResourceQueues; `Name` is compared exactly."""
    _LIST(body, "")
    found = [one for one in _queues(context) if body.get("Name") in (None, "", one["Name"])]
    limit = 10 if body.get("Limit") is None else body["Limit"]
    start = body.get("Offset") or 0
    end = len(found) if limit < 0 else start + min(limit, MAX_LIMIT)
    return dump({"Total": len(found), "List": found[start:end]})


def get_queue(context: ActionContext, body: Body) -> str:
    """GetResourceQueue."""
    return dump(_queue(context, _id(body)))


def list_flavors(context: ActionContext, body: Body) -> str:
    """ListFlavorsV2, by zone and type."""
    _FLAVORS(body, "")
    return dump({"List": _cluster(context).flavors()})


def get_flavor(context: ActionContext, body: Body) -> str:
    """GetFlavor."""
    flavor = _cluster(context).flavor(_id(body))
    if flavor is None:
        raise ApiError("ResourceNotFound", f"flavor `{body['Id']}` does not exist", status=404)
    return dump(flavor)


def list_mounts(context: ActionContext, body: Body) -> str:
    """ListMountPoints."""
    _MOUNTS(body, "")
    queue_id = body.get("ResourceQueueId") or ""
    if queue_id and context.settings.inventory.queues:
        _queue(context, queue_id)
    mounts = _cluster(context).mounts(body.get("StorageType") or "Vepfs", queue_id)
    return dump({"Total": len(mounts), "List": mounts})


def get_directories(context: ActionContext, body: Body) -> str:
    """GetUserVepfsFilesetPermission: the directories that the caller may mount."""
    _DIRECTORIES(body, "")
    return dump({"VepfsIdToDirectories": _cluster(context).directories(body["VepfsIds"])})


def _cluster(context: ActionContext) -> Cluster:
    return Cluster(context.settings.inventory, context.settings.slots, machine_memory())


def _id(body: Body) -> str:
    _BY_ID(body, "")
    return str(body["Id"])


def _queues(context: ActionContext) -> list[Entry]:
    return _cluster(context).queues(context.store.requests_that_hold_resources())


def _queue(context: ActionContext, queue_id: str) -> Entry:
    queues = _queues(context)
    if not context.settings.inventory.queues:  # then a task may name any queue
        return {**queues[0], "Id": queue_id}
    found = next((one for one in queues if one["Id"] == queue_id), None)
    if found is None:
        raise unknown_queue(queue_id)
    return found


OPTIONAL: dict[str, Action] = {
    "ListResourceQueues": list_queues,
    "GetResourceQueue": get_queue,
    "ListFlavorsV2": list_flavors,
    "GetFlavor": get_flavor,
    "ListMountPoints": list_mounts,
    "GetUserVepfsFilesetPermission": get_directories,
}
