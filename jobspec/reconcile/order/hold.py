"""The order between tasks, applied to a plan: what may not start yet is held whole, with its reason. Pure.

It comes after the selection and after `twins.hold`: what is not selected, waits or is blocked holds no slot.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile.declared import cancel_step
from jobspec.reconcile.order.gates import Gates, Hold
from jobspec.reconcile.order.slots import given
from jobspec.reconcile.order.standing import main_change, observed
from jobspec.reconcile.planning.plan import HELD, Action, Change, Plan, Reason, ordered, seen
from jobspec.reconcile.runs import STOPPABLE, Run
from jobspec.reconcile.tags import Keep, Marks, StopReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jobspec.manifest.task import Scope, SetRules, Task
    from jobspec.reconcile.order.standing import Observed


def applies(tasks: Iterable[Task], sets: Iterable[SetRules]) -> bool:
    """Return whether anything limits the order in which the tasks start."""
    is_limited = any(one.max_active is not None or one.max_failed is not None for one in sets)
    return is_limited or any(task.lifecycle.depends_on for task in tasks)


def hold(
    plan: Plan,
    whole: Plan,
    *,
    scope: Scope,
    declared: tuple[Sequence[Task], Sequence[SetRules]],
    runs: Sequence[Run],
) -> Plan:
    """Return the plan with every submit held that may not be made yet.

    `plan` is the selected part of `whole`; `declared` are all tasks and sets of the scope, `runs` all runs.
    """
    if not applies(*declared):
        return plan
    found = observed(scope, declared, runs, whole)
    gates = Gates(found)
    changes = [_gated(change, gates.verdicts.get(change.task)) for change in plan.changes]
    changes = [*_stopped(_with_slots(changes, found), found, gates)]
    held = {change.task for change in changes if change.reason in HELD}
    return replace(
        plan,
        changes=ordered([one for one in changes if one.reason is not Reason.HISTORY or one.task not in held]),
    )


def _gated(change: Change, verdict: Hold | None) -> Change:
    if verdict is None:
        return change
    is_blocked = verdict.reason is Reason.BLOCKED_BY_FAILURE
    if change.submits or (is_blocked and change.reason is Reason.COOLDOWN):
        return _held(change, verdict.reason, verdict.detail)
    return change


def _held(change: Change, reason: Reason, detail: str) -> Change:
    """Return the change without its steps: a run that would be replaced is not stopped either."""
    later = change.submits if reason is Reason.WAITING else ()
    return replace(
        change,
        action=Action.NONE,
        reason=reason,
        detail=detail,
        steps=(),
        later=later,
        blocked=None,
        due=None,
        earlier_success=change.earlier_success if later else "",
    )


def _with_slots(changes: list[Change], scope: Observed) -> list[Change]:
    ready: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.submits and change.blocked is None:
            ready[change.task].append(change)
    instead: dict[int, Change] = {}
    for rules in scope.sets.values():
        for change, then in given(rules, scope, ready):
            instead[id(change)] = _held(change, Reason.WAITING, then) if isinstance(then, str) else then
    return [instead.get(id(change), change) for change in changes]


def _stopped(changes: Sequence[Change], scope: Observed, gates: Gates) -> Iterator[Change]:
    """Yield the changes; those of active members of a broken set with `onMaxFailed: Cancel` stop them."""
    broken = {
        name
        for rules in scope.sets.values()
        if rules.on_max_failed == "Cancel" and gates.broken(rules.name)
        for name in rules.members
        if name in scope.tasks
    }
    if not broken:
        yield from changes
        return
    by_task: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_task[change.task].append(change)
    for name, own in by_task.items():
        why = gates.broken(scope.tasks[name].set) if name in broken else ""
        yield from _stopping(own, scope.tasks[name], scope, why) if name in broken else own


def _stopping(own: Sequence[Change], task: Task, scope: Observed, why: str) -> Iterable[Change]:
    """Return the changes of a task with its active runs stopped.

    Protected runs go on, and so does what is unclear, renamed, or stopped by another change.
    """
    main, stopped = main_change(own), {run.id for one in own for run in one.stops}
    live = [
        run
        for run in scope.of_task(task.name)
        if run.phase in STOPPABLE and run.id not in stopped and _is_stoppable(run, task)
    ]
    is_renamed = any(one.action is Action.RENAME for one in own)
    if main is None or main.blocked is not None or main.stops or is_renamed or not live:
        return own
    cancel = replace(
        main,
        action=Action.CANCEL,
        reason=Reason.MAX_FAILED,
        detail=why,
        steps=tuple(cancel_step(run, StopReason.MAX_FAILED) for run in live),
        runs=seen(live),
        differences=(),
        later=(),
        earlier_success="",
    )
    return [cancel if one is main else one for one in own]


def _is_stoppable(run: Run, task: Task) -> bool:
    is_marked = isinstance(run.marks, Marks) and run.marks.keep is not Keep.PROTECT
    return is_marked and not task.lifecycle.protect
