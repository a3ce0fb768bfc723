"""Finds the guards that a change loosens, compared with the tags of the runs and a base revision."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.diagnostics import Severity
from jobspec.errors import UsageError
from jobspec.reconcile.guards import loosened_project
from jobspec.reconcile.guards.limits import (
    Violation,
    violations,
)
from jobspec.reconcile.guards.loosened import Loosened, of_tags, of_tasks
from jobspec.report.plan.view import GuardView, LoosenedView, SinceView
from jobspec.report.text import count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from jobspec.manifest.load import Loaded
    from jobspec.reconcile.planning.plan import Plan
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.planning.base_revision import Base
    from jobspec.workflow.project.workspace import Workspace


class Comparison(Struct, frozen=True):
    """The loosened guards of a plan."""

    loosened: tuple[LoosenedView, ...] = ()
    since: SinceView | None = None
    base: Base | None = None

    def refused_before(
        self, plan: Plan, guards: Iterable[Violation], *, declared: int
    ) -> tuple[GuardView, ...]:
        """Return the guards that refuse the plan under the limits of the base revision, but no longer do."""
        if self.base is None or self.base.loaded is None or self.base.loaded.project is None:
            return ()
        limits = self.base.loaded.project.limits
        codes = {guard.code for guard in guards}
        found = violations(plan, limits, datetime.now(UTC), declared=declared)
        return tuple(
            GuardView(code=one.code, guard=one.guard, message=one.message, help=one.help)
            for one in found
            if one.code not in codes
        )


def compare(workspace: Workspace, runs: Sequence[Run], revision: str | None) -> Comparison:
    """Return the guards that are looser than before.

    Raises `UsageError` for a revision that cannot be read.
    """
    loaded = workspace.loaded
    found = list(of_tags(loaded.scope, loaded.tasks, runs))
    if revision is None:
        return Comparison(_views(found))
    if loaded.project is None:
        raise UsageError("`--since` requires a project file", help="remove --since")
    from jobspec.workflow.planning.base_revision import load_base  # noqa: PLC0415 - starts Git, with --since

    base = load_base(revision, loaded, workspace.surroundings.environ)
    by_tags = {(one.guard, one.where) for one in found}
    found += [one for one in _against(base, loaded) if (one.guard, one.where) not in by_tags]
    return Comparison(_views(found), SinceView(revision=revision, commit=base.commit), base)


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
    yield from _uncompared(base.loaded)
    yield from of_tasks(() if base.loaded.refused else base.loaded.tasks, now.tasks)


def _uncompared(base: Loaded) -> Iterator[Loosened]:
    """Yield the files of the base revision that have errors, in which a loosened guard may go unnoticed."""
    files = {
        one.place.file if one.place else "" for one in base.diagnostics if one.severity is Severity.ERROR
    }
    if files:
        before = f"{count(len(files), 'file')} with errors in the base revision"
        yield Loosened("manifests", "", before, "they were not compared")


def _views(found: Collection[Loosened]) -> tuple[LoosenedView, ...]:
    views = (
        LoosenedView(
            guard=one.guard, where=one.where, before=one.before, after=one.after, run=one.run or None
        )
        for one in found
    )
    return tuple(sorted(views, key=lambda one: (one.where.startswith("task "), one.where, one.guard)))
