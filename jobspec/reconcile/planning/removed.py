"""The rules for a task that no manifest declares any more: its own tags decide what happens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.quoting import quote
from jobspec.reconcile import tags
from jobspec.reconcile.declared import marks_of
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning.plan import (
    Action,
    BlockReason,
    Cancel,
    Change,
    Delete,
    Plan,
    Reason,
    Step,
    Wait,
    ordered,
    seen,
)
from jobspec.reconcile.runs import STOPPABLE, Phase, Run
from jobspec.reconcile.tags import Keep, Marks, StopReason, TagKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jobspec.manifest.task import Scope


def _kept_policy(run: Run) -> Keep:
    return marks_of(run).keep


def _everything(run: Run) -> Keep:
    keep = marks_of(run).keep
    is_over = keep is Keep.PROTECT and not run.is_active
    return Keep.DELETE if keep is Keep.CANCEL or is_over else keep


def change_for(name: str, runs: tuple[Run, ...], policy: Callable[[Run], Keep] = _kept_policy) -> Change:
    """Return the change of a task whose manifest is gone, over all its runs."""
    return replace(_change_for(name, runs, policy), set=set_of(runs))


def set_of(runs: Iterable[Run]) -> str:
    """Return the set of the newest run that has one, as its tag holds it; empty without one."""
    marked = [run.marks.set for run in runs if isinstance(run.marks, Marks) and run.marks.set]
    return marked[-1] if marked else ""


def _change_for(name: str, runs: tuple[Run, ...], policy: Callable[[Run], Keep]) -> Change:
    for run in runs:
        if isinstance(run.marks, tags.Inconsistent):
            return _left(name, BlockReason.INCONSISTENT_TAGS, run, f"{run.id} has {run.marks.reason}")
        if run.phase is Phase.UNKNOWN:
            return _left(name, BlockReason.UNKNOWN_STATE, run, f"{run.id} is in the state {quote(run.state)}")
    return _by_policy(name, runs, policy)


def teardown(scope: Scope, runs: Iterable[Run]) -> Plan:
    """Return the removal of every run of the scope and of its record, except for retained ones."""
    observed = by_task(scope, runs)
    changes = [change_for(name_of(name, group), group, _everything) for name, group in observed.items()]
    return Plan(scope=str(scope), changes=ordered(changes), managed=len(observed))


def name_of(encoded: str, runs: tuple[Run, ...]) -> str:
    """Return the task's name from a run that still carries it, or else its encoding."""
    names = (run.name for run in reversed(runs))
    return next((name for name in names if tags.encoding(TagKey.TASK, name) == encoded), encoded)


def _left(name: str, block: BlockReason, run: Run, detail: str) -> Change:
    return Change(
        task=name, action=Action.NONE, reason=Reason(block), detail=detail, runs=seen((run,)), blocked=block
    )


def _by_policy(name: str, runs: tuple[Run, ...], policy: Callable[[Run], Keep]) -> Change:
    steps = tuple(step for run in runs for step in _steps(run, policy(run)))
    live = tuple(run for run in runs if run.is_active)
    touched = {step.run for step in steps if isinstance(step, (Cancel, Delete))}
    shown = tuple(run for run in runs if run.id in touched) or live or runs[-1:]
    is_protected = any(policy(run) is Keep.PROTECT for run in live)
    return Change(
        task=name,
        action=_action(steps),
        reason=Reason.RETAINED if not steps and _is_retained(runs, live) else Reason.REMOVED,
        detail=_records(steps),
        steps=steps,
        runs=seen(shown),
        blocked=BlockReason.PROTECTED if is_protected else None,
    )


def _is_retained(runs: tuple[Run, ...], live: tuple[Run, ...]) -> bool:
    return any(_kept_policy(run) is Keep.RETAIN for run in live or runs)


def _records(steps: tuple[Step, ...]) -> str:
    deleted = [step.run for step in steps if isinstance(step, Delete)]
    if len(deleted) < 2:
        return "with its record" if deleted else ""
    return f"with its {len(deleted)} records"


def _action(steps: tuple[Step, ...]) -> Action:
    if any(isinstance(step, Delete) for step in steps):
        return Action.DELETE
    if any(isinstance(step, Cancel) for step in steps):
        return Action.CANCEL
    return Action.NONE


def _steps(run: Run, keep: Keep) -> tuple[Step, ...]:
    if keep is Keep.RETAIN:
        return ()
    marks = marks_of(run)
    cancel = (Cancel(run.id, marks, StopReason.REMOVED),) if run.phase in STOPPABLE else ()
    if keep is not Keep.DELETE:
        return cancel
    wait = (Wait(run.id),) if run.is_active else ()
    delete = (Delete(run.id, marks),) if run.is_active or run.is_deletable else ()
    return (*cancel, *wait, *delete)
