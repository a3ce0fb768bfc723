"""The runs of one task, newest first, each with its differences from the previous one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from jobspec.reconcile.differences import between
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


class PastRunView(View):
    """One run of the task, active or not."""

    id: str = Field(description="Id of the run.")
    phase: str = Field(description="Phase of the run.")
    state: str = Field(description="State as reported by the platform.")
    created: str | None = Field(default=None, description="When it was created, RFC 3339 in UTC.")
    launched: str | None = Field(default=None, description="When it was launched, RFC 3339 in UTC.")
    finished: str | None = Field(default=None, description="When it finished, RFC 3339 in UTC.")
    seconds: float | None = Field(
        default=None, description="How long it ran; null while it is active, or when it was never launched."
    )
    replicas: int = Field(description="Replicas in all roles.")
    exit_code: int | None = Field(default=None, description="Exit code of a finished run.")
    detail: str = Field(default="", description="Detail from the platform.")
    stopped_by: str = Field(
        default="",
        description=(
            "Who stopped it: replace, removed, suspend or duplicate for an apply or destroy, user for "
            "`jobspec cancel`, outside for another user or the platform, unknown when its tags contradict "
            "each other; empty if it was not stopped."
        ),
    )
    spec: Spec = Field(
        description=(
            "Its spec beside that of the run before it: first when there is none, same, changed, not-echoed "
            "when it changed in nothing that the platform echoes, unknown when tags contradict each other."
        )
    )
    spec_hash: str | None = Field(default=None, description="Its spec hash, from its tag.")
    before: str | None = Field(default=None, description="Id of the run before it.")
    differences: tuple[DifferenceView, ...] = Field(
        default=(), description="Fields of the spec in which it differs from the run before it."
    )


class HistoryView(View):
    """A history, as `jobspec history --output json` prints it."""

    version: Version = Field(default="jobspec/history.v1", description="Name of this format.")
    scope: str = Field(description="The set of tasks: project or project/environment.")
    platform: PlatformView = Field(description="Where the tasks run.")
    task: str = Field(description="Name of the task.")
    total: int = Field(description="How many runs there are, shown here or not.")
    runs: tuple[PastRunView, ...] = Field(description="The runs, the newest first.")


class HistoriesView(View):
    """Histories, as `jobspec history --only … --output json` prints them."""

    version: Literal["jobspec/histories.v1"] = Field(
        default="jobspec/histories.v1", description="This format."
    )
    scope: str = Field(description="The set of tasks: project or project/environment.")
    platform: PlatformView = Field(description="Where the tasks run.")
    tasks: tuple[HistoryView, ...] = Field(
        description="The history of each selected task with a run, by name."
    )


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
        detail=run.diag_info,
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
    found = between(before, run)
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
