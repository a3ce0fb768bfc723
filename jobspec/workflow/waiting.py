"""Waiting for runs to finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.apply.observe import observe, run_of
from jobspec.errors import NotFound
from jobspec.reconcile.plan import Action, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jobspec.cloud.client import PlatformClient
    from jobspec.reconcile.outcome import Outcome
    from jobspec.reconcile.plan import Plan
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.workspace import Workspace

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_LEFT_GOING = frozenset({Action.NONE, Action.UPDATE, Action.RENAME})
_OVER_AS_DECLARED = frozenset({Reason.DONE, Reason.SUSPENDED})


def to_wait_for(plan: Plan, outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return the runs, each with its task, that have to succeed: new ones, those in progress, failed ones."""
    created = {ended.result.run: ended.change.task for ended in outcomes if ended.result.run}
    going = {
        run.id: change.task
        for change in plan.changes
        if change.place and change.action in _LEFT_GOING and change.reason not in _OVER_AS_DECLARED
        for run in change.runs
    }
    return {**going, **created}


def until_finished(
    workspace: Workspace, ids: Iterable[str], pause: Callable[[float], None]
) -> Iterator[tuple[Run, ...]]:
    """Yield the named runs, with growing pauses while nothing changes, until each has finished.

    A run whose record is gone is left out.
    """
    last: Mapping[str, str] = {}
    seconds = _FIRST_PAUSE
    while True:
        found = _read(workspace, ids)
        yield found
        if not any(run.is_active for run in found):
            return
        states = {run.id: run.state for run in found}
        seconds = _FIRST_PAUSE if states != last else min(seconds * 1.5, _LONGEST_PAUSE)
        last = states
        pause(seconds)


def _read(workspace: Workspace, ids: Iterable[str]) -> tuple[Run, ...]:
    """By one listing; what that does not show yet, by its id."""
    client = workspace.connection.client
    listed = {run.id: run for run in observe(client, workspace.loaded.scope)}
    found = [listed[run_id] if run_id in listed else _get(client, run_id) for run_id in sorted(ids)]
    return tuple(run for run in found if run is not None)


def _get(client: PlatformClient, run_id: str) -> Run | None:
    try:
        return run_of(client.get(run_id))
    except NotFound:
        return None
