"""Selects the live tasks to import: by id, or the newest of each name that matches the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.apply.observe import run_of
from jobspec.errors import NotFound, Refused, UsageError
from jobspec.manifest.load import collector_paused
from jobspec.quoting import quote
from jobspec.reconcile import tags
from jobspec.reconcile.elsewhere import release_advice, scope_name
from jobspec.reconcile.planning.removed import name_of
from jobspec.reconcile.tags import Inconsistent, Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jobspec.cloud.answers.query import ListQuery
    from jobspec.manifest.task import Task
    from jobspec.reconcile.runs import Run
    from jobspec.workflow.project.workspace import Workspace

_AT_ONCE = 4
"""Requests in flight, as for the pages of a list."""
_NO_SUCH = "InvalidParameter"
"""Another error code that the platform may return for an unknown id."""


class Selected(Struct, frozen=True):
    """The tasks to import, and a description of each requested task that is skipped."""

    runs: tuple[Run, ...]
    left_out: tuple[str, ...] = ()


def select_ids(workspace: Workspace, ids: Iterable[str]) -> Selected:
    """Return the tasks with the ids. Raises `UsageError` if one does not exist or is managed elsewhere."""
    wanted = tuple(dict.fromkeys(ids))
    found = _all_live(workspace, wanted)
    missing = [task_id for task_id, run in found.items() if run is None]
    if missing:
        raise UsageError(
            f"no task {_listed(missing)} on this platform; nothing was written",
            help="check the ids, or select the tasks by name: jobspec import --filter TEXT",
            code="JS409",
        )
    runs = [run for run in found.values() if run is not None]
    for run in runs:
        _check_free(workspace, run)
    return _without_declared(workspace, runs)


def select_newest(workspace: Workspace, query: ListQuery) -> Selected:
    """Return the newest matching task of each name. Raises `UsageError` if none matches."""
    with collector_paused():
        return _newest(workspace, query)


def _newest(workspace: Workspace, query: ListQuery) -> Selected:
    listed = [run_of(record) for record in workspace.connection.client.list_all(query)]
    if not listed:
        raise UsageError(
            "no task matches these filters; nothing was written",
            help="see the names and the states of all tasks: "
            f"jobspec task list --all{workspace.account_option}; or leave out a filter",
            code="JS409",
        )
    newest = {run.name: run for run in sorted(listed, key=lambda run: run.age_key)}
    older = tuple(_older(run, newest[run.name]) for run in listed if run is not newest[run.name])
    foreign = {run.id: why for run in newest.values() if (why := _why_not_ours(workspace, run))}
    kept = [run for run in newest.values() if run.id not in foreign]
    own = _without_declared(workspace, sorted(kept, key=lambda run: run.age_key))
    # A list may show fewer fields of a task.
    whole = _all_live(workspace, [run.id for run in own.runs])
    gone = tuple(
        f"{run.id} ({run.name}) was deleted in the meantime" for run in own.runs if whole[run.id] is None
    )
    runs = tuple(run for run in whole.values() if run is not None)
    meanwhile = {run.id: why for run in runs if (why := _why_not_ours(workspace, run))}
    kept = [run for run in runs if run.id not in meanwhile]
    return Selected(tuple(kept), (*older, *foreign.values(), *own.left_out, *gone, *meanwhile.values()))


def task_name(run: Run) -> str:
    """Return the name of the task that a run belongs to; an unmanaged run's own name."""
    return name_of(run.marks.task, (run,)) if isinstance(run.marks, Marks) else run.name


def _all_live(workspace: Workspace, ids: Collection[str]) -> dict[str, Run | None]:
    """Return the tasks by id; over the network a few are read at once, because each is a round trip."""
    if workspace.connection.local is not None:
        return {task_id: _live(workspace, task_id) for task_id in ids}
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for a remote platform

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = threads.map(lambda task_id: _live(workspace, task_id), ids)
        return dict(zip(ids, found, strict=True))


def _live(workspace: Workspace, task_id: str) -> Run | None:
    try:
        return run_of(workspace.connection.client.get(task_id))
    except NotFound:
        return None
    except Refused as error:
        if error.api_code.startswith(_NO_SUCH):
            return None
        raise


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(map(quote, ids))


def _check_free(workspace: Workspace, run: Run) -> None:
    why = _why_not_ours(workspace, run)
    if why and isinstance(run.marks, Marks):
        advice = release_advice(run.marks.scope, task_name(run), str(workspace.loaded.scope))
        raise UsageError(f"{why}; nothing was written", help=f"release it first: {advice}", code="JS413")
    if why:
        raise UsageError(
            f"{why}; nothing was written",
            help="remove its tags of jobspec first: "
            f"jobspec task update {run.id} --remove-jobspec-tags{workspace.account_option}",
            code="JS413",
        )


def _why_not_ours(workspace: Workspace, run: Run) -> str:
    """Return why this scope may not manage a task; empty if it may, or if the task is unmanaged."""
    match run.marks:
        case Inconsistent():
            return f"{run.id} ({run.name}) has {run.marks.reason}: its tags contradict each other"
        case Marks() if run.marks.scope != tags.encoding(TagKey.SCOPE, str(workspace.loaded.scope)):
            return f"{run.id} ({run.name}) is managed by the scope {quote(scope_name(run.marks.scope))}"
    return ""


def _without_declared(workspace: Workspace, runs: Iterable[Run]) -> Selected:
    tasks = workspace.loaded.tasks
    by_tag = {tags.encoding(TagKey.TASK, one.name): one for one in tasks}
    by_name = {one.name: one for one in tasks}
    kept, left_out = [], []
    for run in runs:
        own = by_tag.get(run.marks.task) if isinstance(run.marks, Marks) else None
        namesake = by_name.get(run.name) if run.is_active and not isinstance(run.marks, Marks) else None
        if own is not None:
            left_out.append(f"{run.id} is already a run of {_declared(own)}")
        elif namesake is not None:
            left_out.append(_why_twin(run, namesake, workspace.option))
        else:
            kept.append(run)
    return Selected(tuple(kept), tuple(left_out))


def _declared(task: Task) -> str:
    return f"{quote(task.name)}, declared in {task.origin.file}"


def _why_twin(run: Run, task: Task, option: str) -> str:
    """A manifest for an active twin would get another name, and the next apply would run the work twice."""
    dashes = " --" if task.name.startswith("-") else ""
    adopt = f"jobspec adopt{option}{dashes} {run.id} {task.name}"
    return f"{run.id} has the same name as {_declared(task)}; to adopt it, run: {adopt}"


def _older(run: Run, newest: Run) -> str:
    still = ", and is still active" if run.is_active else ""
    return f"{run.id} is older than {newest.id} of the same name {quote(run.name)}{still}"
