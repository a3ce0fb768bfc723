"""The one view of a plan: what the JSON holds, and what every other format is rendered from.

`version` names the format: a new optional field keeps it, anything else raises it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from jobspec.manifest.payload.create import secret_refs
from jobspec.manifest.validate.plaintext import hide_shapes
from jobspec.reconcile import tags
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
from jobspec.redaction.records import escaped_json, whole_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobspec.reconcile.guards.limits import Violation

Version = Literal["jobspec/plan.v1"]
AtOnce = Field(fail_fast=True)
"""Of a list one wrong item is enough: a file of nothing else would fill the memory with what is wrong."""
Strings = Annotated[tuple[str, ...], AtOnce]


class View(BaseModel):
    """A part of machine output: frozen, camelCase."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    @field_validator("*", mode="after")
    @classmethod
    def _hold_whole_characters(cls, value: object) -> object:
        return whole_characters(value)

    def model_dump_json(self, *arguments: Any, **options: Any) -> str:
        """Return the JSON, with an escape for each character that a reader cannot see for what it is."""
        return escaped_json(super().model_dump_json(*arguments, **options))


class RunView(View):
    """A run that the change assumes, as the plan saw it."""

    id: str = Field(description="Id of the run on the platform.")
    state: str = Field(description="State as reported by the platform.")
    phase: str = Field(description="What the state means: pending, running, stopping, succeeded, failed, …")
    launched: str | None = Field(description="When it was launched, RFC 3339 in UTC; null before that.")
    replicas: int = Field(description="Replicas in all roles.")
    stops: bool = Field(description="Whether the change would stop it.")


class DifferenceView(View):
    """One field that is not as declared."""

    field: str = Field(description="The field, in the words of the manifest.")
    before: object = Field(default=None, description="What the live run has; null when it has none.")
    after: object = Field(default=None, description="What the manifest declares; null when it declares none.")


class StepView(View):
    """One write to the platform, or a wait."""

    step: Literal["submit", "cancel", "wait", "delete", "update"] = Field(
        description="The action of the step."
    )
    run: str | None = Field(default=None, description="The affected run; null for a submit.")
    run_id: str | None = Field(default=None, description="For a submit: the name of the intention.")
    spec_hash: str | None = Field(default=None, description="For a submit: the spec hash of the new run.")
    why: str | None = Field(default=None, description="For a cancel: the reason that is recorded on the run.")
    winner: str | None = Field(default=None, description="For the cancel of a duplicate: the run that stays.")
    name: str | None = Field(default=None, description="For a submit or an update: the name on the platform.")
    description: str | None = Field(default=None, description="For a submit or an update.")
    tags: Strings = Field(default=(), description="For a submit or an update: all tags of the run.")
    assumes: Strings = Field(
        default=(),
        description="The jobspec tags that the run must still have for the step to be carried out.",
    )


class RoleView(View):
    """Replicas of one kind."""

    name: str = Field(description="Name of the role.")
    replicas: int = Field(description="How many replicas.")
    flavor: str = Field(description="Flavor of each.")


class NewRunView(View):
    """What a submit starts."""

    image: str = Field(description="Id or address of the image.")
    command: str = Field(description="First line of entrypoint and args; ends in `…` where more follows.")
    script: str = Field(default="", description="All of entrypoint and args.")
    roles: Annotated[tuple[RoleView, ...], AtOnce] = Field(description="Its replicas.")
    queue: str = Field(description="Id of the queue or the resource group.")
    deadline_seconds: int = Field(description="How long it may run from its launch, in seconds.")
    secrets: Strings = Field(default=(), description="The secrets that it reads, by reference.")


class ChangeView(View):
    """What becomes of one task."""

    task: str = Field(description="Name of the task.")
    action: str = Field(
        description="submit, replace, cancel, delete, update, rename, adopt, release or none."
    )
    reason: str = Field(description="Why, as a stable word.")
    detail: str = Field(default="", description="Details of the reason, as text.")
    blocked: str = Field(default="", description="Why the change is blocked; empty if it is not.")
    attention: bool = Field(default=False, description="Whether it needs review.")
    file: str | None = Field(
        default=None, description="The manifest's file; null when no manifest declares it."
    )
    line: int | None = Field(default=None, description="The line of the task's name in that file, from 1.")
    runs: Annotated[tuple[RunView, ...], AtOnce] = Field(
        default=(), description="The runs the change assumes."
    )
    differences: Annotated[tuple[DifferenceView, ...], AtOnce] = Field(
        default=(), description="Fields that differ."
    )
    steps: Annotated[tuple[StepView, ...], AtOnce] = Field(default=(), description="The steps, in order.")
    new_run: NewRunView | None = Field(
        default=None, description="What a submit or a replacement starts; null when nothing is submitted."
    )
    earlier_success: str | None = Field(
        default=None, description="For a submit: a run that succeeded with an older spec; null without one."
    )
    due: str | None = Field(
        default=None, description="When the next attempt may start, RFC 3339 in UTC; null when that is now."
    )


class CapacityView(View):
    """What the plan adds to and frees from one flavor of one queue, in replicas."""

    queue: str = Field(description="Id of the queue or the resource group.")
    flavor: str = Field(description="Flavor of the replicas.")
    adds: int = Field(description="Replicas that submits ask for.")
    frees: int = Field(description="Replicas that cancels give back.")


class GuardView(View):
    """A guard that refuses to apply the plan."""

    code: str = Field(description="Diagnostic code; see `jobspec explain`.")
    guard: str = Field(description="Name for `--force`; empty if the guard cannot be overridden.")
    message: str = Field(description="Message of the guard.")
    help: str = Field(description="What to do.")


class LoosenedView(View):
    """A guard that holds less than it did before the change at hand."""

    guard: str = Field(
        description="The guard, in the words of the manifest: `limits.maxRemovals`, `protect`."
    )
    where: str = Field(default="", description="`task NAME`, `environment NAME`, or empty for the project.")
    before: object = Field(default=None, description="Value before; null when nothing was set.")
    after: object = Field(default=None, description="Value now; null when nothing is set.")
    run: str | None = Field(
        default=None, description="The run whose tags contain the value before; null for the base revision."
    )


class SinceView(View):
    """The base revision that the guards were compared with."""

    revision: str = Field(description="The revision that was named.")
    commit: str = Field(description="The merge base of it and HEAD.")


class PlatformView(View):
    """Where the tasks run."""

    kind: str = Field(description="volcengine or local.")
    region: str = Field(default="", description="Region of the platform; empty for the local one.")
    endpoint: str = Field(default="", description="Address of the API, or the folder of the local platform.")
    endpoint_from: str = Field(
        default="",
        description="Source of the address if not the project: `--endpoint` or `JOBSPEC_ENDPOINT`.",
    )


class TargetView(View):
    """What a plan was made for, as `apply FILE` needs it again."""

    paths: Strings = Field(
        default=(), description="The paths that were named, relative to the folder the plan was made in."
    )
    scope: str = Field(description="The scope: project or project/environment.")
    environment: str | None = Field(default=None, description="The environment; null when there is none.")


class PlanView(View):
    """A plan."""

    version: Version = Field(default="jobspec/plan.v1", description="Name of this format.")
    scope: str = Field(description="The set of tasks planned: project or project/environment.")
    platform: PlatformView = Field(description="Where the tasks run.")
    changes: Annotated[tuple[ChangeView, ...], AtOnce] = Field(
        description="One or more for each task, highest risk first."
    )
    capacity: Annotated[tuple[CapacityView, ...], AtOnce] = Field(
        default=(), description="Replicas added and freed."
    )
    guards: Annotated[tuple[GuardView, ...], AtOnce] = Field(
        default=(), description="Guards that refuse to apply the plan."
    )
    summary: dict[str, int] = Field(description="Number of changes for each action.")
    left_out: int = Field(
        default=0, description="Number of tasks that were not selected and are not in the plan."
    )
    selected: Strings | None = Field(
        default=None, description="Names of the selected tasks; null when all tasks are selected."
    )
    allow_twin: bool = Field(default=False, description="Whether `--allow-twin` was given.")
    digest: str = Field(
        default="", description="Digest for `apply --digest`: equal for the same writes to the same runs."
    )
    target: TargetView | None = Field(
        default=None, description="Target of the plan; null when it cannot be applied from a file."
    )
    environment_from: str = Field(
        default="",
        description="Source of the environment: JOBSPEC_ENVIRONMENT or defaultEnvironment; empty for `-e`.",
    )
    since: SinceView | None = Field(
        default=None, description="The base revision of `--since`; null without `--since`."
    )
    loosened: Annotated[tuple[LoosenedView, ...], AtOnce] = Field(
        default=(), description="Guards that are looser than in the runs' tags or in the base revision."
    )
    refused_before: Annotated[tuple[GuardView, ...], AtOnce] = Field(
        default=(),
        description="Guards that refuse the plan under the limits of the base revision, "
        "but not under the current limits.",
    )


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What part of the tasks a plan was asked for, and with which permission."""

    selected: Strings | None = None
    left_out: int = 0
    allow_twin: bool = False
    target: TargetView | None = None
    environment_from: str = ""
    since: SinceView | None = None
    loosened: tuple[LoosenedView, ...] = ()
    refused_before: tuple[GuardView, ...] = ()


ALL = ViewOptions()
_NEW = frozenset({"new_run", "earlier_success"})
_TOLD: dict[str, Any] = {
    "file": True,
    "line": True,
    "attention": True,
    "due": True,
    "runs": {"__all__": {"state", "launched"}},
}


def view(
    plan: Plan, platform: PlatformView, guards: Iterable[Violation], asked: ViewOptions = ALL
) -> PlanView:
    """Return the view of a plan; the same plan gives the same bytes."""
    whole = PlanView(
        scope=plan.scope,
        platform=platform,
        changes=tuple(map(_change, plan.changes)),
        capacity=_capacity(plan.pending),
        guards=tuple(GuardView(code=g.code, guard=g.guard, message=g.message, help=g.help) for g in guards),
        summary={action.value: plan.count(action) for action in Action},
        left_out=asked.left_out,
        selected=asked.selected,
        allow_twin=asked.allow_twin,
        target=asked.target,
        environment_from=asked.environment_from,
        since=asked.since,
        loosened=asked.loosened,
        refused_before=asked.refused_before,
    )
    return whole.model_copy(update={"digest": digest_of(whole)})


def digest_of(plan: PlanView) -> str:
    """Return the fingerprint of what the plan would write, and of the runs that this assumes.

    Display-only fields (places, platform details, unchanged tasks, guards) are not included: they
    may change while the plan is read, and changes nothing about the writes.
    """
    changes = [_written(change) for change in plan.changes if change.action != Action.NONE]
    platform = plan.platform.model_dump(mode="json", exclude={"endpoint_from"})  # the address counts
    whole = [plan.version, plan.scope, platform, plan.allow_twin, changes]
    if any(change.new_run for change in plan.changes):
        whole.append([capacity.model_dump() for capacity in plan.capacity])
    if plan.loosened:
        whole.append([loosened.model_dump(mode="json") for loosened in plan.loosened])
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _written(change: ChangeView) -> dict[str, Any]:
    """What a change writes, and what a reader is shown of it; files of 0.1 lack the fields in `_NEW`."""
    whole = change.model_dump(mode="json", exclude=_TOLD)
    return {key: value for key, value in whole.items() if value is not None or key not in _NEW}


def _change(change: Change) -> ChangeView:
    stops = {run.id for run in change.stops}
    return ChangeView(
        task=change.task,
        action=change.action.value,
        reason=change.reason.value,
        detail=change.detail,
        blocked=change.blocked.value if change.blocked else "",
        attention=change.needs_attention,
        file=change.place.file if change.place else None,
        line=change.place.span.start.line if change.place else None,
        runs=tuple(_run(run, stops=run.id in stops) for run in change.runs),
        differences=tuple(map(difference, change.differences)),
        steps=tuple(map(_step, change.steps)),
        new_run=_new_run(change.submits[0].payload) if change.submits else None,
        earlier_success=change.earlier_success or None,
        due=change.due.isoformat() if change.due else None,
    )


def _new_run(payload: Mapping[str, Any]) -> NewRunView:
    image = payload["ImageSpec"]
    script = hide_shapes(f"{str(payload['EntrypointPath']).strip()} {payload.get('Args') or ''}".strip())
    first, _, rest = script.partition("\n")
    return NewRunView(
        image=str(image.get("Id") or image.get("Url")),
        command=f"{first} …" if rest else first,
        script=script,
        roles=tuple(
            RoleView(name=role["RoleName"], replicas=role["RoleReplicas"], flavor=role["ResourceSpecId"])
            for role in payload["TaskRoleSpecs"]
        ),
        queue=_queue(payload),
        deadline_seconds=payload["ActiveDeadlineSeconds"],
        secrets=tuple(dict.fromkeys(map(str, secret_refs(payload)))),
    )


def _queue(payload: Mapping[str, Any]) -> str:
    return str(payload.get("ResourceQueueId") or payload.get("ResourceGroupId") or "")


def difference(found: Difference) -> DifferenceView:
    """Return the view of one field that differs."""
    return DifferenceView(field=found.field, before=found.before, after=found.after)


def _run(run: SeenRun, *, stops: bool) -> RunView:
    return RunView(
        id=run.id,
        state=run.state,
        phase=run.phase.value,
        launched=run.launched.isoformat() if run.launched else None,
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
        description=str(step.payload["Description"]),
        tags=tags.write(step.marks, step.user_tags),
    )


def _update(step: Update) -> StepView:
    written = tuple(map(hide_shapes, tags.write(step.becomes, step.user_tags)))
    return StepView(
        step="update",
        run=step.run,
        name=step.name,
        description=step.description,
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
        adds[queue, str(role.get("ResourceSpecId"))] += int(role.get("RoleReplicas", 0))
