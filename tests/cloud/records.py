"""Task records for tests that need little more than the id."""

from __future__ import annotations

from jobspec.cloud.answers.wire import TaskRecord, read_task


def task(task_id: str, **fields: object) -> TaskRecord:
    return read_task({"Id": task_id, **fields}, action="ListCustomTasks")


def tasks(*ids: str) -> tuple[TaskRecord, ...]:
    return tuple(task(one) for one in ids)
