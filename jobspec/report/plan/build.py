"""From a plan to its view. Pure. Texts that look like credentials are masked here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from jobspec.manifest.payload.create import named_secrets, size_of
from jobspec.manifest.payload.names import NamedOrigin
from jobspec.reconcile import tags
from jobspec.reconcile.attribution import attribute, guard_cause
from jobspec.reconcile.planning.plan import (
    Action,
    Cancel,
    Change,
    Delete,
    Difference,
    Plan,
    SeenRun,
    Step,
    Submit,
    Update,
    Wait,
)
from jobspec.redaction.records import mask_json
from jobspec.redaction.shapes import hide_known_shapes, hide_shapes
from jobspec.report.plan.digest import digest_of
from jobspec.report.plan.settings import settings_of
from jobspec.report.plan.view import (
    CapacityView,
    ChangeView,
    DifferenceView,
    GuardView,
    LoosenedView,
    NameView,
    NewRunView,
    OtherwiseView,
    PlanView,
    RoleView,
    RunView,
    SinceView,
    StepView,
    TargetView,
    ValueView,
)
from jobspec.report.view import PlatformView, written_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobspec.manifest.expressions.outside import UsedValue
    from jobspec.reconcile.attribution import BasePlan, Caused
    from jobspec.reconcile.guards.violation import Violation


class ViewOptions(Struct, frozen=True):
    """The part of the tasks that a plan covers, and what is allowed."""

    selected: tuple[str, ...] | None = None
    left_out: int = 0
    allow_twin: bool = False
    target: TargetView | None = None
    environment_from: str = ""
    since: SinceView | None = None
    base: BasePlan | None = None
    """The plan of the base revision `since`."""
    loosened: tuple[LoosenedView, ...] = ()
    refused_before: tuple[GuardView, ...] = ()
    values: tuple[UsedValue, ...] = ()
    is_brief: bool = False
    """Whether unchanged tasks that need no attention have only their name, action and reason."""


ALL = ViewOptions()


def build_view(
    plan: Plan, platform: PlatformView, guards: Iterable[Violation], options: ViewOptions = ALL
) -> PlanView:
    """Return the view of a plan; the same plan gives the same bytes."""
    whole = PlanView(
        scope=plan.scope,
        platform=platform,
        changes=tuple(_brief(one) if options.is_brief else _change(one) for one in plan.changes),
        capacity=_capacity(plan.pending),
        guards=tuple(_guard(guard, options.base) for guard in guards),
        summary={action.value: plan.count(action) for action in Action},
        left_out=options.left_out,
        selected=options.selected,
        allow_twin=options.allow_twin,
        target=options.target,
        environment_from=options.environment_from,
        since=options.since,
        loosened=options.loosened,
        refused_before=options.refused_before,
        values=tuple(map(_value, options.values)) or UNSET,
    )
    whole = replace(whole, digest=digest_of(whole))
    return whole if options.base is None else _attributed(whole, plan, options.base)


def _value(used: UsedValue) -> ValueView:
    shown = None if used.value is None else mask_json(hide_known_shapes(used.value))
    return ValueView(name=used.name, value=shown, source=used.source, typed=used.is_typed or UNSET)


def _attributed(whole: PlanView, plan: Plan, base: BasePlan) -> PlanView:
    """Return the view with the cause of each change."""
    found = attribute(plan, base)
    changes = tuple(map(_caused, whole.changes, found.causes))
    since = whole.since and replace(whole.since, prevented=tuple(map(_otherwise, found.prevented)))
    whole = replace(whole, changes=changes, since=since)
    return replace(whole, since=since and replace(since, causes_nothing=_causes_nothing(whole)))


def _caused(view: ChangeView, caused: Caused | None) -> ChangeView:
    if caused is None:
        return view
    return replace(view, cause=caused.cause.value, otherwise=tuple(map(_otherwise, caused.otherwise)))


def _otherwise(change: Change) -> OtherwiseView:
    return OtherwiseView(task=change.task, action=change.action.value, reason=change.reason.value)


def _causes_nothing(view: PlanView) -> bool:
    causes = {one.cause for part in (view.changes, view.guards, view.loosened) for one in part}
    is_known = view.since is not None and not view.since.unread
    return is_known and causes <= {None, "before"} and not (view.since and view.since.prevented)


def _guard(found: Violation, base: BasePlan | None) -> GuardView:
    view = GuardView(code=found.code, guard=found.guard, message=found.message, help=found.help)
    if base is None:
        return view
    cause, otherwise = guard_cause(found, base)
    return replace(view, cause=cause.value, otherwise=otherwise)


def _brief(change: Change) -> ChangeView:
    if change.action is not Action.NONE or change.needs_attention or change.origin is None:
        return _change(change)
    return ChangeView(
        task=change.task,
        action=change.action.value,
        reason=change.reason.value,
        set=change.set or UNSET,
        cell=dict(change.cell) or UNSET,
    )


def _change(change: Change) -> ChangeView:
    stops, place = {run.id for run in change.stops}, change.place
    return ChangeView(
        task=change.task,
        action=change.action.value,
        reason=change.reason.value,
        detail=change.detail,
        blocked=change.blocked.value if change.blocked else "",
        attention=change.needs_attention,
        set=change.set or UNSET,
        cell=dict(change.cell) or UNSET,
        file=place.file if place else None,
        line=place.span.start.line if place else None,
        runs=tuple(_run(run, stops=run.id in stops) for run in change.runs),
        differences=tuple(map(difference, change.differences)),
        steps=tuple(map(_step, change.steps)),
        new_run=_new_run(change.adds[0].payload, _names(change)) if change.adds else None,
        earlier_success=change.earlier_success or None,
        due=written_time(change.due),
    )


def _names(change: Change) -> tuple[NameView, ...] | UnsetType:
    origin = change.origin
    if not isinstance(origin, NamedOrigin):
        return UNSET
    return tuple(
        NameView(kind=ref.kind, name=hide_known_shapes(ref.name), id=found)
        for ref, found in origin.ids.items()
    )


def _new_run(payload: Mapping[str, Any], names: tuple[NameView, ...] | UnsetType) -> NewRunView:
    image = payload["ImageSpec"]
    script = hide_shapes(f"{str(payload['EntrypointPath']).strip()} {payload.get('Args') or ''}".strip())
    first, _, rest = script.partition("\n")
    return NewRunView(
        image=str(image.get("Id") or image.get("Url")),
        command=f"{first} …" if rest else first,
        script=script,
        roles=tuple(
            RoleView(name=role["RoleName"], replicas=role["RoleReplicas"], flavor=size_of(role))
            for role in payload["TaskRoleSpecs"]
        ),
        queue=_queue(payload),
        deadline_seconds=payload["ActiveDeadlineSeconds"],
        secrets=tuple(dict.fromkeys(str(ref) for ref, _ in named_secrets(payload))),
        settings=settings_of(payload) or UNSET,
        names=names,
    )


def _queue(payload: Mapping[str, Any]) -> str:
    return str(payload.get("ResourceQueueId") or payload.get("ResourceGroupId") or "")


def difference(found: Difference) -> DifferenceView:
    """Return the view of one field that differs."""
    return DifferenceView(field=found.field, before=_masked(found.before), after=_masked(found.after))


def _masked(value: object) -> object:
    """Return a value of a field without keys and tokens of known services in its texts."""
    if isinstance(value, str):
        return hide_known_shapes(value)
    if isinstance(value, (list, tuple)):
        return [_masked(one) for one in value]
    return {key: _masked(one) for key, one in value.items()} if isinstance(value, dict) else value


def _run(run: SeenRun, *, stops: bool) -> RunView:
    return RunView(
        id=run.id,
        state=run.state,
        phase=run.phase.value,
        launched=written_time(run.launched),
        replicas=run.replicas,
        stops=stops,
    )


def _step(step: Step) -> StepView:
    match step:
        case Submit():
            return _submit(step)
        case Cancel():
            winner = step.winner.run if step.winner else None
            assumed = tags.write(step.marks, ())
            return StepView(step="cancel", run=step.run, why=step.why.value, winner=winner, assumes=assumed)
        case Wait():
            return StepView(step="wait", run=step.run)
        case Delete():
            return StepView(step="delete", run=step.run, assumes=tags.write(step.marks, ()))
        case Update():
            return _update(step)


def _submit(step: Submit) -> StepView:
    return StepView(
        step="submit",
        run_id=step.marks.run,
        spec_hash=step.marks.spec,
        name=str(step.payload["Name"]),
        description=hide_shapes(str(step.payload["Description"])),
        tags=tags.write(step.marks, tuple(map(hide_shapes, step.user_tags))),
    )


def _update(step: Update) -> StepView:
    written = tuple(map(hide_shapes, tags.write(step.becomes, step.user_tags)))
    return StepView(
        step="update",
        run=step.run,
        name=step.name,
        description=step.description and hide_shapes(step.description),
        tags=written,
        assumes=tags.write(step.marks, ()),
    )


def _capacity(changes: Sequence[Change]) -> tuple[CapacityView, ...]:
    adds: Counter[tuple[str, str]] = Counter()
    frees: Counter[tuple[str, str]] = Counter()
    for change in changes:
        for run in change.stops:
            for role in run.roles:
                frees[run.queue, role.flavor] += role.replicas
        for step in change.steps:
            if isinstance(step, Submit):
                _add_payload(adds, step)
    return tuple(
        CapacityView(queue=queue, flavor=flavor, adds=adds[queue, flavor], frees=frees[queue, flavor])
        for queue, flavor in sorted(adds.keys() | frees.keys())
    )


def _add_payload(adds: Counter[tuple[str, str]], step: Submit) -> None:
    queue = _queue(step.payload)
    roles = step.payload.get("TaskRoleSpecs")
    for role in roles if isinstance(roles, list) else []:
        adds[queue, size_of(role)] += int(role.get("RoleReplicas", 0))
