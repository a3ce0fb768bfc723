"""The live tasks of an account, from any user: the source of tables, JSON and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from jobspec.reconcile import tags
from jobspec.reconcile.runs import FINISHED, phase_of
from jobspec.reconcile.tags import Inconsistent, Keep, Marks, TagKey
from jobspec.redaction.answers import encodable, mask_text, masked_by
from jobspec.redaction.masking import Mask
from jobspec.redaction.records import mask_record
from jobspec.redaction.values import secrets_in
from jobspec.report.view import PlatformView, View, written_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.cloud.answers.wire import InstanceRecord, RoleRecord, TaskRecord, TimelineRecord


class LiveRoleView(View, frozen=True):
    """One role of a live task."""

    name: Annotated[str, Meta(description="Name of the role.")]
    replicas: Annotated[int, Meta(description="How many replicas it has.")]
    flavor: Annotated[str, Meta(description="Flavor of each replica; empty when unknown.")]


class ManagedView(View, frozen=True):
    """The content of the jobspec tags on a live task."""

    scope: Annotated[
        str, Meta(description="Scope that it belongs to, as its tag holds it; empty when unclear.")
    ]
    task: Annotated[
        str, Meta(description="Task that it is a run of, as its tag holds it; empty when unclear.")
    ]
    protected: Annotated[bool, Meta(description="Whether its manifest protects it from being stopped.")] = (
        False
    )
    stop: Annotated[str, Meta(description="Why jobspec cancelled it; empty if it did not.")] = ""
    problem: Annotated[
        str, Meta(description="How its tags contradict each other; empty when they agree.")
    ] = ""
    address: Annotated[
        str, Meta(description="`scope/task`, with the full scope name where the tag allows it.")
    ] = ""


class LiveTaskView(View, frozen=True, kw_only=True):
    """One live task."""

    id: Annotated[str, Meta(description="Id on the platform.")]
    name: Annotated[str, Meta(description="Name on the platform.")]
    description: Annotated[str, Meta(description="Text for people.")] = ""
    state: Annotated[str, Meta(description="State as reported by the platform.")]
    phase: Annotated[
        str, Meta(description="What the state means: pending, running, stopping, succeeded, failed, …")
    ]
    creator: Annotated[int | None, Meta(description="Id of the user who created it.")] = None
    group: Annotated[str, Meta(description="Id of its resource group; empty when it is not shown.")] = ""
    queue: Annotated[str, Meta(description="Id of its queue; empty when it is not shown.")] = ""
    roles: Annotated[tuple[LiveRoleView, ...], Meta(description="Its roles.")] = ()
    created: Annotated[str | None, Meta(description="When it was created, RFC 3339 in UTC.")] = None
    launched: Annotated[str | None, Meta(description="When it was launched, RFC 3339 in UTC.")] = None
    finished: Annotated[str | None, Meta(description="When it finished, RFC 3339 in UTC.")] = None
    updated: Annotated[str | None, Meta(description="When it last changed, RFC 3339 in UTC.")] = None
    exit_code: Annotated[int | None, Meta(description="Exit code of a finished task.")] = None
    detail: Annotated[str, Meta(description="Detail from the platform.")] = ""
    tags: Annotated[tuple[str, ...], Meta(description="All its tags.")] = ()
    managed: Annotated[ManagedView | None, Meta(description="Null when jobspec did not submit it.")] = None


class TasksView(View, frozen=True, kw_only=True):
    """Live tasks, as `jobspec task list --output json` prints them."""

    version: Annotated[Literal["jobspec/tasks.v1"], Meta(description="This format.")] = "jobspec/tasks.v1"
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    total: Annotated[
        int | None, Meta(description="Number of tasks that match the filters; null when it is unknown.")
    ]
    more: Annotated[bool, Meta(description="Whether there may be more tasks than listed.")]
    tasks: Annotated[tuple[LiveTaskView, ...], Meta(description="The tasks, in the requested order.")]


class TaskDetailView(View, frozen=True, kw_only=True):
    """A live task, as `jobspec task get --output json` prints it."""

    version: Annotated[Literal["jobspec/task-detail.v1"], Meta(description="This format.")] = (
        "jobspec/task-detail.v1"
    )
    platform: Annotated[PlatformView, Meta(description="Where the task runs.")]
    task: Annotated[LiveTaskView, Meta(description="The task.")]
    record: Annotated[
        dict[str, Any], Meta(description="The platform's record, unchanged except that secrets are `***`.")
    ]


class InstanceView(View, frozen=True):
    """One replica of a live task."""

    role: Annotated[str, Meta(description="Name of the role.")]
    index: Annotated[str, Meta(description="Number in the role, from 0.")]
    state: Annotated[str, Meta(description="State as reported by the platform.")]
    exit_code: Annotated[int | None, Meta(description="Exit code of a finished replica.")] = None
    launched: Annotated[str | None, Meta(description="When it was launched, RFC 3339 in UTC.")] = None
    finished: Annotated[str | None, Meta(description="When it finished, RFC 3339 in UTC.")] = None
    pod: Annotated[str, Meta(description="Name of its pod.")] = ""
    detail: Annotated[str, Meta(description="Detail from the platform.")] = ""


class InstancesView(View, frozen=True, kw_only=True):
    """The replicas of a live task, as `jobspec task instances --output json` prints them."""

    version: Annotated[Literal["jobspec/task-instances.v1"], Meta(description="This format.")] = (
        "jobspec/task-instances.v1"
    )
    platform: Annotated[PlatformView, Meta(description="Where the task runs.")]
    task: Annotated[str, Meta(description="Id of the task.")]
    instances: Annotated[tuple[InstanceView, ...], Meta(description="The replicas, in the platform's order.")]


class MoveView(View, frozen=True):
    """One change of the state of a live task."""

    state: Annotated[str, Meta(description="The new state, as reported by the platform.")]
    time: Annotated[
        str | None, Meta(description="Time of the change, RFC 3339 in UTC; null when unknown.")
    ] = None
    detail: Annotated[str, Meta(description="Detail from the platform.")] = ""


class TimelineView(View, frozen=True, kw_only=True):
    """The state changes of a live task, as `jobspec task timeline --output json` prints them."""

    version: Annotated[Literal["jobspec/task-timeline.v1"], Meta(description="This format.")] = (
        "jobspec/task-timeline.v1"
    )
    platform: Annotated[PlatformView, Meta(description="Where the task runs.")]
    task: Annotated[str, Meta(description="Id of the task.")]
    timeline: Annotated[tuple[MoveView, ...], Meta(description="The changes, in the platform's order.")]


def live_task(record: TaskRecord, scopes: Iterable[str] = ()) -> LiveTaskView:
    """Return the view of one task; secrets in its record are replaced by `***` wherever they occur.

    `scopes` are names that may be behind its scope tag.
    """
    phase, mask = phase_of(record.state), Mask.of(secrets_in(record.raw))
    name, description, state, group, queue, diag_info, *shown_tags = (
        masked_by(mask, text)
        for text in (
            *(record.name, record.description, record.state, record.group, record.own_queue),
            *(record.diag_info, *record.tags),
        )
    )
    return LiveTaskView(
        id=encodable(record.id),
        name=name,
        description=description,
        state=state,
        phase=phase.value,
        creator=record.creator_user_id,
        group=group,
        queue=queue,
        roles=tuple(_role(role, mask) for role in record.roles),
        created=written_time(record.create_time),
        launched=written_time(record.launch_time),
        finished=written_time(record.finish_time),
        updated=written_time(record.update_time),
        exit_code=record.exit_code if phase in FINISHED else None,
        detail=diag_info,
        tags=tuple(shown_tags),
        managed=managed(record, scopes),
    )


def _role(role: RoleRecord, mask: Mask) -> LiveRoleView:
    return LiveRoleView(
        name=masked_by(mask, role.name), replicas=role.replicas, flavor=masked_by(mask, role.flavor)
    )


def managed(record: TaskRecord, scopes: Iterable[str] = ()) -> ManagedView | None:
    """Return the content of a task's jobspec tags; None without such tags."""
    match tags.read(record.tags):
        case Marks() as marks:
            is_named = tags.encoding(TagKey.TASK, record.name) == marks.task
            task = mask_text(record.name if is_named else marks.task, secrets_in(record.raw))
            return ManagedView(
                scope=encodable(marks.scope),
                task=task,
                address=f"{encodable(tags.decoded(TagKey.SCOPE, marks.scope, scopes) or marks.scope)}/{task}",
                protected=marks.keep is Keep.PROTECT,
                stop=encodable(marks.stop),
            )
        case Inconsistent() as found:
            scope, task = (encodable(", ".join(sorted(names))) for names in (found.scopes, found.tasks))
            return ManagedView(scope=scope, task=task, problem=found.reason)
        case None:
            return None


def detail(record: TaskRecord, platform: PlatformView, scopes: Iterable[str] = ()) -> TaskDetailView:
    """Return one task with the platform's own record."""
    task = live_task(record, scopes)
    return TaskDetailView(platform=platform, task=task, record=mask_record(record.raw))


def instances(task: str, records: Iterable[InstanceRecord], platform: PlatformView) -> InstancesView:
    """Return the replicas of a task without their addresses, which may contain a token."""
    return InstancesView(platform=platform, task=task, instances=tuple(map(_instance, records)))


def timeline(task: str, records: Iterable[TimelineRecord], platform: PlatformView) -> TimelineView:
    """Return the state changes of a task."""
    moves = (
        MoveView(state=encodable(one.state), time=written_time(one.time), detail=mask_text(one.message))
        for one in records
    )
    return TimelineView(platform=platform, task=task, timeline=tuple(moves))


def _instance(record: InstanceRecord) -> InstanceView:
    is_finished = record.finish_time is not None or phase_of(record.state) in FINISHED
    return InstanceView(
        role=encodable(record.role_name),
        index=encodable(record.role_index),
        state=encodable(record.state),
        exit_code=record.exit_code if is_finished else None,
        launched=written_time(record.launch_time),
        finished=written_time(record.finish_time),
        pod=encodable(record.pod_name),
        detail=mask_text(record.diag_info),
    )
