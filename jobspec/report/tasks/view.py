"""The live tasks of an account, from any user: the source of tables, JSON and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

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


class LiveRoleView(View):
    """One role of a live task."""

    name: str = Field(description="Name of the role.")
    replicas: int = Field(description="How many replicas it has.")
    flavor: str = Field(description="Flavor of each replica; empty when unknown.")


class ManagedView(View):
    """The content of the jobspec tags on a live task."""

    scope: str = Field(description="Scope that it belongs to, as its tag holds it; empty when unclear.")
    task: str = Field(description="Task that it is a run of, as its tag holds it; empty when unclear.")
    protected: bool = Field(default=False, description="Whether its manifest protects it from being stopped.")
    stop: str = Field(default="", description="Why jobspec cancelled it; empty if it did not.")
    problem: str = Field(default="", description="How its tags contradict each other; empty when they agree.")
    address: str = Field(
        default="", description="`scope/task`, with the full scope name where the tag allows it."
    )


class LiveTaskView(View):
    """One live task."""

    id: str = Field(description="Id on the platform.")
    name: str = Field(description="Name on the platform.")
    description: str = Field(default="", description="Text for people.")
    state: str = Field(description="State as reported by the platform.")
    phase: str = Field(description="What the state means: pending, running, stopping, succeeded, failed, …")
    creator: int | None = Field(default=None, description="Id of the user who created it.")
    group: str = Field(default="", description="Id of its resource group; empty when it is not shown.")
    queue: str = Field(default="", description="Id of its queue; empty when it is not shown.")
    roles: tuple[LiveRoleView, ...] = Field(default=(), description="Its roles.")
    created: str | None = Field(default=None, description="When it was created, RFC 3339 in UTC.")
    launched: str | None = Field(default=None, description="When it was launched, RFC 3339 in UTC.")
    finished: str | None = Field(default=None, description="When it finished, RFC 3339 in UTC.")
    updated: str | None = Field(default=None, description="When it last changed, RFC 3339 in UTC.")
    exit_code: int | None = Field(default=None, description="Exit code of a finished task.")
    detail: str = Field(default="", description="Detail from the platform.")
    tags: tuple[str, ...] = Field(default=(), description="All its tags.")
    managed: ManagedView | None = Field(default=None, description="Null when jobspec did not submit it.")


class TasksView(View):
    """Live tasks, as `jobspec task list --output json` prints them."""

    version: Literal["jobspec/tasks.v1"] = Field(default="jobspec/tasks.v1", description="This format.")
    platform: PlatformView = Field(description="Where the tasks run.")
    total: int | None = Field(description="Number of tasks that match the filters; null when it is unknown.")
    more: bool = Field(description="Whether there may be more tasks than listed.")
    tasks: tuple[LiveTaskView, ...] = Field(description="The tasks, in the requested order.")


class TaskDetailView(View):
    """A live task, as `jobspec task get --output json` prints it."""

    version: Literal["jobspec/task-detail.v1"] = Field(
        default="jobspec/task-detail.v1", description="This format."
    )
    platform: PlatformView = Field(description="Where the task runs.")
    task: LiveTaskView = Field(description="The task.")
    record: dict[str, object] = Field(
        description="The platform's record, unchanged except that secrets are `***`."
    )


class InstanceView(View):
    """One replica of a live task."""

    role: str = Field(description="Name of the role.")
    index: str = Field(description="Number in the role, from 0.")
    state: str = Field(description="State as reported by the platform.")
    exit_code: int | None = Field(default=None, description="Exit code of a finished replica.")
    launched: str | None = Field(default=None, description="When it was launched, RFC 3339 in UTC.")
    finished: str | None = Field(default=None, description="When it finished, RFC 3339 in UTC.")
    pod: str = Field(default="", description="Name of its pod.")
    detail: str = Field(default="", description="Detail from the platform.")


class InstancesView(View):
    """The replicas of a live task, as `jobspec task instances --output json` prints them."""

    version: Literal["jobspec/task-instances.v1"] = Field(
        default="jobspec/task-instances.v1", description="This format."
    )
    platform: PlatformView = Field(description="Where the task runs.")
    task: str = Field(description="Id of the task.")
    instances: tuple[InstanceView, ...] = Field(description="The replicas, in the platform's order.")


class MoveView(View):
    """One change of the state of a live task."""

    state: str = Field(description="The new state, as reported by the platform.")
    time: str | None = Field(
        default=None, description="Time of the change, RFC 3339 in UTC; null when unknown."
    )
    detail: str = Field(default="", description="Detail from the platform.")


class TimelineView(View):
    """The state changes of a live task, as `jobspec task timeline --output json` prints them."""

    version: Literal["jobspec/task-timeline.v1"] = Field(
        default="jobspec/task-timeline.v1", description="This format."
    )
    platform: PlatformView = Field(description="Where the task runs.")
    task: str = Field(description="Id of the task.")
    timeline: tuple[MoveView, ...] = Field(description="The changes, in the platform's order.")


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
