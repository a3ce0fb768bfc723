"""Waits for the end of a task."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jobspec.cloud.settings import (
    MACHINE,
    System,
)
from jobspec.quoting import quote
from jobspec.reconcile.runs import FINISHED, phase_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.cloud.answers.wire import TaskRecord


def until_finished(
    read: Callable[[], TaskRecord], *, timeout: float | None, poll: float, system: System = MACHINE
) -> TaskRecord:
    """Return the task once it has ended, read every `poll` seconds. Unknown states are waited out too.

    Raises `TimeoutError` if it has not ended after `timeout` seconds; None means no limit.
    """
    end = system.monotonic() + (math.inf if timeout is None else timeout)
    while True:
        task = read()
        if phase_of(task.state) in FINISHED:
            return task
        left = end - system.monotonic()
        if left <= 0:
            raise TimeoutError(
                f"task {quote(task.id)} did not finish within {timeout:g} s: its state is {quote(task.state)}"
            )
        system.sleep(min(poll, left))
