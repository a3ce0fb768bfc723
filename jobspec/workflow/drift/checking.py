"""Checks what has drifted: a plan, the runs beside it, the last report, and the acknowledgements."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.apply.observe import find_named
from jobspec.reconcile.drift import beside
from jobspec.reconcile.drift.acknowledged import judge
from jobspec.reconcile.drift.finding import DriftFinding, ordered
from jobspec.reconcile.drift.findings import labels, of_plan
from jobspec.reconcile.drift.known import Coverage, compare, undecided
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.tags import TagKey, encoding
from jobspec.report.drift.build import Checked, build_view, finding_view
from jobspec.report.drift.chat import ended, unsent
from jobspec.workflow.drift.reports import LastReport, check_same
from jobspec.workflow.planning.before import Side
from jobspec.workflow.planning.planning import Planned, PlanOptions, make_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from jobspec.manifest.task import Task
    from jobspec.report.drift.view import DriftView
    from jobspec.workflow.project.workspace import Workspace


class DriftOptions(Struct, frozen=True):
    """The part of the tasks that is checked, and what the findings are compared with.

    `last` is the last report; None without one.
    """

    plan: PlanOptions
    last: LastReport | None = None
    ignores_pending: bool = False


def check(workspace: Workspace, options: DriftOptions) -> tuple[Planned, DriftView]:
    """Return the plan and the view of a check. Writes nothing.

    Raises `UsageError` for a last report of another scope or platform, and any error of planning: then
    nothing is known.
    """
    if options.last is not None:
        check_same(options.last, str(workspace.loaded.scope), workspace.platform)
    planned = make_plan(workspace, options.plan)
    tasks = _checked_tasks(workspace, planned)
    found = _found(workspace, planned, tasks, options)
    doubtful = undecided(found)
    names = frozenset(change.task for change in planned.plan.changes)
    is_whole = planned.view.selected is None
    entries = workspace.loaded.project.acknowledge if workspace.loaded.project else ()
    kept = [entry for entry in entries if is_whole or entry.task in names]
    judged = judge(found, kept, datetime.now(UTC).date(), doubtful)
    compared = compare(
        _counted(judged.reported, options),
        [silenced.finding for silenced in judged.silenced],
        None if options.last is None else options.last.known(),
        Coverage(None if is_whole else names, not options.ignores_pending, doubtful),
    )
    checked = Checked(
        compared,
        judged,
        _labels(workspace, tasks, found, options.last),
        _last_runs(workspace, planned, tasks, options.last),
        ignores_pending=options.ignores_pending,
        is_compared=options.last is not None,
    )
    return planned, _owed(build_view(planned.view, checked), options.last)


def _owed(view: DriftView, last: LastReport | None) -> DriftView:
    """Return the view with the drift, and the ends of drift, about which no notification was sent so far."""
    before = last.unsent if last else frozenset[str]()
    earlier = [finding_view(one, view.scope) for one in last.unsent_resolved] if last else []
    findings = tuple(finding.id for finding in unsent(view, before))
    return replace(view, unsent=findings, unsent_resolved=ended(view, before, earlier))


def _checked_tasks(workspace: Workspace, planned: Planned) -> tuple[Task, ...]:
    names = {change.task for change in planned.plan.changes}
    return tuple(task for task in workspace.loaded.tasks if task.name in names)


def _found(
    workspace: Workspace, planned: Planned, tasks: Sequence[Task], options: DriftOptions
) -> tuple[DriftFinding, ...]:
    """Return all findings: those of the plan, vanished runs, and runs beside those of a task."""
    scope, last = workspace.loaded.scope, options.last
    gone = list(beside.gone(scope, tasks, planned.runs, last.last_runs if last else {}))
    missing = {finding.task for finding in gone}
    own = of_plan(planned.plan, tasks, last.labels if last else {})
    planned_ones = [one for one in own if not (one.kind == "new" and one.task in missing)]
    others = [*beside.copies(scope, tasks, planned.runs), *_twins(workspace, tasks, options)]
    reported = {finding.run for finding in planned_ones if finding.run}
    return ordered([*planned_ones, *gone, *(one for one in others if one.run not in reported)])


def _twins(workspace: Workspace, tasks: Sequence[Task], options: DriftOptions) -> Iterable[DriftFinding]:
    if options.plan.allow_twin:
        return ()
    named, loaded = find_named(workspace.connection.client, [task.name for task in tasks]), workspace.loaded
    return beside.twins(tasks, named, Side.of(loaded.tasks, loaded.project, loaded.scope).siblings)


def _counted(findings: Collection[DriftFinding], options: DriftOptions) -> list[DriftFinding]:
    return [one for one in findings if not (options.ignores_pending and one.is_pending)]


def _labels(
    workspace: Workspace, tasks: Iterable[Task], found: Iterable[DriftFinding], last: LastReport | None
) -> dict[str, str]:
    """Return the labels of the declared tasks, as far as they were ever checked.

    While a change of the metadata is not applied, the earlier labels stay: they show that it is one.
    """
    declared = {task.name for task in workspace.loaded.tasks}
    before = {name: one for name, one in last.labels.items() if name in declared} if last else {}
    changed = {finding.task for finding in found if finding.kind == "metadata-changed"}
    return before | {task.name: labels(task) for task in tasks if task.name not in changed}


def _last_runs(
    workspace: Workspace, planned: Planned, tasks: Iterable[Task], last: LastReport | None
) -> dict[str, str]:
    """Return the newest run of each declared task that was ever reported, whether or not it still exists."""
    declared = {task.name for task in workspace.loaded.tasks}
    known = {name: run for name, run in last.last_runs.items() if name in declared} if last else {}
    observed = by_task(workspace.loaded.scope, planned.runs)
    for task in tasks:
        ids = [run.id for run in observed.get(encoding(TagKey.TASK, task.name), ())]
        newest = max((*ids, known.get(task.name, "")), default="")
        if newest:
            known[task.name] = newest
    return known
