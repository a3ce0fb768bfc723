"""The exit codes, and the exit code of each outcome and error. Defined only here."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from jobspec.errors import GuardError, JobspecError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.report.apply.view import ApplyView
    from jobspec.report.tasks.writes_view import TaskWritesView
    from jobspec.report.wait.view import FinishedView, WaitView

# A guard refused, and nothing was written: a stale plan, or a twin.
_GUARDED = frozenset({"JS406", "JS407"})
# Why a task did not start during `--wait`; with the goal `running`, what waits for others may stay behind.
_NOT_STARTED = frozenset({"blocked-by-failure", "outdated"})
_STILL_WAITING = "waiting"


class Exit(IntEnum):
    """Exit codes of the process."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    GUARD = 3
    UNKNOWN = 4
    INTERRUPTED = 130
    UNREAD = 141  # 128 + SIGPIPE, as a shell reports a program whose reader has closed the pipe


def of_error(error: JobspecError) -> Exit:
    """Return the exit code for an exception of ours."""
    return Exit.GUARD if isinstance(error, GuardError) else Exit.ERROR


def of_apply(view: ApplyView) -> Exit:
    """Return the exit code for an apply: that of its worst outcome."""
    statuses = {outcome.status for outcome in view.outcomes}
    if "unknown" in statuses:
        return Exit.UNKNOWN
    if view.interrupted:
        return Exit.INTERRUPTED
    bad = _NOT_STARTED | ({_STILL_WAITING} if view.waited_for != "running" else set())
    is_one_left = any(one.reason in bad for one in view.left)
    is_unsuccessful = is_one_left or not _are_successful(view.waited, view.waited_for)
    if "failed" in statuses or view.timed_out or is_unsuccessful:
        return Exit.ERROR
    guarded = any(outcome.status == "skipped" and outcome.code in _GUARDED for outcome in view.outcomes)
    return Exit.GUARD if guarded else Exit.DONE


def of_request(view: ApplyView) -> Exit:
    """Return the exit code for a request about one task: anything not done is an error."""
    is_done = all(outcome.status == "done" for outcome in view.outcomes)
    return of_apply(view) or (Exit.DONE if is_done else Exit.ERROR)


def of_wait(view: WaitView) -> Exit:
    """Return the exit code for a wait, by the results of the runs."""
    if view.interrupted:
        return Exit.INTERRUPTED
    is_successful = (
        not view.timed_out and not view.without_success and _are_successful(view.waited, view.waited_for)
    )
    return Exit.DONE if is_successful else Exit.ERROR


def of_broken_output(code: int) -> Exit:
    """Return the exit code for writes that could not be reported; `code` is for the writes alone."""
    return Exit.UNKNOWN if code == Exit.UNKNOWN else Exit.ERROR


def _are_successful(waited: Iterable[FinishedView], goal: str) -> bool:
    well = {"running", "succeeded"} if goal == "running" else {"succeeded"}
    return all(finished.phase in well for finished in waited)


def of_writes(view: TaskWritesView) -> Exit:
    """Return the exit code for writes to single tasks: an unknown outcome outranks an interrupt."""
    statuses = {task.status for task in view.tasks}
    if "unknown" in statuses:
        return Exit.UNKNOWN
    if view.interrupted:
        return Exit.INTERRUPTED
    if "failed" in statuses:
        return Exit.ERROR
    return Exit.GUARD if "skipped" in statuses else Exit.DONE
