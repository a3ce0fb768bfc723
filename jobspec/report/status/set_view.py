"""The declared sets of a status: the state of each, and the values of its axes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from jobspec.reconcile.order.standing import TaskState, main_change, observed, of_task, set_status
from jobspec.reconcile.planning.plan import Plan, Reason
from jobspec.report.status.view import SetStatusView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobspec.manifest.task import Scope, SetRules, Task
    from jobspec.reconcile.order.standing import Observed
    from jobspec.reconcile.runs import Run


def views(
    plan: Plan, scope: Scope, declared: tuple[Sequence[Task], Sequence[SetRules]], runs: Iterable[Run]
) -> tuple[SetStatusView, ...]:
    """Return the sets of which a plan has tasks, by name."""
    found, sets = observed(scope, declared, runs, plan), declared[1]
    shown = (one for one in sets if not found.changes.keys().isdisjoint(one.members))
    return tuple(_view(one, found) for one in sorted(shown, key=lambda one: one.name))


def _view(rules: SetRules, found: Observed) -> SetStatusView:
    members = [found.tasks[name] for name in rules.members if name in found.tasks]
    is_whole = all(task.name in found.changes for task in members)
    status = str(set_status(_state(task, found) for task in members)) if is_whole else UNSET
    return SetStatusView(name=rules.name, status=status, axes=_axes(members))


def _state(task: Task, found: Observed) -> TaskState:
    change = main_change(found.changes.get(task.name, ()))
    if change is not None and change.reason is Reason.BLOCKED_BY_FAILURE:
        return TaskState.BLOCKED
    return of_task(task, found).state


def _axes(tasks: Iterable[Task]) -> dict[str, tuple[str, ...]]:
    values: dict[str, dict[str, None]] = {}
    for task in tasks:
        for axis, value in task.cell:
            values.setdefault(axis, {})[value] = None
    return {axis: tuple(found) for axis, found in values.items()}
