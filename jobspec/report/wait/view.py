"""The only view of a wait: the content of the JSON and the source of the terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from jobspec.reconcile import tags
from jobspec.reconcile.tags import Marks, TagKey
from jobspec.report.view import PlatformView, View

if TYPE_CHECKING:
    from jobspec.reconcile.runs import Run

Version = Literal["jobspec/wait.v1"]


class FinishedView(View, frozen=True):
    """A run that was waited for."""

    task: Annotated[str, Meta(description="Name of the task.")]
    run: Annotated[str, Meta(description="Id of the run.")]
    phase: Annotated[
        str, Meta(description="Result: succeeded, failed or cancelled; otherwise the current phase.")
    ]
    exit_code: Annotated[int | None, Meta(description="Exit code of the run; null when there is none.")] = (
        None
    )
    detail: Annotated[str, Meta(description="Detail from the platform.")] = ""
    set: Annotated[
        str | UnsetType, Meta(description="Name of the set that the run belongs to; absent without one.")
    ] = UNSET


class Waited(Struct, frozen=True):
    """The result of a wait for runs; `goal` is empty if there was no wait."""

    goal: str = ""
    runs: tuple[FinishedView, ...] = ()
    timed_out: bool = False


class WaitView(View, frozen=True, kw_only=True):
    """A wait, as `jobspec wait --output json` prints it."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/wait.v1"
    scope: Annotated[str, Meta(description="The set of tasks: project or project/environment.")]
    platform: Annotated[PlatformView, Meta(description="Where the tasks run.")]
    waited_for: Annotated[str, Meta(description="Awaited state: running, finished or succeeded.")]
    waited: Annotated[tuple[FinishedView, ...], Meta(description="The runs, in the order of the arguments.")]
    timed_out: Annotated[bool, Meta(description="Whether the wait timed out.")] = False
    without_success: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(
            description="With `--for succeeded`: declared tasks of the named sets that have no run that "
            "succeeded with their present spec; absent if there is none."
        ),
    ] = UNSET
    interrupted: Annotated[bool, Meta(description="Whether it was interrupted.")] = False


def view(scope: str, platform: PlatformView, waited: Waited, *, interrupted: bool) -> WaitView:
    """Return the view of a wait."""
    return WaitView(
        scope=scope,
        platform=platform,
        waited_for=waited.goal,
        waited=waited.runs,
        timed_out=waited.timed_out,
        interrupted=interrupted,
    )


def finished(task: str, run: Run) -> FinishedView:
    """Return the end of a run that was waited for, or its state if the wait ended early."""
    return FinishedView(
        task=task,
        run=run.id,
        phase=run.phase.value,
        exit_code=None if run.is_active else run.exit_code,
        detail=run.detail,
        set=_set_of(run),
    )


def _set_of(run: Run) -> str | UnsetType:
    """Return the set of a run; a name that its tag does not hold in full is left out."""
    encoded = run.marks.set if isinstance(run.marks, Marks) else ""
    return (tags.decoded(TagKey.SET, encoded) if encoded else None) or UNSET


def gone(task: str, run: str) -> FinishedView:
    """Return the entry of a run whose record was deleted during the wait: its result is unknown."""
    return FinishedView(task=task, run=run, phase="unknown", detail="its record no longer exists")
