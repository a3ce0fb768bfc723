"""What writes to single tasks exit with."""

from __future__ import annotations

from typing import Any

import pytest

from jobspec.cli.exits import Exit, of_writes
from jobspec.report.tasks.writes_view import TaskWritesView, TaskWriteView
from jobspec.report.view import PlatformView

PLATFORM = PlatformView(kind="local", endpoint="/project/.jobspec")


def writes(*statuses: Any, interrupted: bool = False) -> TaskWritesView:
    tasks = tuple(TaskWriteView(id="t-1", name="train", status=status) for status in statuses)
    return TaskWritesView(platform=PLATFORM, verb="cancel", interrupted=interrupted, tasks=tasks)


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (writes("done", "done"), Exit.DONE),
        (writes("done", "skipped"), Exit.GUARD),
        (writes("skipped", "failed"), Exit.ERROR),
        (writes("failed", "unknown", "skipped"), Exit.UNKNOWN),
        (writes("done", "unknown", "skipped", interrupted=True), Exit.UNKNOWN),
        (writes("done", interrupted=True), Exit.INTERRUPTED),
    ],
    ids=["done", "guard", "failed", "unknown", "interrupted-unknown", "interrupted-at-the-end"],
)
def test_the_worst_of_several_writes_is_what_they_exit_with(view: TaskWritesView, code: Exit) -> None:
    assert of_writes(view) is code
