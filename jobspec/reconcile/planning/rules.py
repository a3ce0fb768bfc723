"""The rules for a declared task: from its runs to its changes."""

from __future__ import annotations

from msgspec.structs import replace

from jobspec.quoting import quote
from jobspec.reconcile import declared as steps
from jobspec.reconcile import differences, tags
from jobspec.reconcile.declared import Declared, keep_of, marks_of, set_of
from jobspec.reconcile.planning import ended, history
from jobspec.reconcile.planning.changes import (
    change,
    earlier_lists,
    earlier_success,
    explained,
    nothing,
)
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import (
    Action,
    BlockReason,
    Change,
    Difference,
    Reason,
    Step,
    Wait,
    Winner,
    seen,
)
from jobspec.reconcile.runs import STOPPABLE, Phase, Run
from jobspec.reconcile.tags import Keep, Marks, StopReason

ALONE = PlanningContext()


def changes_for(declared: Declared, runs: tuple[Run, ...], context: PlanningContext = ALONE) -> list[Change]:
    """Return the changes of a declared task, given all its runs from the oldest to the newest."""
    inert = _inert(declared, runs)
    if inert:
        return [inert]
    live = tuple(run for run in runs if run.phase in STOPPABLE)
    if declared.task.lifecycle.suspend:
        return [_suspended(declared, runs, live)]
    main = _active(declared, runs, live) if live else _at_rest(declared, runs, context)
    changes = [*_duplicates(declared, live), main]
    return [*changes, *history.surplus(declared, runs, changes)]


def _inert(declared: Declared, runs: tuple[Run, ...]) -> Change | None:
    for run in runs:
        if isinstance(run.marks, tags.Inconsistent):
            return _inconsistent(declared, run, run.marks)
        if run.phase is Phase.UNKNOWN:
            return _blocked(
                declared, BlockReason.UNKNOWN_STATE, run, f"{run.id} is in the state {quote(run.state)}"
            )
    return None


def _inconsistent(declared: Declared, run: Run, marks: tags.Inconsistent) -> Change:
    blocked = _blocked(declared, BlockReason.INCONSISTENT_TAGS, run, f"{run.id} has {marks.reason}")
    ignored = declared.task.lifecycle.ignore_changes
    shown = differences.of_spec(run, declared.payload, ignored) if marks.fields else ()
    return replace(blocked, differences=tuple(d for d in shown if d.field.startswith(marks.fields)))


def _at_rest(declared: Declared, runs: tuple[Run, ...], context: PlanningContext) -> Change:
    stopping = tuple(run for run in runs if run.phase is Phase.STOPPING)
    if stopping:
        return _after_stopping(declared, runs, stopping)
    return ended.change_for(declared, runs, context)


def _kept(declared: Declared, live: tuple[Run, ...]) -> Run:
    """Return the run that stays when several are active: the oldest matching one, else the oldest."""
    matching = [run for run in live if declared.matches(run)]
    return min(matching or live, key=lambda run: run.age_key)


def _duplicates(declared: Declared, live: tuple[Run, ...]) -> list[Change]:
    if len(live) < 2:
        return []
    kept = _kept(declared, live)
    if marks_of(kept).stop:  # left by an interrupted cancel; removed first because a winner has none
        return []
    stays = Winner(kept.id, marks_of(kept))
    surplus = tuple(run for run in live if run is not kept)
    cancels = (steps.cancel_step(run, StopReason.DUPLICATE, stays) for run in surplus)
    walk = tuple(step for cancel in cancels for step in (cancel, Wait(cancel.run)))
    found = change(declared, (Action.CANCEL, Reason.DUPLICATE), surplus, walk)
    return [_unless_protected(declared, replace(found, detail=f"{kept.id} is kept"), live)]


def _active(declared: Declared, runs: tuple[Run, ...], live: tuple[Run, ...]) -> Change:
    run = _kept(declared, live)
    if declared.matches(run):
        return _in_progress(declared, run)
    on_change = declared.task.lifecycle.on_change
    if on_change == "AfterCompletion":
        return _left_running(declared, run, Reason.WAITS_FOR_COMPLETION)
    if on_change == "Manual":
        return _left_running(declared, run, Reason.MANUAL)
    # If it has a stop mark, the others were not cancelled as its duplicates: none of them may remain.
    replaced = live if marks_of(run).stop else (run,)
    replacement = _unless_protected(declared, _replacement(declared, runs, replaced), live)
    return explained(declared, run, replacement)


def _replacement(declared: Declared, runs: tuple[Run, ...], replaced: tuple[Run, ...]) -> Change:
    """Stop the runs and submit another, unless the manifest went back to a spec that is already done."""
    cancels = (steps.cancel_step(run, StopReason.REPLACE) for run in replaced)
    stop = tuple(step for cancel in cancels for step in (cancel, Wait(cancel.run)))
    succeeded = [one.id for one in runs if one.phase is Phase.SUCCEEDED and declared.matches(one)]
    if succeeded:
        found = change(declared, (Action.CANCEL, Reason.SPEC_CHANGED), replaced, stop)
        return replace(found, detail=f"{succeeded[-1]} has succeeded with this spec")
    walk = (*stop, steps.submit_step(declared, runs))
    found = change(declared, (Action.REPLACE, Reason.SPEC_CHANGED), replaced, walk)
    return replace(found, earlier_success=earlier_success(declared, runs))


def _in_progress(declared: Declared, run: Run) -> Change:
    """Update the labels to the manifest; a recognised core hash stays, whichever rule produced it."""
    marks = marks_of(run)
    core = marks.core if marks.core in declared.fingerprint.cores else declared.core
    becomes = replace(marks, keep=keep_of(declared.task), core=core, stop="", set=set_of(declared.task))
    return _relabelled(declared, run, becomes, Reason.IN_PROGRESS)


def _left_running(declared: Declared, run: Run, reason: Reason) -> Change:
    """Update the labels to the manifest; the core hash stays the one that the run was started with."""
    becomes = replace(marks_of(run), keep=keep_of(declared.task), stop="", set=set_of(declared.task))
    return explained(declared, run, _relabelled(declared, run, becomes, reason))


def _relabelled(declared: Declared, run: Run, becomes: Marks, reason: Reason) -> Change:
    update = steps.update_step(declared.task, run, becomes)
    metadata = differences.of_metadata(run, update)
    if not metadata:
        return nothing(declared, reason, (run,), earlier_lists(declared, run))
    found = change(declared, (Action.UPDATE, reason), (run,), (update,))
    return replace(found, differences=metadata, detail=_written(metadata))


def _written(metadata: tuple[Difference, ...]) -> str:
    fields = [found.field.removeprefix("metadata.").removeprefix("lifecycle.") for found in metadata]
    *others, last = fields
    named = f"{', '.join(others)} and {last}" if others else last
    return f"updates {named} in place; nothing is stopped"


def _after_stopping(declared: Declared, runs: tuple[Run, ...], stopping: tuple[Run, ...]) -> Change:
    """Return the change as if the runs being stopped had ended; apply waits for them and plans again."""
    then = ended.after_stopping(declared, runs, stopping)
    detail = f"{', '.join(run.id for run in stopping)} is being stopped; then {then.reason}"
    if then.action is Action.NONE:
        return nothing(declared, Reason.STOPPING, stopping, detail)
    walk: tuple[Step, ...] = (*(Wait(run.id) for run in stopping), steps.submit_step(declared, runs))
    return replace(then, reason=Reason.STOPPING, detail=detail, steps=walk, runs=seen(stopping))


def _suspended(declared: Declared, runs: tuple[Run, ...], live: tuple[Run, ...]) -> Change:
    if not live:
        return nothing(declared, Reason.SUSPENDED, runs[-1:])
    walk = tuple(steps.cancel_step(run, StopReason.SUSPEND) for run in live)
    cancel = change(declared, (Action.CANCEL, Reason.SUSPENDED), live, walk)
    return _unless_protected(declared, cancel, live)


def _blocked(declared: Declared, block: BlockReason, run: Run, detail: str) -> Change:
    return replace(nothing(declared, Reason(block), (run,), detail), blocked=block)


def _unless_protected(declared: Declared, found: Change, live: tuple[Run, ...]) -> Change:
    """Block the change if the manifest protects the task, or did so when it was last applied.

    Lifting the protection is a separate change.
    """
    stopped = {run.id for run in found.stops}
    is_marked = any(run.id in stopped and marks_of(run).keep is Keep.PROTECT for run in live)
    is_protected = declared.task.lifecycle.protect or is_marked
    return replace(found, blocked=BlockReason.PROTECTED) if is_protected else found
