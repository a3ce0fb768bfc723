"""Finds the runs of a task, and its current one."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.apply.observe import find, observe
from jobspec.errors import UsageError
from jobspec.manifest.files.patterns import glob
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.reconcile import tags
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning.removed import name_of
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobspec.manifest.load import Loaded
    from jobspec.manifest.task import Scope, Task
    from jobspec.workflow.project.workspace import Workspace


_PATTERN_SIGNS = frozenset("*?[]{}!")


class Current(Struct, frozen=True):
    """The current run of a task: the newest active one, else the newest."""

    task: str
    run: Run


def current_runs(scope: Scope, runs: tuple[Run, ...]) -> tuple[Current, ...]:
    """Return the current run of every task that has one, by name."""
    groups = by_task(scope, runs)
    found = (Current(name_of(name, group), newest(group)) for name, group in groups.items())
    return tuple(sorted(found, key=lambda current: current.task))


def newest(runs: Sequence[Run]) -> Run:
    """Return the newest active run, else the newest; `runs` are ordered from the oldest."""
    active = [run for run in runs if run.is_active]
    return (active or runs)[-1]


def find_runs(workspace: Workspace, name: str) -> tuple[Run, ...]:
    """Return the runs of one task from the oldest to the newest.

    Raises `UsageError` if there are none, with the closest names that have runs, and if the given paths
    exclude the task.
    """
    check_selected(workspace, name)
    client, scope = workspace.connection.client, workspace.loaded.scope
    group = by_task(scope, find(client, tag=tags.encode(TagKey.TASK, name)))
    runs = group.get(tags.encoding(TagKey.TASK, name), ())
    if runs:
        return runs
    known = [current.task for current in current_runs(scope, observe(client, scope))]
    raise _no_run(workspace, name, known)


def find_set(workspace: Workspace, name: str) -> dict[str, tuple[Run, ...]]:
    """Return the runs of each task of a set, from the oldest to the newest; `name` is without `set/`.

    A glob names several sets. A task is of the set if its runs say so, or the manifests, if they were read.
    Raises `UsageError` if the set has no runs.
    """
    members = members_of(workspace.loaded, name)
    found = _runs_of_set(workspace, name, members)
    selected = workspace.loaded.selected
    if selected is not None:
        found = {task: group for task, group in found.items() if task in selected}
    if found:
        return found
    known, scope, option = quote(f"{SET_PREFIX}{name}"), workspace.loaded.scope, workspace.option
    if members:
        raise UsageError(
            f"no task of {known} has a run",
            help=f"to submit them, run: jobspec apply{option} --only {shlex.quote(f'{SET_PREFIX}{name}')}",
            code="JS409",
        )
    raise UsageError(
        f"no run belongs to {known} in {scope}",
        help=f"to list the tasks and sets, run: jobspec status{option}",
        code="JS409",
    )


def members_of(loaded: Loaded, name: str) -> tuple[Task, ...]:
    """Return the declared tasks of the sets with a name or glob, as far as the manifests were read."""
    pattern = glob(name)
    found = (task for task in loaded.tasks if task.set == name or (task.set and pattern.matches(task.set)))
    return tuple(one for one in found if loaded.selected is None or one.name in loaded.selected)


def _runs_of_set(workspace: Workspace, name: str, members: Iterable[Task]) -> dict[str, tuple[Run, ...]]:
    client, scope = workspace.connection.client, workspace.loaded.scope
    declared = {tags.encoding(TagKey.TASK, task.name): task.name for task in members}
    tag, pattern = tags.encoding(TagKey.SET, name), glob(name)
    if not declared and _PATTERN_SIGNS.isdisjoint(name):
        groups = by_task(scope, find(client, tag=tags.encode(TagKey.SET, name)))
        return {name_of(task, group): group for task, group in groups.items()}
    found: dict[str, tuple[Run, ...]] = {}
    for task, group in by_task(scope, observe(client, scope)).items():
        marked = tuple(run for run in group if (own := _set_of(run)) and (own == tag or pattern.matches(own)))
        if task in declared:
            found[declared[task]] = group
        elif marked:
            found[name_of(task, group)] = marked
    return found


def _set_of(run: Run) -> str:
    return run.marks.set if isinstance(run.marks, Marks) else ""


def check_selected(workspace: Workspace, name: str) -> None:
    """Raise `UsageError` if the given paths exclude the task."""
    selected = workspace.loaded.selected
    if selected is not None and name not in selected:
        paths = ", ".join(map(quote, workspace.target.paths))
        raise UsageError(
            f"{quote(name)} is not a task of {paths}",
            help="remove -p, or use the project folder",
            code="JS409",
        )


def find_run(workspace: Workspace, name: str, run_id: str | None) -> Run:
    """Return the run of a task with the id, or the current one. Raises `UsageError`."""
    runs = find_runs(workspace, name)
    if run_id is None:
        return newest(runs)
    for run in runs:
        if run.id == run_id:
            return run
    ids = ", ".join(run.id for run in runs[-5:])
    known = f"its newest runs are {ids}" if len(runs) > 1 else f"its only run is {ids}"
    raise UsageError(f"{quote(name)} has no run {quote(run_id)}", help=known)


def _no_run(workspace: Workspace, name: str, known: list[str]) -> UsageError:
    declared = workspace.declared_names()
    option = workspace.option
    if name in declared:
        return UsageError(
            f"task {quote(name)} has no runs",
            help=f"to submit it, run: jobspec apply{option} --only {shlex.quote(name)}",
            code="JS409",
        )
    close = get_close_matches(name, [*known, *declared], n=1)
    hint = f"did you mean {quote(close[0])}?" if close else f"to list the tasks, run: jobspec status{option}"
    if _PATTERN_SIGNS & set(name):
        hint = f"use task names instead of patterns; to list the tasks, run: jobspec status{option}"
    return UsageError(f"there is no task {quote(name)} in {workspace.loaded.scope}", help=hint, code="JS409")
