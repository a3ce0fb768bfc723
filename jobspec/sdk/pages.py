"""Lists in the platform's own shape: one page as requested, or everything, proven complete.

A platform may return a shorter page than requested. So "no limit" is never one request: the list is read page
by page to its end, and sorted here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast, get_args

from msgspec import Struct
from msgspec.structs import asdict, replace

from jobspec.cloud.answers.query import ListQuery, SortBy, SortOrder
from jobspec.cloud.answers.wire import (
    InstanceRecord,
    Json,
    TaskRecord,
    read_instances,
    read_page,
)
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.sdk import arguments
from jobspec.sdk.requests import FILTERS, WINDOW, request
from jobspec.sdk.shapes import InstancePage, TaskPage

if TYPE_CHECKING:
    from jobspec.cloud.client import PlatformClient

NO_LIMIT = -1
_UNSET = datetime.min.replace(tzinfo=UTC)


class PageWindow(Struct, frozen=True):
    """The part of a list, and its order. A `limit` of -1 means none."""

    offset: int
    limit: int
    sort_by: str
    sort_order: str


def task_page(client: PlatformClient, filters: Mapping[str, Any], window: PageWindow) -> TaskPage:
    """Return the tasks in the window that pass `filters`, which are named like the parameters of `list`.

    Raises `UsageError`, the errors of a client, and `ListingIncomplete` without a limit.
    """
    arguments.check_given({**filters, **asdict(window)})
    if window.limit == NO_LIMIT:
        _check(window, get_args(SortBy))
        query = _query(filters)
        order = replace(query, sort_by=cast("SortBy", window.sort_by), sort_order=_order(window))
        tasks = order.in_order(client.list_all(query))
        return TaskPage(Total=len(tasks), List=_raw(tasks[window.offset :]))
    body = request({**FILTERS, **WINDOW}, {**filters, **asdict(window)})
    result = client.call("ListCustomTasks", body)
    page = read_page(result, action="ListCustomTasks")
    return TaskPage(Total=_total(result, page.tasks), List=_raw(page.tasks))


def every_task(client: PlatformClient, filters: Mapping[str, Any]) -> tuple[TaskRecord, ...]:
    """Return every task that passes `filters`, by ascending Id.

    Raises `UsageError` or `ListingIncomplete`.
    """
    arguments.check_given(filters)
    return client.list_all(_query(filters))


def instance_page(client: PlatformClient, task_id: str, window: PageWindow) -> InstancePage:
    """Return the instances of a task in the window. Raises `UsageError` and the errors of a client."""
    arguments.check_given(asdict(window))
    if window.limit == NO_LIMIT:
        _check(window, tuple(_INSTANCE_KEYS))
        instances = client.instances(task_id)
        return InstancePage(Total=len(instances), List=_raw(_in_order(instances, window)[window.offset :]))
    body = {"CustomTaskId": task_id, **request(WINDOW, asdict(window))}
    result = client.call("GetCustomTaskInstances", body)
    found = read_instances(result, action="GetCustomTaskInstances")
    return InstancePage(Total=_total(result, found), List=_raw(found))


def _query(filters: Mapping[str, Any]) -> ListQuery:
    return ListQuery(
        name=filters["task_name"] or "",
        fuzzy=filters["task_filter"] or "",
        id=filters["task_id"] or "",
        resource_group_id=filters["resource_group_id"] or "",
        creator_user_ids=tuple(filters["creator_user_ids"] or ()),
        states=tuple(filters["states"] or ()),
        tags=tuple(filters["tags"] or ()),
    )


def _order(window: PageWindow) -> SortOrder:
    return "Descend" if window.sort_order == "Descend" else "Ascend"


def _in_order(instances: Sequence[InstanceRecord], window: PageWindow) -> list[InstanceRecord]:
    ordered = sorted(instances, key=_INSTANCE_KEYS[window.sort_by])
    return ordered[::-1] if window.sort_order == "Descend" else ordered


def _check(window: PageWindow, keys: Sequence[str]) -> None:
    """Refuse what the platform would refuse in a request for a page."""
    arguments.check(asdict(window))
    for parameter, value, known in (
        ("sort_by", window.sort_by, keys),
        ("sort_order", window.sort_order, get_args(SortOrder)),
    ):
        if value not in known:
            raise UsageError(f"invalid `{parameter}`: {quote(value)}", help=f"use one of: {', '.join(known)}")
    if window.offset < 0:
        raise UsageError(
            f"`offset` must be 0 or more, not {window.offset}", help="pass 0 to start with the first task"
        )


def _raw(records: Sequence[TaskRecord | InstanceRecord]) -> list[dict[str, Any]]:
    return [dict(record.raw) for record in records]


def _total(result: Json, found: Sequence[object]) -> int:
    total = result.get("Total")
    return total if isinstance(total, int) else len(found)


_INSTANCE_KEYS: Mapping[str, Callable[[InstanceRecord], datetime]] = {
    "Id": lambda _instance: _UNSET,  # an instance has none: the platform's own order is kept
    "LaunchTime": lambda instance: instance.launch_time or _UNSET,
    "FinishTime": lambda instance: instance.finish_time or _UNSET,
}
