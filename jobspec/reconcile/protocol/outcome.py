"""The outcome of a change: each is reported once as done, failed, unknown or skipped."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from jobspec.reconcile.planning.plan import Change, Difference


class Status(StrEnum):
    """How a change or one of its steps ended."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Result(Struct, frozen=True):
    """How one step ended. `run` is the id of the run it created, `code` a diagnostic code.

    `is_own` means that this apply certainly created the run: the answer to its create contained the id.
    `altered` are the fields of a new run that the platform did not keep as they were sent. `is_full` means
    that the set of the run had no free slot any more.
    """

    status: Status
    detail: str = ""
    run: str = ""
    code: str = ""
    help: str = ""
    altered: tuple[Difference, ...] = ()
    is_own: bool = False
    is_full: bool = False


class Outcome(Struct, frozen=True):
    """How one change ended, and how many of its steps were done."""

    change: Change
    result: Result
    steps_done: int

    @property
    def status(self) -> Status:
        """How the change ended."""
        return self.result.status


DONE = Result(Status.DONE)


def changed_since_plan(detail: str) -> Result:
    """Return the result of a step whose run has changed since the plan."""
    help_ = "make a new plan and apply it"
    return Result(Status.SKIPPED, f"changed since the plan: {detail}", code="JS406", help=help_)
