"""What the platform answers, as values: tasks, instances, timelines, logs.

Tolerant on purpose: a key may be missing, null, new or of another type, and `raw` keeps everything. Only a
task without an Id is refused, since nothing can be decided about it. Plain code instead of models, because a
listing of thousands of tasks is parsed at every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from jobspec.cloud.answers.timestamps import read_time
from jobspec.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Json: TypeAlias = Mapping[str, object]
_BEYOND_64_BITS = 2.0**63


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """One role of a live task."""

    name: str
    replicas: int
    flavor: str


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One live task. Times are aware and UTC; `state` is the platform's own word."""

    id: str
    name: str
    description: str
    tags: tuple[str, ...]
    state: str
    create_time: datetime | None
    launch_time: datetime | None
    finish_time: datetime | None
    update_time: datetime | None
    exit_code: int | None
    diag_info: str
    creator_user_id: int | None
    roles: tuple[RoleRecord, ...]
    group: str
    own_queue: str
    raw: Json = field(repr=False, hash=False)

    @property
    def queue(self) -> str:
        """Where it queues: its queue, or its group where it shows none."""
        return self.own_queue or self.group


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One replica of one role. `role_index` is text, as the platform writes it."""

    role_name: str
    role_index: str
    state: str
    exit_code: int | None
    diag_info: str
    log_url: str = field(repr=False)  # it may hold a token
    pod_name: str
    launch_time: datetime | None
    finish_time: datetime | None
    raw: Json = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class TimelineRecord:
    """One state transition. Its shape on the wire is unconfirmed, so several spellings are read."""

    state: str
    time: datetime | None
    message: str
    raw: Json = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class ContainerLog:
    """A stretch of a container's log; `next_offset` is where the next one starts."""

    content: str
    next_offset: int


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to a create. `order_number` is empty on a dedicated resource group."""

    id: str
    order_number: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list as it came. `total` is a hint; None when the platform did not say."""

    total: int | None
    tasks: tuple[TaskRecord, ...]


def read_task(raw: object, *, action: str) -> TaskRecord:
    """The task in `raw`. Raises `BadAnswer` when it is not an object or has no Id."""
    record = _object(raw, action=action)
    return TaskRecord(
        id=_required_id(record, action=action),
        name=_text(record.get("Name")),
        description=_text(record.get("Description")),
        tags=_texts(record.get("Tags")),
        state=_text(record.get("State")),
        create_time=read_time(record.get("CreateTime")),
        launch_time=read_time(record.get("LaunchTime")),
        finish_time=read_time(record.get("FinishTime")),
        update_time=read_time(record.get("UpdateTime")),
        exit_code=_number(record.get("ExitCode")),
        diag_info=_text(record.get("DiagInfo")),
        creator_user_id=_number(record.get("CreatorUserId")),
        roles=tuple(map(_read_role, _objects(record.get("TaskRoleSpecs")))),
        group=_text(record.get("ResourceGroupId")),
        own_queue=_text(record.get("ResourceQueueId")),
        raw=record,
    )


def read_page(result: Json, *, action: str) -> Page:
    """One page of tasks. Raises `BadAnswer` when there is no list or one of its tasks has no Id.

    A list that is null holds nothing only where the total says so too: what is empty is to be submitted.
    """
    items = _required_list(result, action=action)
    if result["List"] is None and _number(result.get("Total")) != 0:
        raise _bad(action, "with a `List` that is null and a `Total` that is not 0")
    return Page(_number(result.get("Total")), tuple(read_task(item, action=action) for item in items))


def read_instances(result: Json, *, action: str) -> tuple[InstanceRecord, ...]:
    """One page of instances. Raises `BadAnswer` when there is no list."""
    return tuple(map(_read_instance, _objects(_required_list(result, action=action))))


def read_timelines(result: Json) -> tuple[TimelineRecord, ...]:
    """The transitions in the order they came; none when the answer holds no list that we know."""
    found = (result.get(key) for key in ("List", "Timelines", "TimeLines"))
    items = next((value for value in found if isinstance(value, list)), [])
    return tuple(map(_read_timeline, _objects(items)))


def read_container_log(result: Json, *, offset: int) -> ContainerLog:
    """The stretch of log after `offset`, in either of the shapes that are plausible (unconfirmed)."""
    content = result.get("Content", result.get("Logs"))
    text = "\n".join(_texts(content)) if isinstance(content, list) else _text(content)
    following = _number(result.get("NextOffset"))
    return ContainerLog(text, offset + len(text.encode()) if following is None else following)


def read_created(result: Json, *, action: str) -> Created:
    """The new task's Id. Raises `BadAnswer` without one: then nobody knows what was created."""
    return Created(_required_id(result, action=action), _text(result.get("OrderNumber")))


def _read_role(record: Json) -> RoleRecord:
    return RoleRecord(
        name=_text(record.get("RoleName")),
        replicas=_number(record.get("RoleReplicas")) or 0,
        flavor=_text(record.get("ResourceSpecId")) or _newer_flavor(record),
    )


def _newer_flavor(record: Json) -> str:
    spec = record.get("ResourceSpec")
    return _text(spec.get("FlavorID")) if isinstance(spec, Mapping) else ""


def _read_instance(record: Json) -> InstanceRecord:
    return InstanceRecord(
        role_name=_text(record.get("RoleName")),
        role_index=_text(record.get("RoleIndex")),
        state=_text(record.get("State")),
        exit_code=_number(record.get("ExitCode")),
        diag_info=_text(record.get("DiagInfo")),
        log_url=_text(record.get("LogURL")),
        pod_name=_text(record.get("PodName")),
        launch_time=read_time(record.get("LaunchTime")),
        finish_time=read_time(record.get("FinishTime")),
        raw=record,
    )


def _read_timeline(record: Json) -> TimelineRecord:
    times = (read_time(record.get(key)) for key in ("Time", "StartTime", "CreateTime", "UpdateTime"))
    return TimelineRecord(
        state=_text(record.get("State")) or _text(record.get("Status")),
        time=next((time for time in times if time is not None), None),
        message=_text(record.get("Message")) or _text(record.get("DiagInfo")) or _text(record.get("Reason")),
        raw=record,
    )


def _object(raw: object, *, action: str) -> Json:
    if isinstance(raw, Mapping):
        return raw
    raise _bad(action, "with an item that is not a task")


def _required_id(record: Json, *, action: str) -> str:
    found = _text(record.get("Id"))
    if found:
        return found
    raise _bad(action, "without an `Id`")


def _required_list(result: Json, *, action: str) -> Sequence[object]:
    items = result.get("List", ...)
    if items is None:  # how Go writes a list that holds nothing
        return ()
    if isinstance(items, list):
        return items
    raise _bad(action, "without a `List`")


def _bad(action: str, what: str) -> BadAnswer:
    message = f"the platform returned a response to `{action}` {what}"
    return BadAnswer(message, action=action, help="check the endpoint; if it is right, try again later")


def _objects(value: object) -> tuple[Json, ...]:
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _BEYOND_64_BITS:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 20:
        return int(value)
    return None
