"""The only view of a plan: the content of the JSON and the source of every other format.

`version` names the format: a new optional field keeps it, any other change raises it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobspec.report.view import PlatformView, View

Version = Literal["jobspec/plan.v1"]
AtOnce = Field(fail_fast=True)
"""Report one wrong item per list: a file full of wrong items would otherwise fill the memory with errors."""
Strings = Annotated[tuple[str, ...], AtOnce]


class RunView(View):
    """A run that the change assumes, as the plan saw it."""

    id: str = Field(description="Id of the run on the platform.")
    state: str = Field(description="State as reported by the platform.")
    phase: str = Field(description="What the state means: pending, running, stopping, succeeded, failed, …")
    launched: str | None = Field(description="When it was launched, RFC 3339 in UTC; null before that.")
    replicas: int = Field(description="Replicas in all roles.")
    stops: bool = Field(description="Whether the change would stop it.")


class DifferenceView(View):
    """One field that differs from its declaration."""

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
    """Replicas of one role."""

    name: str = Field(description="Name of the role.")
    replicas: int = Field(description="How many replicas.")
    flavor: str = Field(description="Flavor of each.")


class NewRunView(View):
    """The run that a submit starts."""

    image: str = Field(description="Id or address of the image.")
    command: str = Field(description="First line of entrypoint and args; ends in `…` where more follows.")
    script: str = Field(default="", description="All of entrypoint and args.")
    roles: Annotated[tuple[RoleView, ...], AtOnce] = Field(description="Its replicas.")
    queue: str = Field(description="Id of the queue or the resource group.")
    deadline_seconds: int = Field(description="How long it may run from its launch, in seconds.")
    secrets: Strings = Field(default=(), description="The secrets that it reads, by reference.")


class ChangeView(View):
    """What happens to one task."""

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
    adds: int = Field(description="Replicas that submits add.")
    frees: int = Field(description="Replicas that cancels give back.")


class GuardView(View):
    """A guard that refuses to apply the plan."""

    code: str = Field(description="Diagnostic code; see `jobspec explain`.")
    guard: str = Field(description="Name for `--force`; empty if the guard cannot be overridden.")
    message: str = Field(description="Message of the guard.")
    help: str = Field(description="What to do.")


class LoosenedView(View):
    """A guard that is looser than before the change."""

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


class TargetView(View):
    """The target of a plan, as `apply FILE` needs it again."""

    paths: Strings = Field(
        default=(), description="The paths that were named, relative to the folder the plan was made in."
    )
    scope: str = Field(description="The scope: project or project/environment.")
    environment: str | None = Field(default=None, description="The environment; null when there is none.")


class PlanView(View):
    """A plan, as `jobspec plan --output json` prints it."""

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
