"""Which records of a task exceed its history limit. Never the newest, never one that the rules still need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile.planning.plan import Action, Change, Delete, Reason, seen
from jobspec.reconcile.tags import Marks

if TYPE_CHECKING:
    from jobspec.reconcile.declared import Declared
    from jobspec.reconcile.runs import Run


def surplus(declared: Declared, runs: tuple[Run, ...]) -> list[Change]:
    """Return the deletion of finished runs beyond `historyLimit`, oldest first.

    Runs of the current spec are never deleted: they satisfy the manifest, or their failures are counted.
    """
    limit = declared.task.lifecycle.history_limit
    if limit is None:
        return []
    old = [run for run in runs[:-1] if run.is_deletable and not declared.matches(run)]
    beyond = old[: max(0, len(old) - limit)]
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
        )
    ]
