"""Cancel, wait, delete, update: each reads the run by its id just before it writes.

A run that is no longer ours, or that has changed since the plan, is left alone and reported. For a cancel and
a delete, "already terminal" and "not found" are success.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.errors import (
    BadAnswer,
    Forbidden,
    NotFound,
    NotInTerminalState,
    NotSent,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    UnknownAction,
)
from jobspec.quoting import quote
from jobspec.reconcile import tags
from jobspec.reconcile.protocol import calls
from jobspec.reconcile.protocol.outcome import DONE, Result, Status, changed_since_plan
from jobspec.reconcile.runs import (
    STOPPABLE,
    Phase,
    Run,
)
from jobspec.reconcile.tags import Marks

if TYPE_CHECKING:
    from jobspec.reconcile.planning.plan import Cancel, Delete, Update, Wait
    from jobspec.reconcile.protocol.calls import Protocol

WAIT_SECONDS = 600.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
_MARK_PAUSES = (0.25, 0.5, 1.0, 2.0)


def cancel(step: Cancel, list_lag: float) -> Protocol[Result]:
    """Stop one run if it is still the one that the plan meant. `list_lag` is in seconds.

    The reason is written before the last read, above all before that of the winner: of two appliers that each
    want to stop the other's run, at least one sees the other's mark and gives up. So at least one run always
    remains.
    """
    yield calls.NextTurn()
    try:
        run = yield from _found(step.run, list_lag)
        refusal = _not_to_stop(step, run) or (yield from _loses_its_winner(step))
        if refusal:
            return refusal
        if run.phase not in STOPPABLE:
            return Result(Status.DONE, f"{step.run} is already {run.phase}")
        is_kept = yield from _mark(run, _marked(step))
        return (yield from _stop(step, must_show=is_kept and step.winner is not None))
    except NotFound:
        return Result(Status.DONE, f"{step.run} is gone")


def _found(run: str, list_lag: float) -> Protocol[Run]:
    """Return a run that the plan saw; after a "not found", check again once `list_lag` has passed.

    A get may lag as a list may. Raises `NotFound`.
    """
    try:
        return (yield from calls.get(run))
    except NotFound:
        yield calls.Sleep(list_lag)
        return (yield from calls.get(run))


def _not_to_stop(step: Cancel, run: Run) -> Result | None:
    if not isinstance(run.marks, Marks) or replace(run.marks, stop="") != replace(step.marks, stop=""):
        return changed_since_plan(f"the tags of {run.id} have changed")
    if run.phase is Phase.UNKNOWN:
        return changed_since_plan(f"{run.id} is in the state {quote(run.state)}")
    return None


def _loses_its_winner(step: Cancel) -> Protocol[Result | None]:
    """Cancel a duplicate only while the run that stays really exists."""
    if step.winner is None:
        return None
    try:
        winner = yield from calls.get(step.winner.run)
    except NotFound:
        return changed_since_plan(f"{step.winner.run}, which should be kept, is gone")
    if not isinstance(winner.marks, Marks) or winner.marks != replace(step.winner.marks, stop=""):
        return changed_since_plan(f"the tags of {winner.id}, which should be kept, have changed")
    if winner.phase in STOPPABLE:
        return None
    return changed_since_plan(f"{winner.id}, which should be kept, is {winner.phase}")


def _stop(step: Cancel, *, must_show: bool) -> Protocol[Result]:
    """Stop a marked run. If `must_show` is set and the mark does not show, the run continues."""
    yield calls.NextTurn()
    run = yield from calls.get(step.run)
    refusal = _not_to_stop(step, run) or (yield from _loses_its_winner(step))
    if must_show and not refusal and run.phase in STOPPABLE and run.marks != _marked(step):
        refusal = changed_since_plan(f"{run.id} does not show its cancel mark")
    if refusal:
        yield from _unmark(step, run)
        return refusal
    if run.phase not in STOPPABLE:
        return Result(Status.DONE, f"{step.run} is already {run.phase}")
    try:
        yield calls.Stop(step.run)
    except Refused as error:
        return (yield from _refused(step, error))
    except (Unavailable, BadAnswer) as error:
        return (yield from _stopped_after_all(step, error))
    return DONE


def _mark(run: Run, marks: Marks) -> Protocol[bool]:
    """Return whether the platform keeps marks; if it cannot, the cancel goes ahead without one.

    After a platform error the write is repeated, unless the run no longer shows what was read.
    """
    write = calls.Write(run.id, run.name, run.description, tags.write(marks, tags.user_tags(run.tags)))
    for pause in _MARK_PAUSES:
        try:
            yield write
        except (NotSent, Throttled):
            yield calls.Sleep(pause)
        except (Unavailable, BadAnswer):
            yield calls.Sleep(pause)
            if not (yield from _is_unchanged(run)):
                return True
        except Refused:
            return False
        else:
            return True
    return True


def _marked(step: Cancel) -> Marks:
    return replace(step.marks, stop=step.why.value)


def _is_unchanged(run: Run) -> Protocol[bool]:
    """Return whether the run shows neither our unclear write nor another one, which must be kept."""
    found = yield from calls.get(run.id)
    return (found.name, found.description, found.tags) == (run.name, run.description, run.tags)


def _unmark(step: Cancel, run: Run) -> Protocol[None]:
    """Remove the reason of a cancel that did not happen from a run that continues."""
    if isinstance(run.marks, Marks) and run.marks == _marked(step):
        yield from _mark(run, replace(step.marks, stop=""))


def _refused(step: Cancel, error: Refused) -> Protocol[Result]:
    result = yield from _stopped_after_all(step, error)
    if result.status is Status.FAILED:
        with suppress(PlatformError, calls.Interrupted):  # the error to report is why the run was not stopped
            run = yield from calls.get(step.run)
            if _is_stopped(run):  # by an earlier try whose answer was lost: its reason stays
                return Result(Status.DONE, f"{step.run} is {run.phase}")
            yield from _unmark(step, run)
    return result


def _is_stopped(run: Run) -> bool:
    return run.phase not in STOPPABLE and run.phase is not Phase.UNKNOWN


def _stopped_after_all(step: Cancel, error: PlatformError) -> Protocol[Result]:
    try:
        run = yield from calls.get(step.run)
    except NotFound:
        return Result(Status.DONE, f"{step.run} is gone")
    except (PlatformError, calls.Interrupted):
        return Result(Status.UNKNOWN, error.message, code=error.code, help=error.help)
    if _is_stopped(run):
        return Result(Status.DONE, f"{step.run} is {run.phase}")
    status = Status.FAILED if isinstance(error, Refused) else Status.UNKNOWN
    return Result(status, f"{step.run} was not stopped: {error.message}", code=error.code, help=error.help)


def wait(step: Wait, list_lag: float) -> Protocol[Result]:
    """Wait until the run is terminal, polling with growing pauses. `list_lag` is in seconds."""
    begun = yield from calls.now()
    pause = _FIRST_PAUSE
    while True:
        try:
            run = yield from _found(step.run, list_lag)
        except NotFound:
            return DONE
        if not run.is_active:
            return DONE
        if (yield from calls.now()) - begun > WAIT_SECONDS:
            detail = f"{step.run} is still {run.phase} after {WAIT_SECONDS / 60:g} minutes"
            return Result(Status.FAILED, detail, code="JS531", help="apply again later to continue")
        yield calls.Sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def delete(step: Delete) -> Protocol[Result]:
    """Delete the record of a finished run."""
    yield calls.NextTurn()
    try:
        run = yield from calls.get(step.run)
        if not isinstance(run.marks, Marks) or replace(run.marks, stop="") != replace(step.marks, stop=""):
            return changed_since_plan(f"the tags of {run.id} have changed")
        if not run.is_deletable:
            return changed_since_plan(f"{run.id} is in the state {quote(run.state)}")
        yield calls.Erase(step.run)
    except NotFound:
        return DONE
    except NotInTerminalState:
        return changed_since_plan(f"{step.run} is active")
    return DONE


def update(step: Update) -> Protocol[Result]:
    """Write name, description and tags in place, and check that they show."""
    yield calls.NextTurn()
    try:
        run = yield from calls.get(step.run)
    except NotFound:
        return changed_since_plan(f"{step.run} is gone")
    if run.marks != step.marks:
        return changed_since_plan(f"the tags of {run.id} have changed")
    wanted = tags.write(step.becomes, step.user_tags)
    try:
        yield calls.Write(step.run, step.name, step.description, wanted)
    except (UnknownAction, Forbidden) as error:
        detail = f"the platform does not allow updates of {run.id}; the difference remains: {error.message}"
        return Result(Status.SKIPPED, detail, code=error.code, help="the run continues unchanged")
    try:
        after = yield from calls.get(step.run)
    except calls.Interrupted:
        detail = f"interrupted after writing {run.id}, before reading it back"
        return Result(Status.UNKNOWN, detail, help="apply again to check the result")
    if set(after.tags) == set(wanted):
        return DONE
    return Result(
        Status.FAILED, f"{run.id} does not show the tags that were written", code="JS532", help="apply again"
    )
