"""Finds the guards that a change loosens, compared with the tags of the runs and a base revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import UsageError
from jobspec.reconcile.attribution import Cause
from jobspec.reconcile.guards import loosened_project
from jobspec.reconcile.guards.limits import violations
from jobspec.reconcile.guards.loosened import Loosened, of_sets, of_tags, of_tasks
from jobspec.reconcile.guards.violation import Violation
from jobspec.report.plan.view import GuardView, LoosenedView
from jobspec.report.text import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from jobspec.manifest.load import Loaded
    from jobspec.reconcile.planning.plan import Plan
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.planning.base_revision import Base
    from jobspec.workflow.project.workspace import Workspace


def compare(workspace: Workspace, runs: Sequence[Run], base: Base | None) -> tuple[LoosenedView, ...]:
    """Return the guards that are looser than in the runs' tags and in the base revision.

    Raises `UsageError` if the project file of the base revision cannot be read.
    """
    loaded = workspace.loaded
    found = list(of_tags(loaded.scope, loaded.tasks, runs))
    if base is None:
        return _sorted(_view(one) for one in found)
    before = {_key(one) for one in of_tags(loaded.scope, base.tasks_of(loaded.scope) or (), runs)}
    sound = {f"task {task.name}" for task in base.tasks_of(loaded.scope) or ()} if base.unread else None
    by_tags = [_view(one, _cause(one, before, sound)) for one in found]
    known = {(one.guard, one.where) for one in found}
    by_base = [one for one in _against(base, loaded) if (one.guard, one.where) not in known]
    uncompared = [_view(one, Cause.UNKNOWN) for one in _uncompared(base)]
    return _sorted([*by_tags, *(_view(one, Cause.THIS_CHANGE) for one in by_base), *uncompared])


def refused_before(
    base: Base | None, plan: Plan, guards: Iterable[Violation], *, now: datetime, declared: int
) -> tuple[GuardView, ...]:
    """Return the guards that refuse the plan under the limits of the base revision, but no longer do."""
    if base is None or base.loaded is None or base.loaded.project is None:
        return ()
    codes = {guard.code for guard in guards}
    found = violations(plan, base.loaded.project.limits, now, declared=declared)
    return tuple(
        GuardView(code=one.code, guard=one.guard, message=one.message, help=one.help)
        for one in found
        if one.code not in codes
    )


def _key(found: Loosened) -> tuple[str, str, str]:
    return found.guard, found.where, repr(found.after)


def _cause(found: Loosened, before: set[tuple[str, str, str]], sound: set[str] | None) -> Cause:
    if _key(found) in before:
        return Cause.BEFORE
    return Cause.THIS_CHANGE if sound is None or found.where in sound else Cause.UNKNOWN


def _against(base: Base, now: Loaded) -> Iterator[Loosened]:
    if base.loaded is None:
        yield Loosened("project", "", None, "the project file is new; there is nothing to compare it with")
        return
    before, after = base.loaded.project, now.project
    if before is None or before.guards is None or after is None or after.guards is None:
        raise UsageError(
            f"the project file of {base.commit[:12]} cannot be read, so no guard can be compared with it",
            help="use a revision in which `jobspec validate` reports no problems",
            code="JS424",
        )
    yield from loosened_project.of_projects(before.guards, after.guards)
    yield from of_tasks(() if base.loaded.refused else base.loaded.tasks, now.tasks)
    yield from of_sets(() if base.loaded.refused else base.loaded.sets, now.sets)


def _uncompared(base: Base) -> Iterator[Loosened]:
    """Yield the files of the base revision that have errors, in which a loosened guard may go unnoticed."""
    if base.unread:
        before = f"{count(len(base.unread), 'file')} with errors in the base revision"
        yield Loosened("manifests", "", before, "they were not compared")


def _view(found: Loosened, cause: Cause | None = None) -> LoosenedView:
    return LoosenedView(
        guard=found.guard,
        where=found.where,
        before=found.before,
        after=found.after,
        run=found.run or None,
        cause=cause.value if cause else None,
    )


def _sorted(views: Iterable[LoosenedView]) -> tuple[LoosenedView, ...]:
    return tuple(sorted(views, key=lambda one: (one.where.startswith("task "), one.where, one.guard)))
