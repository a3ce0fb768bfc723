"""The runs of declared tasks: which one counts now, how it ends, what it logs, and stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jobspec.apply.observe import find, observe, run_of
from jobspec.errors import NotFound, UsageError
from jobspec.reconcile import tags
from jobspec.reconcile.declared import cancel_step, marks_of
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.plan import Action, Change, Plan, Reason, seen
from jobspec.reconcile.removed import name_of
from jobspec.reconcile.runs import STOPPABLE, Run
from jobspec.reconcile.tags import Keep, Key, Marks, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jobspec.cloud.client import PlatformClient
    from jobspec.manifest.task import Scope
    from jobspec.reconcile.outcome import Outcome
    from jobspec.workflow.workspace import Workspace

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Current:
    """The run of a task that counts now: the newest active one, else the newest."""

    task: str
    run: Run


def current_runs(scope: Scope, runs: tuple[Run, ...]) -> tuple[Current, ...]:
    """Return the run that counts of every task that has one, by name."""
    groups = by_task(scope, runs)
    found = (Current(name_of(name, group), _newest(group)) for name, group in groups.items())
    return tuple(sorted(found, key=lambda current: current.task))


def _newest(runs: tuple[Run, ...]) -> Run:
    active = [run for run in runs if run.is_active]
    return (active or runs)[-1]


def find_runs(workspace: Workspace, name: str) -> tuple[Run, ...]:
    """Return the runs of one task from the oldest to the newest.

    Raises `UsageError` when there is none, with the closest names that have one.
    """
    client, scope = workspace.connection.client, workspace.loaded.scope
    group = by_task(scope, find(client, tag=tags.encode(Key.TASK, name)))
    runs = group.get(tags.encoding(Key.TASK, name), ())
    if runs:
        return runs
    known = [current.task for current in current_runs(scope, observe(client, scope))]
    raise _no_run(workspace, name, known)


def find_run(workspace: Workspace, name: str, run_id: str | None) -> Run:
    """Return the run of a task with the id, or the one that counts now. Raises `UsageError`."""
    runs = find_runs(workspace, name)
    if run_id is None:
        return _newest(runs)
    for run in runs:
        if run.id == run_id:
            return run
    ids = ", ".join(run.id for run in runs[-5:])
    raise UsageError(f"`{name}` has no run `{run_id}`", help=f"its newest runs are {ids}")


def _no_run(workspace: Workspace, name: str, known: list[str]) -> UsageError:
    declared = [task.name for task in workspace.loaded.tasks]
    if name in declared:
        return UsageError(f"task `{name}` has no run yet", help="submit it: jobspec apply", code="JS409")
    close = get_close_matches(name, [*known, *declared], n=1)
    hint = f"did you mean `{close[0]}`?" if close else "see the tasks: jobspec status"
    return UsageError(f"there is no task `{name}` in {workspace.loaded.scope}", help=hint, code="JS409")


def cancel_plan(workspace: Workspace, name: str) -> Plan:
    """Return the plan that stops every active run of one task, as a person's wish."""
    runs = find_runs(workspace, name)
    live = tuple(run for run in runs if run.phase in STOPPABLE and isinstance(run.marks, Marks))
    if not live:
        state = f"`{name}` is {runs[-1].phase}: {runs[-1].id} is in the state {runs[-1].state}"
        raise UsageError(f"nothing to cancel: {state}", help="see the tasks: jobspec status")
    change = Change(
        task=name,
        action=Action.CANCEL,
        reason=Reason.REQUESTED,
        steps=tuple(cancel_step(run, StopReason.USER) for run in live),
        runs=seen(live),
        blocked="protected" if any(marks_of(run).keep is Keep.PROTECT for run in live) else "",
    )
    return Plan(scope=str(workspace.loaded.scope), changes=(change,), managed=1)


def to_wait_for(plan: Plan, outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Return the ids of the runs that an apply left going: the new ones, and those already in progress."""
    created = {outcome.result.run for outcome in outcomes if outcome.result.run}
    going = {
        run.id
        for change in plan.changes
        if change.place is not None and change.action in {Action.NONE, Action.UPDATE, Action.RENAME}
        for run in change.runs
        if run.phase in STOPPABLE
    }
    return frozenset(created | going)


def until_finished(
    workspace: Workspace, ids: frozenset[str], pause: Callable[[float], None]
) -> Iterator[tuple[Run, ...]]:
    """Yield the named runs, with growing pauses while nothing changes, until each has finished."""
    last: dict[str, str] = {}
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


def _read(workspace: Workspace, ids: frozenset[str]) -> tuple[Run, ...]:
    """By one listing; what that does not show yet, by its id. A run whose record is gone is left out."""
    client = workspace.connection.client
    listed = {run.id: run for run in observe(client, workspace.loaded.scope)}
    found = [listed[run_id] if run_id in listed else _get(client, run_id) for run_id in sorted(ids)]
    return tuple(run for run in found if run is not None)


def _get(client: PlatformClient, run_id: str) -> Run | None:
    try:
        return run_of(client.get(run_id))
    except NotFound:
        return None
