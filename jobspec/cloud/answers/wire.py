"""The platform's responses as values: tasks, instances, timelines, logs.

Tolerant on purpose: a key may be missing, null, new or of another type, and `raw` keeps everything. Only a
task without an Id is refused, because no decision about it is possible. `fast_page.py` reads the pages that
are as expected, with the same result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from msgspec import Struct

from jobspec.bounded_json import Unread
from jobspec.cloud.answers.timestamps import read_time
from jobspec.cluster import amount, claim_label, claimed_gpus
from jobspec.concealing import Concealing
from jobspec.errors import BadAnswer

if TYPE_CHECKING:
    from datetime import datetime

Json: TypeAlias = Mapping[str, object]
_BEYOND_64_BITS = 2.0**63
_ROLES = ("TaskRoleSpecs",)


class RoleRecord(Struct, frozen=True):
    """One role of a live task. A replica without a flavor claims its `gpus` one by one."""

    name: str
    replicas: int
    flavor: str
    gpus: float | None = None
    gpu_rate: float | None = None


class TaskRecord(Concealing, frozen=True):
    """One live task. `created` to `answered` are times as the platform wrote them; properties parse them.

    `state` is the platform's name of the state. Parsed times are aware, and in UTC.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"raw"})
    id: str
    name: str
    description: str
    has_description: bool
    """Whether the platform returned one, even if it is empty."""
    tags: tuple[str, ...]
    state: str
    created: str
    launched: str
    finished: str
    updated: str
    answered: str
    exit_code: int | None
    diag_info: str
    creator_user_id: int | None
    group: str
    own_queue: str
    raw: Json

    def __hash__(self) -> int:
        """Return a hash of the id: the content contains lists."""
        return hash(self.id)

    @property
    def queue(self) -> str:
        """The queue of the task, or its group if the platform returns no queue."""
        return self.own_queue or self.group

    @property
    def create_time(self) -> datetime | None:
        """When it was created."""
        return read_time(self.created)

    @property
    def launch_time(self) -> datetime | None:
        """When it was launched."""
        return read_time(self.launched)

    @property
    def finish_time(self) -> datetime | None:
        """When it finished."""
        return read_time(self.finished)

    @property
    def update_time(self) -> datetime | None:
        """When it last changed."""
        return read_time(self.updated)

    @property
    def server_time(self) -> datetime | None:
        """The platform's time when it sent the record."""
        return read_time(self.answered)

    @property
    def roles(self) -> tuple[RoleRecord, ...]:
        """The roles; read from the record."""
        read = self.raw.only(_ROLES) if isinstance(self.raw, Unread) else self.raw
        return tuple(map(_read_role, _objects(read.get("TaskRoleSpecs"))))


class InstanceRecord(Concealing, frozen=True):
    """One replica of one role. `role_index` is text, as the platform writes it."""

    concealed: ClassVar[frozenset[str]] = frozenset({"log_url", "raw"})
    role_name: str
    role_index: str
    state: str
    exit_code: int | None
    diag_info: str
    log_url: str  # may contain a token
    pod_name: str
    launch_time: datetime | None
    finish_time: datetime | None
    raw: Json
    host: str = ""  # the address of the replica; empty if the platform does not return it


class TimelineRecord(Concealing, frozen=True):
    """One state transition. Its wire format is unconfirmed, so several spellings are accepted."""

    concealed: ClassVar[frozenset[str]] = frozenset({"raw"})
    state: str
    time: datetime | None
    message: str
    raw: Json


class ContainerLog(Struct, frozen=True):
    """A part of a container's log; `next_offset` is the start of the next part."""

    content: str
    next_offset: int


class Created(Struct, frozen=True):
    """The result of a create request. `order_number` is empty on a dedicated resource group."""

    id: str
    order_number: str


class Page(Struct, frozen=True):
    """One page of a list as received. `total` is a hint; None if the platform did not return it."""

    total: int | None
    tasks: tuple[TaskRecord, ...]


def read_task(raw: object, *, action: str) -> TaskRecord:
    """Return the task in `raw`. Raises `BadAnswer` if it is not an object or has no Id."""
    record = _object(raw, action=action)
    return TaskRecord(
        id=_required_id(record, action=action),
        name=_text(record.get("Name")),
        description=_text(record.get("Description")),
        has_description="Description" in record,
        tags=_texts(record.get("Tags")),
        state=_text(record.get("State")),
        created=_only_text(record.get("CreateTime")),
        launched=_only_text(record.get("LaunchTime")),
        finished=_only_text(record.get("FinishTime")),
        updated=_only_text(record.get("UpdateTime")),
        answered=_only_text(record.get("ServerTime")),
        exit_code=_number(record.get("ExitCode")),
        diag_info=_text(record.get("DiagInfo")),
        creator_user_id=_number(record.get("CreatorUserId")),
        group=_text(record.get("ResourceGroupId")),
        own_queue=_text(record.get("ResourceQueueId")),
        raw=record,
    )


def read_page(result: Json, *, action: str) -> Page:
    """Return one page of tasks. Raises `BadAnswer` if the list is missing or one of its tasks has no Id.

    A null list counts as empty only if the total is 0 too, because an empty list leads to submitting every
    task.
    """
    items = _required_list(result, action=action)
    if result["List"] is None and _number(result.get("Total")) != 0:
        raise _bad(action, "with a `List` that is null and a `Total` that is not 0")
    return Page(_number(result.get("Total")), tuple(read_task(item, action=action) for item in items))


def read_instances(result: Json, *, action: str) -> tuple[InstanceRecord, ...]:
    """Return one page of instances. Raises `BadAnswer` if the list is missing."""
    return tuple(map(_read_instance, _objects(_required_list(result, action=action))))


def read_timelines(result: Json) -> tuple[TimelineRecord, ...]:
    """Return the transitions in the order of the response; none if it contains no list under a known key."""
    found = (result.get(key) for key in ("List", "Timelines", "TimeLines"))
    items = next((value for value in found if isinstance(value, list)), [])
    return tuple(map(_read_timeline, _objects(items)))


def read_container_log(result: Json, *, offset: int) -> ContainerLog:
    """Return the part of the log after `offset`, in either of the two plausible formats (unconfirmed)."""
    content = result.get("Content", result.get("Logs"))
    text = "\n".join(_texts(content)) if isinstance(content, list) else _text(content)
    following = _number(result.get("NextOffset"))
    return ContainerLog(text, offset + len(text.encode()) if following is None else following)


def read_created(result: Json, *, action: str) -> Created:
    """Return the id of the new task. Raises `BadAnswer` without one: a task may have been created."""
    return Created(_required_id(result, action=action), _text(result.get("OrderNumber")))


def _read_role(record: Json) -> RoleRecord:
    return RoleRecord(
        name=_text(record.get("RoleName")),
        replicas=_number(record.get("RoleReplicas")) or 0,
        flavor=_text(record.get("ResourceSpecId")) or _newer_flavor(record) or _claimed(record),
        gpus=_claimed_gpus(record),
        gpu_rate=amount(record.get("GpuRate")),
    )


def _claimed(record: Json) -> str:
    claim = record.get("FlexibleResourceClaim")
    return claim_label(claim) if isinstance(claim, Mapping) else ""


def _claimed_gpus(record: Json) -> float | None:
    claim = record.get("FlexibleResourceClaim")
    if not isinstance(claim, Mapping) or not claim:
        return None
    gpus = amount(claim.get("GpuCount"))
    return claimed_gpus(claim) if gpus is None else gpus


def _newer_flavor(record: Json) -> str:
    spec = record.get("ResourceSpec")
    return _text(spec.get("FlavorID")) if isinstance(spec, Mapping) else ""


# Unconfirmed: the reference documents no address, so the usual spellings are accepted.
_HOST_KEYS = ("Host", "PodIP", "PodIp", "HostIP", "HostIp", "IP", "Ip")


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
        host=next(filter(None, (_text(record.get(key)) for key in _HOST_KEYS)), ""),
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
    if items is None:  # Go writes an empty list as null
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


def _only_text(value: object) -> str:
    return value if isinstance(value, str) else ""


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
