"""Planning: manifests and a complete listing in, a plan with its guards out. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobspec.apply.observe import observe
from jobspec.errors import GuardError, UsageError
from jobspec.manifest.project import Limits as ProjectLimits
from jobspec.reconcile import planner, removed
from jobspec.reconcile.limits import UNLIMITED, Limits, violations
from jobspec.reconcile.requested import cancel_plan
from jobspec.report import plan_view
from jobspec.workflow.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobspec.reconcile.limits import Violation
    from jobspec.reconcile.plan import Plan
    from jobspec.reconcile.runs import Run
    from jobspec.report.plan_view import PlanView
    from jobspec.workflow.workspace import Workspace


DEFAULT_LIMITS = ProjectLimits()


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what refuses it, and the runs it was made from."""

    plan: Plan
    guards: tuple[Violation, ...]
    view: PlanView
    runs: tuple[Run, ...]


def make_plan(workspace: Workspace) -> Planned:
    """Return what would make the live runs agree with the manifests."""
    loaded = workspace.loaded
    runs = observe(workspace.connection.client, loaded.scope)
    whole = planner.plan(loaded.scope, loaded.tasks, runs)
    plan, left_out = _selected(whole, loaded.selected)
    guards = violations(plan, limits_of(workspace), datetime.now(UTC), declared=len(loaded.tasks))
    return _planned(workspace, plan, guards, runs, left_out=left_out)


def make_teardown(workspace: Workspace) -> Planned:
    """Return what would remove every run of the scope, finished ones too, but for what is retained."""
    runs = observe(workspace.connection.client, workspace.loaded.scope)
    plan = removed.teardown(workspace.loaded.scope, runs)
    return _unlimited(workspace, plan, runs)


def make_cancel(workspace: Workspace, name: str) -> Planned:
    """Return the plan that stops every active run of one task. Raises `UsageError` when there is none."""
    runs = find_runs(workspace, name)
    plan = cancel_plan(workspace.loaded.scope, name, runs)
    if plan.is_empty:
        state = f"`{name}` is {runs[-1].phase}: {runs[-1].id} is in the state {runs[-1].state}"
        raise UsageError(f"nothing to cancel: {state}", help="see the tasks: jobspec status")
    return _unlimited(workspace, plan, runs)


def check_guards(planned: Planned, forced: Collection[str]) -> None:
    """Raise `GuardError` when a guard refuses the plan that was not forced by its name."""
    refusing = [guard for guard in planned.guards if guard.guard not in forced]
    if refusing:
        first, others = refusing[0], len(refusing) - 1
        more = f" (and {others} more: jobspec plan)" if others else ""
        raise GuardError(first.message + more, guard=first.guard, code=first.code, help=first.help)


def limits_of(workspace: Workspace) -> Limits:
    """Return the limits of the project, or the default ones without a project."""
    project = workspace.loaded.project
    given = project.limits if project else DEFAULT_LIMITS
    return Limits(given.max_removals, given.max_replacements, given.max_lost_replica_hours)


def _unlimited(workspace: Workspace, plan: Plan, runs: tuple[Run, ...]) -> Planned:
    """A plan that a person asked for by name: no limit holds it, but protection does."""
    guards = violations(plan, UNLIMITED, datetime.now(UTC), declared=1)
    return _planned(workspace, plan, guards, runs)


def _selected(plan: Plan, names: frozenset[str] | None) -> tuple[Plan, int]:
    if names is None:
        return plan, 0
    changes = tuple(change for change in plan.changes if change.task in names)
    left_out = {change.task for change in plan.changes} - names
    return replace(plan, changes=changes), len(left_out)


def _planned(
    workspace: Workspace,
    plan: Plan,
    guards: tuple[Violation, ...],
    runs: tuple[Run, ...],
    *,
    left_out: int = 0,
) -> Planned:
    view = plan_view.view(plan, workspace.connection.platform, guards, left_out=left_out)
    return Planned(plan, guards, view, runs)
