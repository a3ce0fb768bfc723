"""The only view of a plan: the content of the JSON and the source of every other format.

`version` names the format: a new optional field keeps it, any other change raises it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from jobspec.report.plan.preflight_view import PreflightView, UsageView
from jobspec.report.view import PlatformView, View

Version = Literal["jobspec/plan.v1"]
Cause = Literal["this-change", "before", "unknown"]
CAUSE = (
    "With `--since`: `this-change` if this change causes it, `before` if it differed before, `unknown` if "
    "manifests of the base revision have errors; null without `--since`"
)


class RunView(View, frozen=True):
    """A run that the change assumes, as the plan saw it."""

    id: Annotated[str, Meta(description="Id of the run on the platform.")]
    state: Annotated[str, Meta(description="State as reported by the platform.")]
    phase: Annotated[
        str, Meta(description="What the state means: pending, running, stopping, succeeded, failed, …")
    ]
    launched: Annotated[
        str | None, Meta(description="When it was launched, RFC 3339 in UTC; null before that.")
    ]
    replicas: Annotated[int, Meta(description="Replicas in all roles.")]
    stops: Annotated[bool, Meta(description="Whether the change would stop it.")]


class DifferenceView(View, frozen=True):
    """One field that differs from its declaration."""

    field: Annotated[str, Meta(description="The field, in the words of the manifest.")]
    before: Annotated[object, Meta(description="What the live run has; null when it has none.")] = None
    after: Annotated[object, Meta(description="What the manifest declares; null when it declares none.")] = (
        None
    )


class StepView(View, frozen=True):
    """One write to the platform, or a wait."""

    step: Annotated[
        Literal["submit", "cancel", "wait", "delete", "update"], Meta(description="The action of the step.")
    ]
    run: Annotated[str | None, Meta(description="The affected run; null for a submit.")] = None
    run_id: Annotated[str | None, Meta(description="For a submit: the name of the intention.")] = None
    spec_hash: Annotated[str | None, Meta(description="For a submit: the spec hash of the new run.")] = None
    why: Annotated[str | None, Meta(description="For a cancel: the reason that is recorded on the run.")] = (
        None
    )
    winner: Annotated[str | None, Meta(description="For the cancel of a duplicate: the run that stays.")] = (
        None
    )
    name: Annotated[str | None, Meta(description="For a submit or an update: the name on the platform.")] = (
        None
    )
    description: Annotated[str | None, Meta(description="For a submit or an update.")] = None
    tags: Annotated[tuple[str, ...], Meta(description="For a submit or an update: all tags of the run.")] = ()
    assumes: Annotated[
        tuple[str, ...],
        Meta(description="The jobspec tags that the run must still have for the step to be carried out."),
    ] = ()


class RoleView(View, frozen=True):
    """Replicas of one role."""

    name: Annotated[str, Meta(description="Name of the role.")]
    replicas: Annotated[int, Meta(description="How many replicas.")]
    flavor: Annotated[str, Meta(description="Flavor of each, or a label of its resources.")]


class NameView(View, frozen=True):
    """A name in the manifest that was looked up."""

    kind: Annotated[str, Meta(description="queue or vepfs.")]
    name: Annotated[str, Meta(description="The name in the manifest.")]
    id: Annotated[str, Meta(description="Its id, which the spec hash contains.")]


class SettingView(View, frozen=True):
    """A setting of a new run."""

    field: Annotated[str, Meta(description="Name of the field in a manifest.")]
    value: Annotated[object, Meta(description="Its value; private values are hidden.")]


class NewRunView(View, frozen=True, kw_only=True):
    """The run that a submit starts."""

    image: Annotated[str, Meta(description="Id or address of the image.")]
    command: Annotated[
        str, Meta(description="First line of entrypoint and args; ends in `…` where more follows.")
    ]
    script: Annotated[str, Meta(description="All of entrypoint and args.")] = ""
    roles: Annotated[tuple[RoleView, ...], Meta(description="Its replicas.")]
    queue: Annotated[str, Meta(description="Id of the queue or the resource group.")]
    deadline_seconds: Annotated[
        int, Meta(description="How long it may run from its launch, in seconds; 0 for no limit.")
    ]
    secrets: Annotated[tuple[str, ...], Meta(description="The secrets that it reads, by reference.")] = ()
    settings: Annotated[
        tuple[SettingView, ...] | UnsetType,
        Meta(
            description="The rest of what it sends, where that is not the default: variables, storages, "
            "priority and others, without secrets; absent if there is nothing."
        ),
    ] = UNSET
    names: Annotated[
        tuple[NameView, ...] | UnsetType,
        Meta(description="Names that were looked up; absent if the manifest contains only ids."),
    ] = UNSET


class OtherwiseView(View, frozen=True):
    """A change that the base revision's manifests would make, and that this change replaces or prevents."""

    task: Annotated[str, Meta(description="Name of the task.")]
    action: Annotated[str, Meta(description="submit, replace, cancel, …; none if it only needs review.")]
    reason: Annotated[str, Meta(description="Why, as a stable word.")]


class ChangeView(View, frozen=True):
    """What happens to one task."""

    task: Annotated[str, Meta(description="Name of the task.")]
    action: Annotated[
        str, Meta(description="submit, replace, cancel, delete, update, rename, adopt, release or none.")
    ]
    reason: Annotated[str, Meta(description="Why, as a stable word.")]
    detail: Annotated[str, Meta(description="Details of the reason, as text.")] = ""
    blocked: Annotated[str, Meta(description="Why the change is blocked; empty if it is not.")] = ""
    attention: Annotated[bool, Meta(description="Whether it needs review.")] = False
    set: Annotated[
        str | UnsetType, Meta(description="Name of the set that the task belongs to; absent without one.")
    ] = UNSET
    cell: Annotated[
        dict[str, str] | UnsetType,
        Meta(description="The values of the task's cell in its set, as text; absent without a set."),
    ] = UNSET
    file: Annotated[
        str | None, Meta(description="The manifest's file; null when no manifest declares it.")
    ] = None
    line: Annotated[int | None, Meta(description="The line of the task's name in that file, from 1.")] = None
    runs: Annotated[tuple[RunView, ...], Meta(description="The runs the change assumes.")] = ()
    differences: Annotated[tuple[DifferenceView, ...], Meta(description="Fields that differ.")] = ()
    steps: Annotated[tuple[StepView, ...], Meta(description="The steps, in order.")] = ()
    new_run: Annotated[
        NewRunView | None,
        Meta(description="What a submit or a replacement starts; null when nothing is submitted."),
    ] = None
    earlier_success: Annotated[
        str | None,
        Meta(description="For a submit: a run that succeeded with an older spec; null without one."),
    ] = None
    due: Annotated[
        str | None,
        Meta(description="When the next attempt may start, RFC 3339 in UTC; null when that is now."),
    ] = None
    cause: Annotated[Cause | None, Meta(description=f"{CAUSE}, or for a change without any effect.")] = None
    otherwise: Annotated[
        tuple[OtherwiseView, ...],
        Meta(description="With `--since`: what the base revision's manifests would do instead."),
    ] = ()


class CapacityView(View, frozen=True):
    """What the plan adds to and frees from one flavor of one queue, in replicas."""

    queue: Annotated[str, Meta(description="Id of the queue or the resource group.")]
    flavor: Annotated[str, Meta(description="Flavor of the replicas.")]
    adds: Annotated[int, Meta(description="Replicas that submits add.")]
    frees: Annotated[int, Meta(description="Replicas that cancels give back.")]


class GuardView(View, frozen=True):
    """A guard that refuses to apply the plan."""

    code: Annotated[str, Meta(description="Diagnostic code; see `jobspec explain`.")]
    guard: Annotated[str, Meta(description="Name for `--force`; empty if the guard cannot be overridden.")]
    message: Annotated[str, Meta(description="Message of the guard.")]
    help: Annotated[str, Meta(description="What to do.")]
    cause: Annotated[Cause | None, Meta(description=f"{CAUSE}.")] = None
    otherwise: Annotated[
        str,
        Meta(description="With `--since`: the message if the guard also refuses the base revision's plan."),
    ] = ""


class LoosenedView(View, frozen=True):
    """A guard that is looser than before the change."""

    guard: Annotated[
        str, Meta(description="The guard, in the words of the manifest: `limits.maxRemovals`, `protect`.")
    ]
    where: Annotated[str, Meta(description="`task NAME`, `environment NAME`, or empty for the project.")] = ""
    before: Annotated[object, Meta(description="Value before; null when nothing was set.")] = None
    after: Annotated[object, Meta(description="Value now; null when nothing is set.")] = None
    run: Annotated[
        str | None,
        Meta(description="The run whose tags contain the value before; null for the base revision."),
    ] = None
    cause: Annotated[Cause | None, Meta(description=f"{CAUSE}.")] = None


class SinceView(View, frozen=True):
    """The base revision that the manifests were compared with."""

    revision: Annotated[str, Meta(description="The revision that was named.")]
    commit: Annotated[str, Meta(description="The merge base of it and HEAD.")]
    causes_nothing: Annotated[
        bool | None,
        Meta(description="Whether this change neither causes, prevents, loosens nor refuses anything."),
    ] = None
    prevented: Annotated[
        tuple[OtherwiseView, ...],
        Meta(description="What the base revision's manifests would do, and this plan does not."),
    ] = ()
    unread: Annotated[
        tuple[str, ...],
        Meta(description="Files with errors in the base revision, which limit what can be attributed."),
    ] = ()


class ValueView(View, frozen=True):
    """A value from outside the manifests that an expression used."""

    name: Annotated[str, Meta(description="vars.NAME, env.NAME, git.sha, git.branch or git.dirty.")]
    value: Annotated[str | None, Meta(description="The value as text; null for null.")]
    source: Annotated[str, Meta(description="--var, --var-file FILE, JOBSPEC_VAR_NAME, environment or git.")]
    typed: Annotated[
        bool | UnsetType,
        Meta(description="True if a file gave a value that is no text, as a number; else absent."),
    ] = UNSET


class TargetView(View, frozen=True, kw_only=True):
    """The target of a plan, as `apply FILE` needs it again."""

    paths: Annotated[
        tuple[str, ...],
        Meta(description="The paths that were named, relative to the folder the plan was made in."),
    ] = ()
    scope: Annotated[str, Meta(description="The scope: project or project/environment.")]
    environment: Annotated[str | None, Meta(description="The environment; null when there is none.")] = None


class PlanView(View, frozen=True, kw_only=True):
    """A plan, as `jobspec plan --output json` prints it."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/plan.v1"
    scope: Annotated[str, Meta(description="The set of tasks planned: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    changes: Annotated[
        tuple[ChangeView, ...], Meta(description="One or more for each task, highest risk first.")
    ]
    capacity: Annotated[tuple[CapacityView, ...], Meta(description="Replicas added and freed.")] = ()
    guards: Annotated[tuple[GuardView, ...], Meta(description="Guards that refuse to apply the plan.")] = ()
    summary: Annotated[dict[str, int], Meta(description="Number of changes for each action.")]
    left_out: Annotated[
        int, Meta(description="Number of tasks that were not selected and are not in the plan.")
    ] = 0
    selected: Annotated[
        tuple[str, ...] | None,
        Meta(description="Names of the selected tasks; null when all tasks are selected."),
    ] = None
    allow_twin: Annotated[bool, Meta(description="Whether `--allow-twin` was given.")] = False
    digest: Annotated[
        str, Meta(description="Digest for `apply --digest`: equal for the same writes to the same runs.")
    ] = ""
    target: Annotated[
        TargetView | None, Meta(description="Target of the plan; null when it cannot be applied from a file.")
    ] = None
    environment_from: Annotated[
        str,
        Meta(
            description="Source of the environment: JOBSPEC_ENVIRONMENT or defaultEnvironment; "
            "empty for `-e`."
        ),
    ] = ""
    since: Annotated[
        SinceView | None, Meta(description="The base revision of `--since`; null without `--since`.")
    ] = None
    loosened: Annotated[
        tuple[LoosenedView, ...],
        Meta(description="Guards that are looser than in the runs' tags or in the base revision."),
    ] = ()
    refused_before: Annotated[
        tuple[GuardView, ...],
        Meta(
            description="Guards that refuse the plan under the limits of the base revision, "
            "but not under the current limits."
        ),
    ] = ()
    values: Annotated[
        tuple[ValueView, ...] | UnsetType,
        Meta(description="Values from outside the manifests that expressions used; absent without any."),
    ] = UNSET
    preflight: Annotated[
        PreflightView | UnsetType,
        Meta(description="Facts about what the plan needs; absent if there are none, and in a saved plan."),
    ] = UNSET
    usage: Annotated[
        UsageView | UnsetType,
        Meta(description="Use in GPU-hours; absent if no GPU is known, and in a saved plan."),
    ] = UNSET


class PreflightFile(View, frozen=True, kw_only=True):
    """The preflight facts and GPU-hours of a plan, as `jobspec plan --preflight-into FILE` writes it."""

    version: Annotated[Literal["jobspec/preflight.v1"], Meta(description="Name of this format.")] = (
        "jobspec/preflight.v1"
    )
    scope: Annotated[str, Meta(description="The set of tasks planned: project or project/environment.")]
    preflight: Annotated[
        PreflightView | UnsetType, Meta(description="Facts about what the plan needs; absent without any.")
    ] = UNSET
    usage: Annotated[
        UsageView | UnsetType, Meta(description="Use in GPU-hours; absent if no GPU is known.")
    ] = UNSET
    guards: Annotated[
        tuple[GuardView, ...], Meta(description="The refused facts, as guards of the plan.")
    ] = ()
