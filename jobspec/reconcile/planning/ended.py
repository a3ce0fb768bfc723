"""The rules for a declared task without an active run: submit, retry, or leave it."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile.declared import Declared, marks_of
from jobspec.reconcile.planning import continuation
from jobspec.reconcile.planning.changes import earlier_lists, explained, nothing, submission
from jobspec.reconcile.planning.plan import Action, Change, Reason
from jobspec.reconcile.runs import Phase, Run, state_text
from jobspec.reconcile.tags import StopReason

# jobspec stopped these itself, so the manifest wants them back; a run stopped by `jobspec cancel` stays
# stopped.
_RESUMABLE = frozenset(set(StopReason) - {StopReason.USER})


class PlanningContext(Struct, frozen=True):
    """The facts besides the runs of a task: the platform's clock, and runs without our tags.

    `unmanaged` are the runs with the names in `continuation.names`; `list_lag` is in seconds. Without a
    clock, no cooldown applies.
    """

    now: datetime | None = None
    unmanaged: tuple[Run, ...] = ()
    list_lag: float = 0.0


def change_for(declared: Declared, runs: tuple[Run, ...], context: PlanningContext) -> Change:
    """Return the change of a task that has no runs or whose runs have all ended."""
    matching = _counted(declared, runs)
    succeeded = [run for run in matching if run.phase is Phase.SUCCEEDED]
    if not runs:
        return submission(declared, runs, Reason.NEW)
    if not matching:
        return explained(declared, runs[-1], submission(declared, runs, Reason.SPEC_CHANGED))
    if succeeded:
        return nothing(declared, Reason.DONE, (succeeded[-1],), earlier_lists(declared, succeeded[-1]))
    continued = _continued(declared, matching, context)
    if continued:
        return continued
    if matching[-1].phase is Phase.FAILED:
        return _failed(declared, runs, matching, context)
    return _cancelled(declared, runs, matching, context)


def _counted(declared: Declared, runs: tuple[Run, ...]) -> list[Run]:
    """Return the matching runs, without stopped duplicates if another run shows the task's result."""
    matching = [run for run in runs if declared.matches(run)]
    real = [run for run in matching if marks_of(run).stop != StopReason.DUPLICATE]
    return real or matching


def _continued(declared: Declared, matching: list[Run], context: PlanningContext) -> Change | None:
    """Return the change if the platform retries the newest run itself.

    Its retry is an untagged copy, which may not have appeared yet.
    """
    newest = matching[-1]
    if not declared.task.is_retry_on or not continuation.is_retried(newest):
        return None
    tries = continuation.chain(matching, context.unmanaged)
    last = tries[-1]
    if last is not newest and last.phase is not Phase.FAILED:
        how = f"as {last.id}, which is {last.phase} and has no jobspec tags"
        return nothing(declared, Reason.PLATFORM_RETRY, (last,), f"the platform retried {newest.id} {how}")
    due = continuation.due(declared.payload, tries, context.list_lag)
    if due is None or context.now is None or context.now >= due:
        return None
    detail = f"the platform may still retry {last.id}, until {due:%Y-%m-%d %H:%M:%S} UTC"
    return replace(nothing(declared, Reason.PLATFORM_RETRY, (last,), detail), due=due)


def _failed(
    declared: Declared, runs: tuple[Run, ...], matching: list[Run], context: PlanningContext
) -> Change:
    lifecycle, newest = declared.task.lifecycle, matching[-1]
    how = newest.detail or f"{newest.id} {state_text(newest.state)}"
    if lifecycle.restart_policy == "Never":
        return nothing(declared, Reason.FAILED, (newest,), f"{how}; `restartPolicy` is Never")
    attempt, is_spent = _attempt(declared, matching)
    if is_spent:
        return nothing(declared, Reason.FAILED, (newest,), f"{how}; {_spent(declared)}")
    return _spaced(declared, newest, submission(declared, runs, Reason.RETRY, attempt), context)


def _cancelled(
    declared: Declared, runs: tuple[Run, ...], matching: list[Run], context: PlanningContext
) -> Change:
    newest = matching[-1]
    stop = marks_of(newest).stop
    if stop in _RESUMABLE:
        return submission(declared, runs, Reason.RESUMED, f"{newest.id} was stopped by jobspec: {stop}")
    who = "`jobspec cancel`" if stop == StopReason.USER else "another user"
    detail = f"{newest.id} was stopped by {who}"
    if declared.task.lifecycle.restart_policy != "Always":
        return nothing(declared, Reason.CANCELLED_OUTSIDE, (newest,), detail)
    attempt, is_spent = _attempt(declared, matching)
    if is_spent:
        return nothing(declared, Reason.CANCELLED_OUTSIDE, (newest,), f"{detail}; {_spent(declared)}")
    again = submission(declared, runs, Reason.CANCELLED_OUTSIDE, f"{detail}; attempt {attempt}")
    return _spaced(declared, newest, again, context)


def _attempt(declared: Declared, matching: list[Run]) -> tuple[str, bool]:
    """Return the next attempt as text ("2 of 3"), and whether no attempts are left."""
    limit = declared.task.lifecycle.backoff_limit
    # A retry by the platform itself has the run id of the first try.
    setbacks = len({marks_of(run).run for run in matching if _is_setback(declared, run)})
    return f"{setbacks} of {limit}", setbacks > limit


def _is_setback(declared: Declared, run: Run) -> bool:
    """Return whether the run is a failure; under `Always`, also a stop that was not ours.

    Otherwise such a task would be submitted forever.
    """
    if run.phase is Phase.FAILED:
        return True
    is_always = declared.task.lifecycle.restart_policy == "Always"
    return is_always and run.phase is Phase.CANCELLED and marks_of(run).stop not in _RESUMABLE


def _spent(declared: Declared) -> str:
    return f"`backoffLimit` {declared.task.lifecycle.backoff_limit} is exhausted"


def _spaced(declared: Declared, newest: Run, again: Change, context: PlanningContext) -> Change:
    """Return the next attempt, or a wait while the cooldown after the last one lasts."""
    cooldown = declared.task.lifecycle.cooldown
    if not cooldown or newest.finished is None or context.now is None:
        return again
    due = newest.finished + timedelta(seconds=cooldown)
    if context.now >= due:
        return again
    detail = f"{again.reason} {again.detail}: not before {due:%Y-%m-%d %H:%M:%S} UTC"
    return replace(nothing(declared, Reason.COOLDOWN, (newest,), detail), due=due)


def after_stopping(declared: Declared, runs: tuple[Run, ...], stopping: tuple[Run, ...]) -> Change:
    """Return the change of a task as if the runs being stopped had already ended.

    The cooldown of an attempt and the platform's own retry only begin then, so a later plan handles them.
    """
    ended = tuple(replace(run, state="Cancelled") if run in stopping else run for run in runs)
    then = change_for(declared, ended, PlanningContext())
    is_attempt = then.reason in {Reason.RETRY, Reason.CANCELLED_OUTSIDE}
    is_later = declared.task.lifecycle.cooldown > 0 or declared.task.is_retry_on
    if then.action is Action.SUBMIT and is_attempt and is_later:
        return replace(then, action=Action.NONE, steps=())
    return then
