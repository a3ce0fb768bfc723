"""The runs of one task, newest first, each with its differences from the previous one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from jobspec.reconcile.differences import between, between_extras
from jobspec.reconcile.runs import (
    Phase,
    Run,
)
from jobspec.reconcile.tags import Inconsistent, Marks
from jobspec.report.plan.build import difference
from jobspec.report.plan.view import DifferenceView
from jobspec.report.view import PlatformView, View, written_time

if TYPE_CHECKING:
    from collections.abc import Sequence


Version = Literal["jobspec/history.v1"]
Spec = Literal["first", "same", "changed", "not-echoed", "unknown"]


class PastRunView(View, frozen=True, kw_only=True):
    """One run of the task, active or not."""

    id: Annotated[str, Meta(description="Id of the run.")]
    phase: Annotated[str, Meta(description="Phase of the run.")]
    state: Annotated[str, Meta(description="State as reported by the platform.")]
    created: Annotated[str | None, Meta(description="When it was created, RFC 3339 in UTC.")] = None
    launched: Annotated[str | None, Meta(description="When it was launched, RFC 3339 in UTC.")] = None
    finished: Annotated[str | None, Meta(description="When it finished, RFC 3339 in UTC.")] = None
    seconds: Annotated[
        float | None,
        Meta(description="How long it ran; null while it is active, or when it was never launched."),
    ] = None
    replicas: Annotated[int, Meta(description="Replicas in all roles.")]
    exit_code: Annotated[int | None, Meta(description="Exit code of a finished run.")] = None
    detail: Annotated[str, Meta(description="Detail from the platform.")] = ""
    stopped_by: Annotated[
        str,
        Meta(
            description="Who stopped it: replace, removed, suspend or duplicate for an apply or destroy, "
            "user for `jobspec cancel`, outside for another user or the platform, unknown when its tags "
            "contradict each other; empty if it was not stopped."
        ),
    ] = ""
    spec: Annotated[
        Spec,
        Meta(
            description="Its spec beside that of the run before it: first when there is none, same, changed, "
            "not-echoed when it changed in nothing that the platform echoes, unknown when tags contradict "
            "each other."
        ),
    ]
    spec_hash: Annotated[str | None, Meta(description="Its spec hash, from its tag.")] = None
    before: Annotated[str | None, Meta(description="Id of the run before it.")] = None
    differences: Annotated[
        tuple[DifferenceView, ...],
        Meta(description="Fields of the spec in which it differs from the run before it."),
    ] = ()


class HistoryView(View, frozen=True, kw_only=True):
    """A history, as `jobspec history --output json` prints it."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/history.v1"
    scope: Annotated[str, Meta(description="The set of tasks: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    task: Annotated[str, Meta(description="Name of the task.")]
    total: Annotated[int, Meta(description="How many runs there are, shown here or not.")]
    runs: Annotated[tuple[PastRunView, ...], Meta(description="The runs, the newest first.")]


class HistoriesView(View, frozen=True, kw_only=True):
    """Histories, as `jobspec history --only … --output json` prints them."""

    version: Annotated[Literal["jobspec/histories.v1"], Meta(description="This format.")] = (
        "jobspec/histories.v1"
    )
    scope: Annotated[str, Meta(description="The set of tasks: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    tasks: Annotated[
        tuple[HistoryView, ...], Meta(description="The history of each selected task with a run, by name.")
    ]


def past_runs(runs: Sequence[Run], limit: int | None) -> tuple[PastRunView, ...]:
    """Return the newest runs first, at most `limit`; `runs` are all runs of a task, oldest first."""
    pairs = [*pairwise((None, *runs))][::-1][:limit]
    return tuple(_past(before, run) for before, run in pairs if run is not None)


def _past(before: Run | None, run: Run) -> PastRunView:
    spec, differences = _beside(before, run)
    return PastRunView(
        id=run.id,
        phase=run.phase.value,
        state=run.state,
        created=written_time(run.created),
        launched=written_time(run.launched),
        finished=written_time(run.finished),
        seconds=_seconds(run),
        replicas=sum(role.replicas for role in run.roles),
        exit_code=None if run.is_active else run.exit_code,
        detail=run.detail,
        stopped_by=_stopped_by(run),
        spec=spec,
        spec_hash=_spec_hash(run),
        before=before.id if before else None,
        differences=differences,
    )


def _beside(before: Run | None, run: Run) -> tuple[Spec, tuple[DifferenceView, ...]]:
    if before is None:
        return "first", ()
    hashes = {_spec_hash(before), _spec_hash(run)}
    if None not in hashes and len(hashes) == 1:
        return "same", ()
    found = (*between(before, run), *between_extras(before, run))
    if not found:
        return ("unknown" if None in hashes else "not-echoed"), ()
    return "changed", tuple(map(difference, found))


def _spec_hash(run: Run) -> str | None:
    return run.marks.spec if isinstance(run.marks, Marks) else None


def _stopped_by(run: Run) -> str:
    if run.phase not in {Phase.STOPPING, Phase.CANCELLED}:
        return ""  # a mark alone only means that someone was about to stop it
    if isinstance(run.marks, Inconsistent):
        return "unknown"
    return (run.marks.stop if run.marks else "") or "outside"


def _seconds(run: Run) -> float | None:
    if run.is_active or run.launched is None or run.finished is None:
        return None
    return max(0.0, (run.finished - run.launched).total_seconds())
