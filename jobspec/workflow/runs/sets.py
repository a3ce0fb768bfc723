"""What the tasks of sets lack: a run, or a success with their present spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.apply.observe import observe
from jobspec.manifest.values import SET_PREFIX
from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.runs import Phase
from jobspec.reconcile.tags import TagKey
from jobspec.workflow.runs.runs import members_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace


def without_run(workspace: Workspace, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return, for each named set, how many of its declared tasks have no run, and how many there are."""
    wanted = _members(workspace, names)
    runs = _runs(workspace) if wanted else {}
    counts = {name: sum(not _of(task, runs) for task in tasks) for name, tasks in wanted.items()}
    return {name: (count, len(wanted[name])) for name, count in counts.items() if count}


def without_success(workspace: Workspace, names: Iterable[str]) -> tuple[str, ...]:
    """Return the declared tasks of the named sets that have no run that succeeded with their present spec.

    The specs must be final.
    """
    wanted = _members(workspace, names)
    runs = _runs(workspace) if wanted else {}
    tasks = {task.name: task for members in wanted.values() for task in members}
    return tuple(sorted(name for name, task in tasks.items() if not _has_succeeded(task, _of(task, runs))))


def _members(workspace: Workspace, names: Iterable[str]) -> dict[str, tuple[Task, ...]]:
    sets = [name for name in names if name.startswith(SET_PREFIX)]
    found = {name: members_of(workspace.loaded, name.removeprefix(SET_PREFIX)) for name in sets}
    return {name: tasks for name, tasks in found.items() if tasks}


def _runs(workspace: Workspace) -> Mapping[str, tuple[Run, ...]]:
    scope = workspace.loaded.scope
    return by_task(scope, observe(workspace.connection.client, scope))


def _of(task: Task, runs: Mapping[str, tuple[Run, ...]]) -> tuple[Run, ...]:
    return runs.get(tags.encoding(TagKey.TASK, task.name), ())


def _has_succeeded(task: Task, runs: Iterable[Run]) -> bool:
    item = declare(task)
    return any(run.phase is Phase.SUCCEEDED and item.matches(run) for run in runs)
