"""The turn to write to a scope: taken before a plan is made, once nothing is under way any more."""

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
    """The turn to write to the scope, once nothing of an earlier command is under way; then plan.

    An interrupt ends the waiting for it: whoever may be interrupted here asks the clock before writing.
    """
    with Turn(applier.workspace.folder, _report_waiting, applier.clock) as turn:
        settle(applier)
        yield turn


def _report_waiting() -> None:
    terminal.message("Waiting for another command that is writing to this scope on this machine")


def settle(applier: Applier) -> None:
    """Wait until what an earlier command may have left under way shows; before any plan is made."""
    seconds = applier.unsettled_seconds()
    if seconds > 0:
        left = duration(seconds + 1)
        terminal.message(f"Waiting {left}: an earlier apply ended before its submit was confirmed")
        applier.settle(seconds)
