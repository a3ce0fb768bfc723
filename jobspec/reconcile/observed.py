"""Groups observed runs by task."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from jobspec.reconcile import tags
from jobspec.reconcile.tags import Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.manifest.task import Scope
    from jobspec.reconcile.runs import Run


def by_task(scope: Scope, runs: Iterable[Run]) -> dict[str, tuple[Run, ...]]:
    """Return the runs of the scope by encoded task name, each list from the oldest to the newest."""
    ours = tags.encoding(TagKey.SCOPE, str(scope))
    groups: dict[str, dict[str, Run]] = defaultdict(dict)
    for run in runs:
        for name in _tasks_of(run, ours):
            groups[name][run.id] = run
    return {
        name: tuple(sorted(group.values(), key=lambda run: run.age_key) if len(group) > 1 else group.values())
        for name, group in sorted(groups.items())
    }


def _tasks_of(run: Run, scope: str) -> Iterable[str]:
    if isinstance(run.marks, Marks):
        return (run.marks.task,) if run.marks.scope == scope else ()
    if isinstance(run.marks, tags.Inconsistent) and scope in run.marks.scopes:
        return run.marks.tasks or (tags.encoding(TagKey.TASK, run.name),)
    return ()
