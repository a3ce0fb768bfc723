"""The base revision's side of a plan with `--since`: its tasks, limits and scopes, and its selected part."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.payload.rerun_on import with_reruns
from jobspec.reconcile.guards.limits import DEFAULT
from jobspec.reconcile.planning.selection import ALL_TASKS, select, traits
from jobspec.reconcile.tags import TagKey, encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.task import Project, Scope, SetRules, Task
    from jobspec.manifest.values import Limits
    from jobspec.reconcile.planning.plan import Plan
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.planning.base_revision import Base
    from jobspec.workflow.planning.planning import PlanOptions
    from jobspec.workflow.project.workspace import Workspace


class Side(Struct, frozen=True):
    """The manifests of one revision as planning needs them. `siblings` are the project's scopes, encoded."""

    tasks: tuple[Task, ...]
    limits: Limits
    siblings: frozenset[str]
    sets: tuple[SetRules, ...] = ()

    @classmethod
    def of(cls, tasks: tuple[Task, ...], project: Project | None, scope: Scope) -> Side:
        """Return the side of the tasks that a project declares in a scope."""
        scopes = (str(scope), *(project.scopes if project else ()))
        siblings = frozenset(encoding(TagKey.SCOPE, one) for one in scopes)
        return cls(tasks, project.limits if project else DEFAULT, siblings)


def read_base(workspace: Workspace, revision: str) -> Base:
    """Return the manifests of the base revision. Raises `UsageError` if they cannot be read."""
    from jobspec.errors import UsageError  # noqa: PLC0415 - only with --since
    from jobspec.workflow.planning.base_revision import load_base  # noqa: PLC0415 - starts Git, with --since

    if workspace.loaded.project is None:
        raise UsageError("`--since` requires a project file", help="remove --since")
    base = load_base(revision, workspace.loaded, workspace.target.typed, workspace.surroundings)
    if base.loaded is None:
        return base
    loaded = base.loaded
    if any(task.names for task in loaded.tasks):
        from jobspec.workflow.project.names import with_names_found  # noqa: PLC0415 - only for names

        loaded = with_names_found(loaded, workspace.resources)
    return replace(base, loaded=replace(loaded, tasks=with_reruns(loaded.tasks)))


def sides(workspace: Workspace, base: Base | None) -> tuple[Side, ...]:
    """Return the present side, and that of the base revision if it has the scope."""
    loaded = workspace.loaded
    present = replace(Side.of(loaded.tasks, loaded.project, loaded.scope), sets=loaded.sets)
    before = None if base is None else base.tasks_of(loaded.scope)
    if base is None or base.loaded is None or before is None:
        return (present,)
    earlier = Side.of(before, base.loaded.project, loaded.scope)
    return (present, replace(earlier, sets=base.loaded.sets))


def selected_before(
    workspace: Workspace, whole: Plan, side: Side, runs: tuple[Run, ...], *, wanted: PlanOptions
) -> Plan:
    """Return the part of the base plan about the tasks that the same paths and selectors select."""
    loaded, plan = workspace.loaded, whole
    if wanted.selection != ALL_TASKS:
        known = traits(loaded.scope, side.tasks, runs) | traits(loaded.scope, loaded.tasks, runs)
        plan, _ = select(whole, known, wanted.selection)
    names = {change.task for change in plan.changes}
    if loaded.selected is not None:
        names &= loaded.selected | set(_below_paths(workspace, side))
    if wanted.tasks is not None:
        names &= wanted.tasks
    return replace(plan, changes=tuple(change for change in plan.changes if change.task in names))


def _below_paths(workspace: Workspace, side: Side) -> Iterator[str]:
    """Yield the tasks below the paths that only the base revision declares."""
    cwd = workspace.surroundings.cwd
    paths = [os.path.normpath(cwd / path) for path in workspace.target.paths]
    present = {task.name for task in workspace.loaded.tasks}
    for task in side.tasks:
        file = os.path.normpath(cwd / task.origin.file)
        if task.name not in present and any(file == path or file.startswith(f"{path}/") for path in paths):
            yield task.name
