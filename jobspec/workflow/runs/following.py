"""What to wait for once a run has ended: the runs of a new plan, or the platform's own retry."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.apply.observe import find_named, observe
from jobspec.manifest.payload.create import is_retry_on
from jobspec.reconcile import tags
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning import continuation
from jobspec.reconcile.planning.plan import (
    Change,
    Plan,
    Reason,
)
from jobspec.reconcile.planning.rounds import given_up
from jobspec.reconcile.runs import FINISHED, Phase, Run
from jobspec.reconcile.tags import TagKey
from jobspec.workflow.runs.waiting import (
    Goal,
    Waiting,
    runs_named,
    to_wait_for,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from jobspec.reconcile.protocol.outcome import Outcome
    from jobspec.workflow.planning.planning import Planned
    from jobspec.workflow.project.workspace import Workspace

_SETBACKS = frozenset({Phase.FAILED, Phase.CANCELLED})
_AFTER_ANY_END = frozenset({Reason.WAITS_FOR_COMPLETION, Reason.MANUAL})
_LEAST_PAUSE = 0.1


def of_plan(
    planned: Planned, outcomes: Sequence[Outcome], goal: Goal, timeout: float | None = None
) -> Waiting:
    """Return the wait for what a plan submitted or left running, with the ends that require another plan."""
    tasks = to_wait_for(planned.plan, outcomes)
    return _expecting(Waiting(tasks, goal, timeout), planned, outcomes)


def of_later_plan(
    waiting: Waiting,
    planned: Planned,
    outcomes: Sequence[Outcome],
    *,
    submitted: Sequence[Outcome],
    joining: Collection[str] = (),
) -> Waiting:
    """Return the wait after a later plan, for the current run of each task.

    `outcomes` are those of all rounds, `submitted` those of the last one. `joining` are tasks that had to
    wait: their runs count as soon as there are any.
    """
    runs = _runs_by_task(planned.plan, submitted)
    old = _inverted(waiting.tasks)
    names = dict.fromkeys((*old, *sorted(joining)))
    tasks = {run: task for task in names for run in runs.get(task) or old.get(task, [])}
    return _expecting(replace(waiting, tasks=tasks), planned, outcomes)


def _runs_by_task(plan: Plan, submitted: Sequence[Outcome]) -> dict[str, list[str]]:
    done = {
        run.id: change.task for change in plan.changes if change.reason is Reason.DONE for run in change.runs
    }
    return _inverted({**done, **to_wait_for(plan, submitted)})


def _inverted(tasks: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for run, task in tasks.items():
        found[task].append(run)
    return dict(found)


def _expecting(waiting: Waiting, planned: Planned, outcomes: Sequence[Outcome]) -> Waiting:
    """Return the wait with runs that may follow; runs that the plan saw as ended are already handled."""
    judged = {run.id for run in (*planned.runs, *planned.unmanaged) if not run.is_active}
    closed = given_up(outcomes)
    changes = [change for change in planned.plan.changes if change.task not in closed]
    open_ended = {change.task for change in changes if change.reason in _AFTER_ANY_END}
    is_any_waiting = any(change.later for change in changes)  # any end may let the next one start
    again = {
        run: FINISHED if is_any_waiting or task in open_ended else _SETBACKS
        for run, task in waiting.tasks.items()
        if run not in judged and task not in closed
    }
    return _until_due(replace(waiting, again=again), changes, planned.now)


def _until_due(waiting: Waiting, changes: Iterable[Change], now: datetime | None) -> Waiting:
    coming = [
        (change.due, change) for change in changes if change.due and change.task in waiting.tasks.values()
    ]
    if now is None or not coming:
        return replace(waiting, awaited=frozenset(), due=None)
    awaited = frozenset(run.id for _, change in coming for run in change.runs)
    return replace(waiting, awaited=awaited, due=_seconds(min(due for due, _ in coming), now))


def _seconds(due: datetime, now: datetime) -> float:
    return max(_LEAST_PAUSE, (due - now).total_seconds())


def of_names(workspace: Workspace, names: Iterable[str], goal: Goal, timeout: float | None) -> Waiting:
    """Return the wait for the current run of each named task and for the platform's retries.

    Raises the same errors as `runs_named`.
    """
    runs = runs_named(workspace, names)
    again = {run.id: _SETBACKS for run in runs.values() if is_retry_on(run.spec or {})}
    return Waiting({run.id: task for task, run in runs.items()}, goal, timeout, again)


def after_retries(workspace: Workspace, waiting: Waiting, found: Iterable[Run]) -> Waiting | None:
    """Return the wait for the runs that continue the ended ones; None if nothing may follow."""
    ended = {run.id: run for run in found if _is_relevant(waiting, run)}
    if not ended:
        return None
    scope, client = workspace.loaded.scope, workspace.connection.client
    runs = observe(client, scope)
    others = find_named(client, sorted({run.name for run in ended.values()}))
    now = max((run.server_time for run in runs if run.server_time), default=datetime.now(UTC))
    groups, lag = by_task(scope, runs), workspace.connection.assumptions.list_lag
    then: dict[str, Run | datetime | None] = {}
    for run in ended.values():
        own = groups.get(tags.encoding(TagKey.TASK, waiting.tasks[run.id]), ())
        then[run.id] = continuation.after(run, continuation.tries_of(run, own, others), now, lag)
    return continued(waiting, then, now)


def _is_relevant(waiting: Waiting, run: Run) -> bool:
    return run.id in waiting.awaited or run.phase in waiting.again.get(run.id, ())


def continued(waiting: Waiting, then: Mapping[str, Run | datetime | None], now: datetime) -> Waiting:
    """Return the wait continued with `then`: for each ended run, its successor or when one is due."""
    successors = {run: next_.id for run, next_ in then.items() if isinstance(next_, Run)}
    coming = {run: due for run, due in then.items() if isinstance(due, datetime)}
    tasks = {successors.get(run, run): task for run, task in waiting.tasks.items()}
    again = {successors.get(run, run): ends for run, ends in waiting.again.items() if then.get(run, run)}
    again |= dict.fromkeys(successors.values(), _SETBACKS)
    due = _seconds(min(coming.values()), now) if coming else None
    left = {run: ends for run, ends in again.items() if run not in coming}
    return replace(waiting, tasks=tasks, again=left, awaited=frozenset(coming), due=due)
