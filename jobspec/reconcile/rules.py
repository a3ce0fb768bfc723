"""The rules for a task that a manifest declares: from its runs to what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobspec.reconcile import declared as steps
from jobspec.reconcile import differences, history, tags
from jobspec.reconcile.declared import Declared, keep_of, marks_of
from jobspec.reconcile.plan import Action, Change, Reason, Step, Wait, Winner, seen
from jobspec.reconcile.runs import STOPPABLE, Phase, Run
from jobspec.reconcile.tags import Marks, StopReason

if TYPE_CHECKING:
    from collections.abc import Iterable

# We stopped it ourselves, so the manifest wants it back; `jobspec cancel` was a person's wish.
_RESUMABLE = frozenset({StopReason.REPLACE, StopReason.REMOVED, StopReason.SUSPEND, StopReason.DUPLICATE})


def changes_for(declared: Declared, runs: tuple[Run, ...]) -> list[Change]:
    """Return what becomes of a declared task, over all its runs from the oldest to the newest."""
    inert = _inert(declared, runs)
    if inert:
        return [inert]
    live = tuple(run for run in runs if run.phase in STOPPABLE)
    if declared.task.lifecycle.suspend:
        return [_suspended(declared, runs, live)]
    return [*_duplicates(declared, live), _main(declared, runs, live), *history.surplus(declared, runs)]


def _inert(declared: Declared, runs: tuple[Run, ...]) -> Change | None:
    for run in runs:
        if isinstance(run.marks, tags.Inconsistent):
            return _blocked(declared, Reason.INCONSISTENT_TAGS, run, f"{run.id} has {run.marks.reason}")
        if run.phase is Phase.UNKNOWN:
            return _blocked(declared, Reason.UNKNOWN_STATE, run, f"{run.id} is in the state `{run.state}`")
    return None


def _main(declared: Declared, runs: tuple[Run, ...], live: tuple[Run, ...]) -> Change:
    if live:
        return _active(declared, runs, _kept(declared, live))
    stopping = tuple(run for run in runs if run.phase is Phase.STOPPING)
    if stopping:
        return _after_stopping(declared, runs, stopping)
    return _finished(declared, runs)


def _kept(declared: Declared, live: tuple[Run, ...]) -> Run:
    """The run that stays when several are active: the oldest matching one, else the oldest."""
    matching = [run for run in live if declared.matches(run)]
    return min(matching or live, key=lambda run: run.age_key)


def _duplicates(declared: Declared, live: tuple[Run, ...]) -> list[Change]:
    if len(live) < 2:
        return []
    kept = _kept(declared, live)
    if marks_of(kept).stop:  # of a cancel that was cut short: it is taken off first, for a winner has none
        return []
    stays = Winner(kept.id, marks_of(kept))
    surplus = tuple(run for run in live if run is not kept)
    cancels = (steps.cancel_step(run, StopReason.DUPLICATE, stays) for run in surplus)
    walk = tuple(step for cancel in cancels for step in (cancel, Wait(cancel.run)))
    change = _change(declared, (Action.CANCEL, Reason.DUPLICATE), surplus, walk)
    return [_unless_protected(declared, replace(change, detail=f"{kept.id} stays"))]


def _active(declared: Declared, runs: tuple[Run, ...], run: Run) -> Change:
    if declared.matches(run):
        return _in_progress(declared, run)
    on_change = declared.task.lifecycle.on_change
    if on_change == "AfterCompletion":
        return _left_running(declared, run, Reason.WAITS_FOR_COMPLETION)
    if on_change == "Manual":
        return _left_running(declared, run, Reason.MANUAL)
    return _explained(declared, run, _unless_protected(declared, _replacement(declared, runs, run)))


def _replacement(declared: Declared, runs: tuple[Run, ...], run: Run) -> Change:
    """Stop the run and submit another; a manifest that went back to a spec that is done submits none."""
    stop = (steps.cancel_step(run, StopReason.REPLACE), Wait(run.id))
    succeeded = [one.id for one in runs if one.phase is Phase.SUCCEEDED and declared.matches(one)]
    if succeeded:
        change = _change(declared, (Action.CANCEL, Reason.SPEC_CHANGED), (run,), stop)
        return replace(change, detail=f"{succeeded[-1]} has succeeded with this spec")
    walk = (*stop, steps.submit_step(declared, runs))
    return _change(declared, (Action.REPLACE, Reason.SPEC_CHANGED), (run,), walk)


def _in_progress(declared: Declared, run: Run) -> Change:
    becomes = replace(marks_of(run), keep=keep_of(declared.task), core=declared.core, stop="")
    return _relabelled(declared, run, becomes, Reason.IN_PROGRESS)


def _left_running(declared: Declared, run: Run, reason: Reason) -> Change:
    """Its labels follow the manifest all the same; the core hash stays what it ran with."""
    becomes = replace(marks_of(run), keep=keep_of(declared.task), stop="")
    change = _relabelled(declared, run, becomes, reason)
    explained = _explained(declared, run, change)
    return replace(explained, differences=(*change.differences, *explained.differences))


def _relabelled(declared: Declared, run: Run, becomes: Marks, reason: Reason) -> Change:
    update = steps.update_step(declared.task, run, becomes)
    metadata = differences.of_metadata(run, update)
    if not metadata:
        return _none(declared, reason, (run,))
    return replace(_change(declared, (Action.UPDATE, reason), (run,), (update,)), differences=metadata)


def _after_stopping(declared: Declared, runs: tuple[Run, ...], stopping: tuple[Run, ...]) -> Change:
    """As if what is being stopped were finished; apply waits for it and looks again."""
    ended = tuple(replace(run, state="Cancelled") if run in stopping else run for run in runs)
    then = _finished(declared, ended)
    ids = ", ".join(run.id for run in stopping)
    detail = f"{ids} is being stopped; then {then.reason}"
    if then.action is Action.NONE:
        return _none(declared, Reason.STOPPING, stopping, detail)
    walk: tuple[Step, ...] = (*(Wait(run.id) for run in stopping), steps.submit_step(declared, runs))
    return replace(then, reason=Reason.STOPPING, detail=detail, steps=walk, runs=seen(stopping))


def _finished(declared: Declared, runs: tuple[Run, ...]) -> Change:
    matching = _counted(declared, runs)
    succeeded = [run for run in matching if run.phase is Phase.SUCCEEDED]
    if not runs:
        return _submit(declared, runs, Reason.NEW)
    if not matching:
        return _explained(declared, runs[-1], _submit(declared, runs, Reason.SPEC_CHANGED))
    if succeeded:
        return _none(declared, Reason.DONE, (succeeded[-1],))
    if matching[-1].phase is Phase.FAILED:
        return _failed(declared, runs, matching)
    return _cancelled(declared, runs, matching[-1])


def _counted(declared: Declared, runs: tuple[Run, ...]) -> list[Run]:
    """The matching runs; a duplicate that we stopped says nothing while another one tells how it went."""
    matching = [run for run in runs if declared.matches(run)]
    real = [run for run in matching if marks_of(run).stop != StopReason.DUPLICATE]
    return real or matching


def _failed(declared: Declared, runs: tuple[Run, ...], matching: list[Run]) -> Change:
    lifecycle, newest = declared.task.lifecycle, matching[-1]
    failures = sum(run.phase is Phase.FAILED for run in matching)
    how = newest.diag_info or f"{newest.id} ended as {newest.state}"
    if lifecycle.restart_policy == "Never":
        return _none(declared, Reason.FAILED, (newest,), f"{how}; `restartPolicy` is Never")
    if failures > lifecycle.backoff_limit:
        spent = f"`backoffLimit` {lifecycle.backoff_limit} is used up"
        return _none(declared, Reason.FAILED, (newest,), f"{how}; {spent}")
    return _submit(declared, runs, Reason.RETRY, f"{failures} of {lifecycle.backoff_limit}")


def _cancelled(declared: Declared, runs: tuple[Run, ...], newest: Run) -> Change:
    stop = marks_of(newest).stop
    if stop in _RESUMABLE:
        return _submit(declared, runs, Reason.RESUMED, f"{newest.id} was stopped by jobspec: {stop}")
    who = "`jobspec cancel`" if stop == StopReason.USER else "somebody else"
    detail = f"{newest.id} was stopped by {who}"
    if declared.task.lifecycle.restart_policy == "Always":
        return _submit(declared, runs, Reason.CANCELLED_OUTSIDE, detail)
    return _none(declared, Reason.CANCELLED_OUTSIDE, (newest,), detail)


def _suspended(declared: Declared, runs: tuple[Run, ...], live: tuple[Run, ...]) -> Change:
    if not live:
        return _none(declared, Reason.SUSPENDED, runs[-1:])
    walk = tuple(steps.cancel_step(run, StopReason.SUSPEND) for run in live)
    return _unless_protected(declared, _change(declared, (Action.CANCEL, Reason.SUSPENDED), live, walk))


def _submit(declared: Declared, runs: tuple[Run, ...], reason: Reason, detail: str = "") -> Change:
    walk = (steps.submit_step(declared, runs),)
    return replace(_change(declared, (Action.SUBMIT, reason), runs[-1:], walk), detail=detail)


def _blocked(declared: Declared, reason: Reason, run: Run, detail: str) -> Change:
    return replace(_none(declared, reason, (run,), detail), blocked=reason.value)


def _unless_protected(declared: Declared, change: Change) -> Change:
    return replace(change, blocked="protected") if declared.task.lifecycle.protect else change


def _explained(declared: Declared, run: Run, change: Change) -> Change:
    """Where nothing that differs is echoed, that is said: the hashes differ, so something does."""
    found = differences.of_spec(run, declared.payload, declared.task.lifecycle.ignore_changes)
    silent = "" if found else "in what the platform does not echo, such as secrets or `rerun`"
    return replace(change, differences=found, detail=change.detail or silent)


def _none(declared: Declared, reason: Reason, runs: Iterable[Run], detail: str = "") -> Change:
    return replace(_change(declared, (Action.NONE, reason), runs), detail=detail)


def _change(
    declared: Declared, what: tuple[Action, Reason], runs: Iterable[Run], walk: tuple[Step, ...] = ()
) -> Change:
    action, reason = what
    return Change(
        task=declared.task.name,
        action=action,
        reason=reason,
        steps=walk,
        runs=seen(runs),
        place=declared.task.place,
    )
