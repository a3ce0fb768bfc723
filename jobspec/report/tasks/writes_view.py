"""The results of writes to single live tasks: the source of text, JSON and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from jobspec.redaction.answers import encodable, mask_text
from jobspec.redaction.values import secrets_in
from jobspec.report.view import PlatformView, View

if TYPE_CHECKING:
    from jobspec.cloud.answers.wire import TaskRecord
    from jobspec.reconcile.protocol.outcome import Result


class TaskWriteView(View):
    """The result of the write to one task."""

    id: str = Field(description="Id of the task.")
    name: str = Field(description="Name at the last check.")
    status: Literal["done", "failed", "unknown", "skipped"] = Field(description="Result of the write.")
    detail: str = Field(default="", description="Details, as text.")
    code: str = Field(default="", description="Diagnostic code; empty when it is done.")
    help: str = Field(default="", description="What to do; empty when there is nothing.")


class TaskWritesView(View):
    """The results for live tasks, as `jobspec task cancel`, `delete` and `update` print them as JSON."""

    version: Literal["jobspec/task-writes.v1"] = Field(
        default="jobspec/task-writes.v1", description="This format."
    )
    platform: PlatformView = Field(description="Where the tasks run.")
    verb: Literal["cancel", "delete", "update"] = Field(description="The requested action.")
    interrupted: bool = Field(default=False, description="Whether it was interrupted.")
    tasks: tuple[TaskWriteView, ...] = Field(description="The tasks, in the order of the arguments.")


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
