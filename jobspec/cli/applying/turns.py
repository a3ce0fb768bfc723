"""The lock for writing to a scope: taken before a plan is made, once no earlier write is in flight."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobspec.apply.turn import Turn
from jobspec.cli import terminal
from jobspec.report.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.workflow.planning.applying import Applier


@contextmanager
def prepared(applier: Applier) -> Iterator[Turn]:
    """Hold the write lock of the scope, once nothing of an earlier command is in flight; then plan.

    An interrupt ends the wait for it: a caller that may be interrupted here checks the clock before writing.
    """
    with Turn(applier.workspace.folder, _report_waiting, applier.clock) as turn:
        settle(applier)
        yield turn


def _report_waiting() -> None:
    terminal.message("Waiting for another command that is writing to this scope on this machine")


def settle(applier: Applier) -> None:
    """Wait until the effects of an earlier command are visible; call before any plan is made."""
    seconds = applier.unsettled_seconds()
    if seconds > 0:
        left = duration(seconds + 1)
        terminal.message(f"Waiting {left}: an earlier apply ended before its submit was confirmed")
        applier.settle(seconds)
