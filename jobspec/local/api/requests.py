"""Parses the body of a request to a value, or raises an `ApiError` that describes the error.

Strict where the API's reference is; fields it does not name are kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from msgspec import Struct

from jobspec.local import shapes
from jobspec.local.api.bodies.create import CREATE, DESCRIPTION, NAME, ROLE_NAME, TAGS
from jobspec.local.errors import ApiError
from jobspec.local.shapes import Check, integer, items, matching, one_of, record, text

if TYPE_CHECKING:
    from collections.abc import Iterable

Body: TypeAlias = dict[str, Any]

MAX_LIMIT = 1000
"""The longest page of a list, even if a longer one is requested; only -1 has no limit.

The platform's own largest limit is unconfirmed.
"""
_DEEPEST = 64
_ID = text(least=1, most=200)
_ORDER = one_of("Ascend", "Descend")
_LIST = record(
    {},
    {
        **dict.fromkeys(("Name", "Filter", "Id", "ResourceGroupId"), text()),
        **dict.fromkeys(("ResourceQueueIds", "States"), items(text(), most=1000)),
        "Tags": items(text(), most=32),  # each needs an SQLite table, and SQLite joins at most 64
        "CreatorUserIds": items(integer(0, 2**63 - 1)),
        "Offset": integer(0),
        "Limit": integer(-1),
        "SortBy": one_of("Id", "Name", "CreateTime", "UpdateTime"),
        "SortOrder": _ORDER,
    },
)
_INSTANCES = record(
    {"CustomTaskId": _ID},
    {
        "Offset": integer(0),
        "Limit": integer(-1),
        "SortBy": one_of("Id", "LaunchTime", "FinishTime"),
        "SortOrder": _ORDER,
    },
)
_UPDATE = record({"Id": _ID}, {"Name": NAME, "Description": DESCRIPTION, "Tags": TAGS})
_LOGS = record(
    {"CustomTaskId": _ID},
    {
        "RoleName": ROLE_NAME,
        "RoleIndex": matching(r"[0-9]{1,6}", "a number, as a string"),
        "Offset": integer(0, 2**53),
        "Limit": integer(1),
    },
)


class PageRequest(Struct, frozen=True):
    """The requested part of a list, and its order. A `limit` of -1 means none."""

    offset: int
    limit: int
    sort_by: str
    descending: bool


class ListRequest(Struct, frozen=True):
    """The filters of ListCustomTasks; an empty one does not filter. A task must have all `tags`."""

    page: PageRequest
    name: str
    fuzzy: str
    task_id: str
    resource_group: str
    queues: tuple[str, ...]
    creators: tuple[int, ...]
    states: tuple[str, ...]
    tags: tuple[str, ...]


class UpdateRequest(Struct, frozen=True):
    """The changes of UpdateCustomTask: a field that is None is kept; `tags` replaces the whole list."""

    task_id: str
    name: str | None
    description: str | None
    tags: tuple[str, ...] | None


class LogRequest(Struct, frozen=True):
    """A part of a replica's log, in bytes."""

    task_id: str
    replica: str
    offset: int
    limit: int


def parse(data: bytes) -> Body:
    """Return the JSON object in `data`; an empty body is an empty object. Raises `ApiError`."""
    try:
        body = json.loads(data.decode("utf-8") or "{}", parse_constant=_no_constant)
        # The parser accepts a lone surrogate or an infinite number, but neither could be sent back.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise ApiError("InvalidParameter", "the body is not valid JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise ApiError("InvalidParameter", "the body must be a JSON object")
    _check_depth(body)
    return body


def _check_depth(body: Body) -> None:
    """Refuse deep nesting: code with less stack left than there is here reads the stored task again."""
    level: list[Any] = [body]
    for _ in range(_DEEPEST):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return
    raise ApiError("InvalidParameter", f"the body is nested deeper than {_DEEPEST} levels")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def checked_create(body: Body) -> Body:
    """Return the body of CreateCustomTask without its nulls, if its task can be run."""
    CREATE(body, "")
    kept = {key: value for key, value in body.items() if value is not None}
    _check_image(kept["ImageSpec"])
    _check_roles(kept["TaskRoleSpecs"])
    if kept.get("CodeSource") and not kept.get("CodeOriPath"):
        raise shapes.missing("CodeOriPath")
    return kept


def _check_image(image: Body) -> None:
    if not image.get("Id") and not image.get("Url"):
        raise ApiError("MissingParameter", "`ImageSpec.Id` or `ImageSpec.Url` is required")


def _check_roles(roles: list[Body]) -> None:
    seen: set[str] = set()
    for index, role in enumerate(roles):
        if not any(map(role.get, ("ResourceSpecId", "ResourceSpec", "FlexibleResourceClaim"))):
            raise shapes.missing(f"TaskRoleSpecs[{index}].ResourceSpecId")
        if role["RoleName"].upper() in seen:  # the names of environment variables are in upper case
            raise shapes.invalid(
                f"TaskRoleSpecs[{index}].RoleName", "different from the names of the other roles"
            )
        seen.add(role["RoleName"].upper())


def task_id(body: Body, *, field: str = "Id") -> str:
    """Return the task id in a request."""
    record({field: _ID}, {})(body, "")
    return str(body[field])


def list_request(body: Body) -> ListRequest:
    """Return the filters and the page of ListCustomTasks."""
    _LIST(body, "")
    return ListRequest(
        page=_page(body),
        name=body.get("Name") or "",
        fuzzy=body.get("Filter") or "",
        task_id=body.get("Id") or "",
        resource_group=body.get("ResourceGroupId") or "",
        queues=_unique(body, "ResourceQueueIds"),
        creators=tuple(body.get("CreatorUserIds") or ()),
        states=_unique(body, "States"),
        tags=_unique(body, "Tags"),
    )


def instances_request(body: Body) -> tuple[str, PageRequest]:
    """Return the task id and the page of GetCustomTaskInstances."""
    _INSTANCES(body, "")
    return body["CustomTaskId"], _page(body)


def update_request(body: Body) -> UpdateRequest:
    """Return the changes of UpdateCustomTask. A field that cannot change is refused, not ignored."""
    _UPDATE(body, "")
    for name in body.keys() - {"Id", "Name", "Description", "Tags"}:
        raise ApiError("InvalidParameter", f"`{name}` cannot be changed: replace the task with a new one")
    tags = None if body.get("Tags") is None else _unique(body, "Tags")
    return UpdateRequest(body["Id"], body.get("Name"), body.get("Description"), tags)


def log_request(body: Body) -> LogRequest:
    """Return the request of GetContainerLogs.

    `PodName` is `<task id>-<role>-<index>`, or these three are given separately.
    """
    if body.get("PodName") is not None:
        body = {**body, **_pod_parts(body)}
    _LOGS(body, "")
    replica = f"{body.get('RoleName') or 'worker'}-{int(body.get('RoleIndex') or 0)}"
    return LogRequest(body["CustomTaskId"], replica, body.get("Offset") or 0, body.get("Limit") or 2**20)


_pod_name: Check = matching(r"t-[0-9]+-[a-z0-9]+-.+-[0-9]+", "`<task id>-<role>-<index>`")


def _pod_parts(body: Body) -> Body:
    pod = body["PodName"]
    _pod_name(pod, "PodName")
    task, role_and_index = "-".join(pod.split("-")[:3]), "-".join(pod.split("-")[3:])
    role, _, index = role_and_index.rpartition("-")
    parts = {"CustomTaskId": task, "RoleName": role, "RoleIndex": index}
    for field, value in parts.items():
        if body.get(field) not in (None, "", value):
            raise shapes.invalid("PodName", f"a pod of the given `{field}`")
    return parts


def _page(body: Body) -> PageRequest:
    limit = 10 if body.get("Limit") is None else body["Limit"]
    return PageRequest(
        offset=body.get("Offset") or 0,
        limit=min(limit, MAX_LIMIT),
        sort_by=body.get("SortBy") or "Id",
        descending=body.get("SortOrder") != "Ascend",
    )


def _unique(body: Body, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(body.get(name) or ()))
