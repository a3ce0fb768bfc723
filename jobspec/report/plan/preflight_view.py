"""The preflight facts and GPU-hours of a plan, in machine output.

Neither is a part of a saved plan or of its digest: facts change while a person reads the plan.
"""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from jobspec.redaction.answers import foreign_line
from jobspec.report.view import View, written_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from jobspec.reconcile.planning.plan import Plan, SeenRun
    from jobspec.reconcile.preflight.finding import FactFinding
    from jobspec.reconcile.preflight.preflight import Preflight
    from jobspec.reconcile.usage.hours import Hours, QueueHours
    from jobspec.reconcile.usage.sizes import Sizes
    from jobspec.report.plan.view import PlanView

FactStatusWord = Literal["refused", "warning", "note", "not-checked", "verified"]


class FactView(View, frozen=True, kw_only=True):
    """One fact about what a plan needs."""

    status: Annotated[
        FactStatusWord,
        Meta(
            description="verified, not-checked or refused; warning for a task that exceeds the whole quota, "
            "note for one that will queue."
        ),
    ]
    subject: Annotated[str, Meta(description="The thing: `queue q-1`, `flavor ml.g1e.large in queue q-1`.")]
    message: Annotated[str, Meta(description="What is known about it.")]
    tasks: Annotated[tuple[str, ...], Meta(description="The tasks that need it.")]
    code: Annotated[
        str, Meta(description="Diagnostic code if it is or may be refused; see `jobspec explain`.")
    ] = ""


class PreflightView(View, frozen=True, kw_only=True):
    """What the platform said about the needs of a plan."""

    read: Annotated[
        str | None, Meta(description="When the facts were read, RFC 3339 in UTC; null without any.")
    ]
    facts: Annotated[tuple[FactView, ...], Meta(description="The facts, the most severe first.")]


class HoursView(View, frozen=True, kw_only=True):
    """Use in hours."""

    gpu_hours: Annotated[float | None, Meta(description="Hours times GPUs; null if a deadline is off.")]
    replica_hours: Annotated[
        float | None,
        Meta(description="Hours times replicas of the unknown flavors; null if a deadline is off."),
    ]
    unknown_flavors: Annotated[
        tuple[str, ...],
        Meta(description="Flavors, and claims of resources, with an unknown number of GPUs."),
    ] = ()
    per_attempt: Annotated[
        bool | UnsetType,
        Meta(
            description="Given if the platform may retry a run any number of times, of which only one is "
            "counted."
        ),
    ] = UNSET


class QueueUsageView(View, frozen=True, kw_only=True):
    """What a plan uses of one queue."""

    queue: Annotated[str, Meta(description="Id of the queue or the resource group.")]
    lost: Annotated[HoursView, Meta(description="What the stops throw away, counted from each launch.")]
    submitted: Annotated[HoursView, Meta(description="What the new runs and their retries may use at most.")]


class RunUsageView(View, frozen=True, kw_only=True):
    """The GPUs of a run that the plan stops."""

    gpus: Annotated[float, Meta(description="GPUs of all replicas with a known flavor.")]
    replicas: Annotated[int, Meta(description="Replicas with an unknown number of GPUs.")]


class UsageView(View, frozen=True, kw_only=True):
    """The use of a plan in GPU-hours."""

    queues: Annotated[tuple[QueueUsageView, ...], Meta(description="The use by queue.")]
    runs: Annotated[
        dict[str, RunUsageView], Meta(description="The GPUs of each run that the plan stops, by its id.")
    ] = {}  # noqa: RUF012 - msgspec copies an empty default


def with_preflight(view: PlanView, plan: Plan, found: Preflight) -> PlanView:
    """Return the view of a plan with its preflight facts and GPU-hours."""
    stops = (run for change in plan.pending for run in change.stops)
    usage = usage_view(found.hours, stops, found.sizes)
    return replace(
        view,
        preflight=preflight_view(found.findings, found.read) if found.findings else UNSET,
        usage=UNSET if usage is None else usage,
    )


def preflight_view(findings: Iterable[FactFinding], read: datetime | None) -> PreflightView:
    """Return the view of the findings; texts of the platform are shortened and masked."""
    facts = (
        FactView(
            status=one.status.value,
            subject=foreign_line(one.subject),
            message=foreign_line(one.message),
            tasks=one.tasks,
            code=one.code,
        )
        for one in findings
    )
    return PreflightView(read=written_time(read), facts=tuple(facts))


def usage_view(hours: Mapping[str, QueueHours], stops: Iterable[SeenRun], sizes: Sizes) -> UsageView | None:
    """Return the view of the use; None if no GPU is known to be used, and replicas tell everything."""
    if not any(one.lost.gpu or one.submitted.gpu for one in hours.values()):
        return None
    queues = (
        QueueUsageView(queue=queue, lost=_hours(one.lost), submitted=_hours(one.submitted))
        for queue, one in hours.items()
    )
    return UsageView(queues=tuple(queues), runs={run.id: _run(run, sizes) for run in stops})


def _hours(hours: Hours) -> HoursView:
    return HoursView(
        gpu_hours=_finite(hours.gpu),
        replica_hours=_finite(hours.replica),
        unknown_flavors=tuple(sorted(hours.unknown)),
        per_attempt=True if hours.is_per_attempt else UNSET,
    )


def _finite(hours: float) -> float | None:
    return None if isinf(hours) else hours


def _run(run: SeenRun, sizes: Sizes) -> RunUsageView:
    sized = [(role.replicas, sizes.of_live(role).gpus) for role in run.roles]
    return RunUsageView(
        gpus=sum(replicas * gpus for replicas, gpus in sized if gpus is not None),
        replicas=sum(replicas for replicas, gpus in sized if gpus is None),
    )
