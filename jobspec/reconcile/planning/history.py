"""Which records of a task exceed its history limit. Never the newest, never one that the rules still need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.planning.plan import Action, Cancel, Change, Delete, Reason, Wait, seen
from jobspec.reconcile.tags import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.declared import Declared
    from jobspec.reconcile.runs import Run


def surplus(declared: Declared, runs: tuple[Run, ...], others: Iterable[Change]) -> list[Change]:
    """Return the deletion of finished runs beyond `historyLimit`, oldest first.

    Runs of the current spec are never deleted: they satisfy the manifest, or their failures are counted. A
    run that ends with the task's `others`, which are done first, counts as finished.
    """
    limit = declared.task.lifecycle.history_limit
    if limit is None:
        return []
    ending = {step.run for one in others for step in one.steps if isinstance(step, (Cancel, Wait))}
    over = [run for run in runs if run.is_deletable or run.id in ending]
    old = [run for run in over if not declared.matches(run)]
    beyond = [run for run in old[: max(0, len(old) - limit)] if run.is_deletable and run is not runs[-1]]
    if not beyond:
        return []
    return [
        Change(
            task=declared.task.name,
            action=Action.DELETE,
            reason=Reason.HISTORY,
            detail=f"`historyLimit` is {limit}",
            steps=tuple(Delete(run.id, run.marks) for run in beyond if isinstance(run.marks, Marks)),
            runs=seen(beyond),
            origin=declared.task.origin,
            set=declared.task.set,
            cell=declared.task.cell,
        )
    ]
