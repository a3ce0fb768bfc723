"""Planning: from manifests and a complete listing to a plan with its guards. Writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from jobspec.apply.observe import find_named, observe
from jobspec.errors import GuardError, UsageError
from jobspec.manifest.load import collector_paused
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.reconcile.attribution import BasePlan
from jobspec.reconcile.guards.expectations import unmet
from jobspec.reconcile.guards.limits import (
    DEFAULT,
    UNLIMITED,
    of_stops,
    of_submits,
    violations,
)
from jobspec.reconcile.guards.violation import Violation
from jobspec.reconcile.order import hold as order
from jobspec.reconcile.planning import continuation, planner, removed, rounds, twins
from jobspec.reconcile.planning.ended import PlanningContext
from jobspec.reconcile.planning.plan import Plan, ordered
from jobspec.reconcile.planning.requested import cancel_plan
from jobspec.reconcile.planning.selection import (
    ALL_TASKS,
    Selection,
    select,
    traits,
)
from jobspec.reconcile.runs import Phase, Run, state_text
from jobspec.report.plan.build import ALL, ViewOptions, build_view
from jobspec.report.plan.view import PlanView, SinceView, TargetView
from jobspec.workflow.planning.before import Side, read_base, selected_before, sides
from jobspec.workflow.planning.loosening import compare, refused_before
from jobspec.workflow.project.manifests import check_readable
from jobspec.workflow.project.secret_problems import check_named_secrets
from jobspec.workflow.project.workspace import Workspace
from jobspec.workflow.runs.runs import find_runs, find_set

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from jobspec.cloud.client import PlatformClient
    from jobspec.manifest.values import Limits
    from jobspec.reconcile.protocol.outcome import Outcome
    from jobspec.reconcile.usage.sizes import Sizes
    from jobspec.workflow.planning.base_revision import Base
    from jobspec.workflow.planning.preflight import Examiner


_MOST_NAMED = 5
"""Maximum number of tasks that a message names."""
PreflightMode: TypeAlias = Literal["none", "local", "flavors", "full"]


class Planned(Struct, frozen=True):
    """A plan, the guards that refuse it, and the runs it was made from.

    `unmanaged` are runs that may be the platform's own retries without our tags. `now` is the time at which
    the plan was made; the `due` of its changes is compared with it. `base` is the plan of the base revision.
    """

    plan: Plan
    guards: tuple[Violation, ...]
    view: PlanView
    runs: tuple[Run, ...]
    unmanaged: tuple[Run, ...] = ()
    now: datetime | None = None
    base: BasePlan | None = None
    sizes: Sizes | None = None
    """The flavors that were known, for the limit of GPU-hours; None if the command does not apply it."""


class PlanOptions(Struct, frozen=True):
    """The requested part of the plan, the expectations, and what is allowed.

    `tasks` are the names in a saved plan; None if it covered all tasks. `since` is the revision with which
    the manifests are compared.
    """

    selection: Selection = ALL_TASKS
    expected: tuple[str, ...] = ()
    allow_twin: bool = False
    tasks: frozenset[str] | None = None
    since: str | None = None
    is_brief: bool = False
    """Whether unchanged tasks have only their name, action and reason in the view: only JSON shows more."""
    preflight: PreflightMode = "none"
    """What is found out before tasks are submitted: nothing, GPU-hours from local tables, GPU-hours with the
    platform's flavors, or all facts."""


EVERYTHING = PlanOptions()


def make_plan(workspace: Workspace, wanted: PlanOptions = EVERYTHING) -> Planned:
    """Return the requested part of the plan that makes the live runs match the manifests.

    Raises `ManifestError` if a task names a secret that no configuration allows.
    """
    with collector_paused():
        return _make_plan(workspace, wanted)


def _make_plan(workspace: Workspace, wanted: PlanOptions) -> Planned:
    check_named_secrets(workspace)
    base = None if wanted.since is None else read_base(workspace, wanted.since)
    scope, client = workspace.loaded.scope, workspace.connection.client
    runs, read = observe(client, scope), sides(workspace, base)
    contexts = _contexts(workspace, runs, wanted, read)
    wholes = [planner.plan(scope, side.tasks, runs, one) for side, one in zip(read, contexts, strict=True)]
    plan, options = _selected(workspace, wholes[0], runs, wanted)
    before = [selected_before(workspace, whole, read[1], runs, wanted=wanted) for whole in wholes[1:]]
    plans = [plan, *before] if wanted.allow_twin else _held(client, [plan, *before], read)
    plans = [
        order.hold(one, whole, scope=scope, declared=(side.tasks, side.sets), runs=runs)
        for one, whole, side in zip(plans, wholes, read, strict=True)
    ]
    now = datetime.now(UTC)
    known = _known(workspace, plans[0], wanted)
    guarded = [
        (one, _guards(one, side, wanted, known=known, now=now)) for one, side in zip(plans, read, strict=True)
    ]
    plan, guards = guarded[0]
    options = replace(
        options,
        loosened=compare(workspace, runs, base),
        refused_before=refused_before(base, plan, guards, now=now, declared=len(read[0].tasks)),
    )
    if base is not None:
        options = replace(options, since=_since(base, wanted), base=_base_plan(workspace, base, guarded[1:]))
    planned = _planned(workspace, (plan, runs), guards, options)
    context = contexts[0]
    planned = replace(planned, unmanaged=context.unmanaged, now=context.now, base=options.base)
    return planned if known is None else _with_preflight(planned, known, now)


def _known(workspace: Workspace, plan: Plan, wanted: PlanOptions) -> Examiner | None:
    """Return what is known for a plan; None if nothing is submitted or stopped, or nobody needs it."""
    changes = [change for change in plan.changes if change.adds or change.stops]
    if wanted.preflight == "none" or not changes:
        return None
    from jobspec.workflow.planning.preflight import examiner  # noqa: PLC0415 - only with changes

    return examiner(workspace, changes, wanted.preflight)


def _guards(
    plan: Plan, side: Side, wanted: PlanOptions, *, known: Examiner | None, now: datetime
) -> tuple[Violation, ...]:
    sizes = known.sizes if known else None
    limits = violations(plan, side.limits, now, declared=len(side.tasks), sizes=sizes)
    refused = known.refusals(plan) if known else ()
    return (*unmet(plan, wanted.expected), *limits, *refused)


def _with_preflight(planned: Planned, known: Examiner, now: datetime) -> Planned:
    """Return the plan with its preflight facts and GPU-hours."""
    from jobspec.report.plan.preflight_view import with_preflight  # noqa: PLC0415 - only with changes

    found = known.preflight(planned.plan, now)
    return replace(planned, view=with_preflight(planned.view, planned.plan, found), sizes=known.sizes)


def _since(base: Base, wanted: PlanOptions) -> SinceView:
    return SinceView(revision=wanted.since or base.commit, commit=base.commit, unread=base.unread)


def _base_plan(
    workspace: Workspace, base: Base, guarded: Sequence[tuple[Plan, tuple[Violation, ...]]]
) -> BasePlan:
    """Return the plan of the base revision; an empty one if it did not have the scope."""
    scope = workspace.loaded.scope
    for plan, guards in guarded:
        known = frozenset(task.name for task in base.tasks_of(scope) or ())
        return BasePlan(plan, guards, known if base.unread else None)
    return BasePlan(Plan(str(scope), (), 0))


def _held(client: PlatformClient, plans: list[Plan], read: Sequence[Side]) -> list[Plan]:
    """Return the plans with every submit that has a twin blocked, from one search for the twins of all."""
    names = [twins.names(plan) for plan in plans]
    found = find_named(client, _all(names))
    return [
        twins.hold(plan, _named(found, own), side.siblings)
        for plan, own, side in zip(plans, names, read, strict=True)
    ]


def _all(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for own in names for name in own}))


def _named(runs: tuple[Run, ...], names: Collection[str]) -> tuple[Run, ...]:
    """Return the runs with one of the names: what a search for these names alone would have found."""
    wanted = frozenset(names)
    return tuple(run for run in runs if run.name in wanted)


def narrowed(
    workspace: Workspace, planned: Planned, plan: Plan, *, before: Iterable[Outcome], wanted: PlanOptions
) -> Planned:
    """Return the part of a later plan that is carried out.

    Its guards also count what the command has done before.
    """
    whole = rounds.together(before, plan)
    limits = limits_of(workspace)
    stops = of_stops(plan, limits, planned.now or datetime.now(UTC))
    guards = (*unmet(plan, wanted.expected), *stops, *of_submits(whole, limits, planned.sizes))
    since = planned.view.since and replace(planned.view.since, prevented=())
    options = ViewOptions(
        environment_from=planned.view.environment_from,
        since=since,
        base=planned.base,
        selected=tuple(dict.fromkeys(change.task for change in plan.changes)),
        values=workspace.loaded.values,
    )
    part = _planned(workspace, (plan, planned.runs), guards, options)
    return replace(planned, plan=plan, guards=guards, view=part.view)


def _contexts(
    workspace: Workspace, runs: tuple[Run, ...], wanted: PlanOptions, read: Sequence[Side]
) -> list[PlanningContext]:
    """Return the platform's time, or else ours, and the runs that may be the platform's untagged retries."""
    scope, client = workspace.loaded.scope, workspace.connection.client
    times = [run.server_time for run in runs if run.server_time]
    names = [() if wanted.allow_twin else continuation.names(scope, side.tasks, runs) for side in read]
    now, lag = max(times, default=datetime.now(UTC)), workspace.connection.assumptions.list_lag
    found = find_named(client, _all(names))
    return [PlanningContext(now, _named(found, own), lag) for own in names]


def make_teardown(workspace: Workspace, selection: Selection = ALL_TASKS) -> Planned:
    """Return the plan that removes all runs of the selected tasks, finished ones too, but no retained ones.

    Raises `UsageError` for a selector that matches no task, and `ManifestError` if the selection depends on
    manifests that cannot be read: tasks that cannot be distinguished are not destroyed.
    """
    if workspace.loaded.selected is not None or selection.is_by_file:
        check_readable(workspace.loaded)
    runs = observe(workspace.connection.client, workspace.loaded.scope)
    if workspace.loaded.is_gone and not runs:
        raise _no_such_environment(workspace)
    whole = removed.teardown(workspace.loaded.scope, runs)
    plan, options = _selected(workspace, whole, runs, PlanOptions(selection))
    guards = violations(plan, UNLIMITED, datetime.now(UTC), declared=1)
    return _planned(workspace, (plan, runs), guards, options)


def _no_such_environment(workspace: Workspace) -> UsageError:
    """Return the error for an environment that is not declared and has no runs: it is probably misspelt."""
    project = workspace.loaded.project
    known = ", ".join(map(quote, project.environments)) if project else ""
    return UsageError(
        f"{quote(workspace.loaded.scope)} has no runs, and the project does not declare that environment",
        help=f"use one of the declared environments: {known}" if known else "remove --scope",
        code="JS315",
    )


def make_cancel(workspace: Workspace, names: Iterable[str]) -> Planned:
    """Return the plan that stops every active run of the tasks; `set/NAME` is every task of a set.

    Raises `UsageError` for a name without a run, and if none of the tasks has an active one.
    """
    scope = workspace.loaded.scope
    found: dict[str, tuple[Run, ...]] = {}
    for name in names:
        found |= _runs_to_cancel(workspace, name)
    plans = [cancel_plan(scope, name, runs) for name, runs in found.items()]
    plan = Plan(str(scope), ordered([change for one in plans for change in one.changes]), len(plans))
    if plan.is_empty:
        raise UsageError(
            "; ".join(_nothing_to_cancel(name, runs) for name, runs in islice(found.items(), _MOST_NAMED)),
            help=f"to list the tasks, run: jobspec status{workspace.option}",
        )
    return _unlimited(workspace, plan, tuple(run for runs in found.values() for run in runs))


def _runs_to_cancel(workspace: Workspace, name: str) -> dict[str, tuple[Run, ...]]:
    """Return the runs of a task, or of each task of a set that has an active one; if none has, of all."""
    if not name.startswith(SET_PREFIX):
        return {name: find_runs(workspace, name)}
    whole = find_set(workspace, name.removeprefix(SET_PREFIX))
    active = {task: runs for task, runs in whole.items() if any(run.is_active for run in runs)}
    return active or whole


def _nothing_to_cancel(name: str, runs: tuple[Run, ...]) -> str:
    newest = runs[-1]
    verbs = {Phase.SUCCEEDED: "succeeded", Phase.FAILED: "failed", Phase.CANCELLED: "was cancelled"}
    ended = verbs.get(newest.phase, f"is {state_text(newest.state)}")
    which = "newest" if len(runs) > 1 else "only"
    return f"{quote(name)} has no active run to cancel; its {which} run {newest.id} {ended}"


def check_guards(planned: Planned, forced: Collection[str]) -> None:
    """Raise `GuardError` with every guard that refuses the plan and was not forced by its name."""
    refusing = [
        GuardError(guard.message, guard=guard.guard, code=guard.code, help=guard.help)
        for guard in planned.guards
        if guard.guard not in forced
    ]
    if refusing:
        first, *others = refusing
        first.others = tuple(others)
        raise first


def unnamed_environment(workspace: Workspace, planned: Planned) -> str:
    """Return a warning about a plan without an environment; empty if there is none."""
    project, target = workspace.loaded.project, workspace.target
    is_settled = project is None or not project.environments or project.rules_environment
    if project is None or is_settled or target.scope or workspace.loaded.scope.environment or planned.runs:
        return ""
    named = " or ".join(f"`-e {name}`" for name in project.environments)
    return (
        f"no environment is selected, and nothing has run in {quote(project.name)} without one; to select "
        f"one, add {named}; to choose a default, set `spec.defaultEnvironment` in the project file"
    )


def limits_of(workspace: Workspace) -> Limits:
    """Return the limits of the project, or the defaults without a project."""
    project = workspace.loaded.project
    return project.limits if project else DEFAULT


def _unlimited(workspace: Workspace, plan: Plan, runs: tuple[Run, ...]) -> Planned:
    """Return a plan that a person requested by name: protection applies to it, but no limit."""
    guards = violations(plan, UNLIMITED, datetime.now(UTC), declared=1)
    return _planned(workspace, (plan, runs), guards)


def _selected(
    workspace: Workspace, whole: Plan, runs: tuple[Run, ...], wanted: PlanOptions
) -> tuple[Plan, ViewOptions]:
    """Return the plan narrowed by the paths, a saved plan and the selectors, and the view options."""
    loaded = workspace.loaded
    plan = whole
    if wanted.selection != ALL_TASKS:
        plan, _ = select(whole, traits(loaded.scope, loaded.tasks, runs), wanted.selection)
    names = {change.task for change in plan.changes}
    for names_wanted in (loaded.selected, wanted.tasks):
        names &= names if names_wanted is None else names_wanted
    kept = tuple(change for change in plan.changes if change.task in names)
    everything = {change.task for change in whole.changes}
    selected = None if names == everything else tuple(sorted(names))
    options = ViewOptions(
        selected,
        len(everything - names),
        wanted.allow_twin,
        _target(workspace),
        loaded.environment_from,
        values=loaded.values,
        is_brief=wanted.is_brief,
    )
    return replace(plan, changes=kept), options


def _target(workspace: Workspace) -> TargetView:
    scope = workspace.loaded.scope
    paths = tuple(map(str, workspace.target.paths))
    return TargetView(paths=paths, scope=str(scope), environment=scope.environment)


def _planned(
    workspace: Workspace,
    found: tuple[Plan, tuple[Run, ...]],
    guards: tuple[Violation, ...],
    options: ViewOptions = ALL,
) -> Planned:
    plan, runs = found
    view = build_view(plan, workspace.platform, guards, options)
    return Planned(plan, guards, view, runs)
