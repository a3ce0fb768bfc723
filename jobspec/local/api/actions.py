"""The actions of the API: each takes the body of a request and returns the JSON text of its `Result`.

Unconfirmed, and defined here until the platform's own shape is known: ListCustomTaskTimelines answers
`{"List": [{"State", "StartTime", "Message"}]}`, oldest first. GetContainerLogs takes a `PodName`, or
`CustomTaskId` with `RoleName` (worker) and `RoleIndex` (0), or both if they agree, and bytes from `Offset` up
to `Limit`; it answers `{"Content", "NextOffset"}`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from jobspec.local.api import logs, requests
from jobspec.local.api.documents import dump, with_server_time
from jobspec.local.clock import rfc3339
from jobspec.local.errors import ApiError
from jobspec.local.folder import (
    Folder,
    has_log_folder,
)
from jobspec.local.store.spec import spec_of
from jobspec.local.store.store import (
    Store,
    Transition,
)
from jobspec.local.supervisor.lifecycle import Event, IllegalMove, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from jobspec.local.api.requests import Body, LogRequest
    from jobspec.local.settings import Settings


class ActionContext(Struct, frozen=True):
    """The resources for an action. `log_url` returns the absolute URL of a log from its path."""

    store: Store
    folder: Folder
    now: datetime
    settings: Settings
    log_url: Callable[[str], str]


def create_task(context: ActionContext, body: Body) -> str:
    """CreateCustomTask."""
    checked = requests.checked_create(body)
    needed = spec_of(checked).slots
    if context.settings.inventory.queues and checked.get("ResourceQueueId"):
        from jobspec.local.api.cluster.cluster import check_queue  # noqa: PLC0415 - few platforms list queues

        check_queue(context.settings.inventory, checked["ResourceQueueId"])
    slots = context.settings.slots
    if needed > slots:
        raise ApiError(
            "QuotaExceeded",
            "The requested resources exceed the upper limit: "
            f"{needed} replicas, and this machine has {slots} slots",
        )
    return dump({"Id": context.store.create(checked, now=context.now), "OrderNumber": ""})


def get_task(context: ActionContext, body: Body) -> str:
    """GetCustomTask."""
    document = context.store.document(requests.task_id(body))
    return with_server_time(document, rfc3339(context.now))


def list_tasks(context: ActionContext, body: Body) -> str:
    """ListCustomTasks. The stored texts are joined without parsing, which makes it fast."""
    listed = context.store.page(requests.list_request(body))
    now = rfc3339(context.now)
    texts = ",".join(with_server_time(document, now) for document in listed.documents)
    return f'{{"Total":{listed.total},"List":[{texts}]}}'


def stop_task(context: ActionContext, body: Body) -> str:
    """StopCustomTask: the supervisor does the rest. Public clients read the `Id` in the answer."""
    task_id = requests.task_id(body)
    try:
        context.store.move(task_id, Event.STOP, Transition("stopped on request"), now=context.now)
    except IllegalMove as refused:
        being = "already being stopped" if refused.state is State.KILLING else "already in a terminal state"
        raise ApiError("InvalidParameter", f"custom task is {being}") from None
    return dump({"Id": task_id})


def delete_task(context: ActionContext, body: Body) -> str:
    """DeleteCustomTask: deletes the record and the logs."""
    task_id = requests.task_id(body)
    if not context.store.delete(task_id):
        raise ApiError("CustomTaskNotInTerminalState", "custom task is not in a terminal state", status=409)
    if has_log_folder(context.folder, task_id):
        import shutil  # noqa: PLC0415 - imports every compression library, which nothing else here needs

        shutil.rmtree(context.folder.logs(task_id), ignore_errors=True)
    return "{}"


def update_task(context: ActionContext, body: Body) -> str:
    """UpdateCustomTask."""
    context.store.update(requests.update_request(body), now=context.now)
    return "{}"


def get_instances(context: ActionContext, body: Body) -> str:
    """GetCustomTaskInstances."""
    task_id, page = requests.instances_request(body)
    total, documents = context.store.instances(task_id, page)
    for document in documents:
        replica = f"{document['RoleName']}-{document['RoleIndex']}"
        document["LogURL"] = context.log_url(logs.url_path(task_id, replica))
    return dump({"Total": total, "List": documents})


def list_timelines(context: ActionContext, body: Body) -> str:
    """ListCustomTaskTimelines."""
    task_id = requests.task_id(body, field="CustomTaskId")
    return dump({"List": context.store.timeline(task_id)})


def get_logs(context: ActionContext, body: Body) -> str:
    """GetContainerLogs."""
    wanted = requests.log_request(body)
    _check_replica(context, wanted)
    if not has_log_folder(context.folder, wanted.task_id):
        return dump({"Content": "", "NextOffset": wanted.offset})
    path = context.folder.log(wanted.task_id, wanted.replica)
    content, end = logs.read_text(path, offset=wanted.offset, limit=wanted.limit)
    return dump({"Content": content, "NextOffset": end})


def _check_replica(context: ActionContext, wanted: LogRequest) -> None:
    # Checked by the declared roles: before its launch a task has no instances.
    spec = spec_of(json.loads(context.store.document(wanted.task_id)))
    if wanted.replica not in {replica.name for replica in spec.replicas()}:
        message = f"custom task `{wanted.task_id}` has no replica `{wanted.replica}`"
        raise ApiError("ResourceNotFound", message, status=404)


Action: TypeAlias = "Callable[[ActionContext, Body], str]"

READING: dict[str, Action] = {
    "GetCustomTask": get_task,
    "ListCustomTasks": list_tasks,
    "GetCustomTaskInstances": get_instances,
    "ListCustomTaskTimelines": list_timelines,
    "GetContainerLogs": get_logs,
}
WRITING: dict[str, Action] = {
    "CreateCustomTask": create_task,
    "StopCustomTask": stop_task,
    "DeleteCustomTask": delete_task,
    "UpdateCustomTask": update_task,
}
ALL = READING | WRITING
