"""The results of writes to single live tasks: the source of text, JSON and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from jobspec.redaction.answers import encodable, mask_text
from jobspec.redaction.values import secrets_in
from jobspec.report.view import PlatformView, View

if TYPE_CHECKING:
    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.reconcile.protocol.outcome import Result


class TaskWriteView(View, frozen=True):
    """The result of the write to one task."""

    id: Annotated[str, Meta(description="Id of the task.")]
    name: Annotated[str, Meta(description="Name at the last check.")]
    status: Annotated[
        Literal["done", "failed", "unknown", "skipped"], Meta(description="Result of the write.")
    ]
    detail: Annotated[str, Meta(description="Details, as text.")] = ""
    code: Annotated[str, Meta(description="Diagnostic code; empty when it is done.")] = ""
    help: Annotated[str, Meta(description="What to do; empty when there is nothing.")] = ""


class TaskWritesView(View, frozen=True, kw_only=True):
    """The results for live tasks, as `jobspec task cancel`, `delete` and `update` print them as JSON."""

    version: Annotated[Literal["jobspec/task-writes.v1"], Meta(description="This format.")] = (
        "jobspec/task-writes.v1"
    )
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    verb: Annotated[Literal["cancel", "delete", "update"], Meta(description="The requested action.")]
    interrupted: Annotated[bool, Meta(description="Whether it was interrupted.")] = False
    tasks: Annotated[tuple[TaskWriteView, ...], Meta(description="The tasks, in the order of the arguments.")]


def written(record: TaskRecord, result: Result, renamed: str | None = None) -> TaskWriteView:
    """Return the result of the write to one task, which has another name if it was renamed."""
    return TaskWriteView(
        id=encodable(record.id),
        name=mask_text(renamed or record.name, secrets_in(record.raw)),
        status=result.status.value,
        detail=encodable(result.detail),
        code=result.code,
        help=encodable(result.help),
    )
