"""The live tasks of an account as terminal text, rendered from their views."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from jobspec.reconcile.runs import FINISHED, phase_of
from jobspec.reconcile.tags import user_tags
from jobspec.report.plan import words as plan_words
from jobspec.report.table import Column, Look, TableLayout, choose, lasted, layout, moment, table
from jobspec.report.text import columns, count, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jobspec.report.tasks.view import (
        InstancesView,
        InstanceView,
        LiveTaskView,
        ManagedView,
        MoveView,
        TaskDetailView,
        TasksView,
        TimelineView,
    )
    from jobspec.report.view import PlatformView


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _phase(task: LiveTaskView) -> str:
    return task.phase


def _flavors(task: LiveTaskView) -> str:
    return ",".join(dict.fromkeys(role.flavor for role in task.roles if role.flavor))


def managed_name(found: ManagedView | None) -> str:
    """Return jobspec's name of a live task: `scope/task`; empty if it is unmanaged."""
    if found is None:
        return ""
    return found.address if not found.problem else f"unclear: {found.problem}"


_ALL: tuple[Column[LiveTaskView], ...] = (
    Column("id", lambda task, _: task.id),
    Column("name", lambda task, _: task.name, is_name=True),
    Column("state", lambda task, _: task.state, _phase),
    Column("phase", lambda task, _: task.phase, _phase),
    Column("replicas", lambda task, _: str(sum(role.replicas for role in task.roles))),
    Column("creator", lambda task, _: _number(task.creator)),
    Column("age", lambda task, now: lasted(task.created, None, now)),
    Column("for", lambda task, now: lasted(task.launched, task.finished, now)),
    Column("managed", lambda task, _: managed_name(task.managed)),
    Column("group", lambda task, _: task.group),
    Column("queue", lambda task, _: task.queue),
    Column("flavors", lambda task, _: _flavors(task)),
    Column("created", lambda task, _: moment(task.created)),
    Column("launched", lambda task, _: moment(task.launched)),
    Column("finished", lambda task, _: moment(task.finished)),
    Column("updated", lambda task, _: moment(task.updated)),
    Column("exit", lambda task, _: _number(task.exit_code)),
    Column("tags", lambda task, _: ",".join(user_tags(task.tags))),
    Column("detail", lambda task, _: task.detail),
    Column("description", lambda task, _: task.description),
)
COLUMNS = {column.name: column for column in _ALL}
"""The columns of a list of tasks, by name. `tags` has only the user's tags; `managed` shows the others."""
TABLE = ("id", "name", "state", "replicas", "creator", "age", "for")
WIDE = (*TABLE, "managed", "group", "queue", "flavors", "created", "finished", "exit", "tags", "detail")

MOST_ADVICE = 3

_INSTANCE: tuple[Column[InstanceView], ...] = (
    Column("role", lambda one, _: one.role),
    Column("index", lambda one, _: one.index),
    Column("state", lambda one, _: one.state, lambda one: phase_of(one.state)),
    Column("exit", lambda one, _: _number(one.exit_code)),
    Column("for", lambda one, now: lasted(one.launched, one.finished, now)),
    Column("detail", lambda one, _: one.detail),
)
_INSTANCE_WIDE: tuple[Column[InstanceView], ...] = (
    *_INSTANCE[:-1],
    Column("launched", lambda one, _: moment(one.launched)),
    Column("finished", lambda one, _: moment(one.finished)),
    Column("pod", lambda one, _: one.pod),
    _INSTANCE[-1],
)
_MOVE: tuple[Column[MoveView], ...] = (
    Column("time", lambda move, _: moment(move.time)),
    Column("ago", lambda move, now: lasted(move.time, None, now)),
    Column("state", lambda move, _: move.state, lambda move: phase_of(move.state)),
    Column("detail", lambda move, _: move.detail),
)


def tasks(tasks: Sequence[LiveTaskView], look: Look, chosen: Sequence[str] = ()) -> str:
    """Return tasks as a table; empty if there are none. Raises `UsageError` for an unknown column."""
    return _text(table(_shown(look, chosen), tasks, look)) if tasks else ""


def pieces(pages: Iterable[Sequence[LiveTaskView]], look: Look, chosen: Sequence[str] = ()) -> Iterator[str]:
    """Yield a table piece by piece; its widths are those of the first page. The first page has a task."""
    found: TableLayout[LiveTaskView] | None = None
    for page in pages:
        if found is None:
            found = layout(_shown(look, chosen), page, look)
            yield _text([*found.header(), *found.lines(page)])
        elif page:
            yield _text(found.lines(page))


def _shown(look: Look, chosen: Sequence[str]) -> tuple[Column[LiveTaskView], ...]:
    return choose(chosen or (WIDE if look.is_wide else TABLE), COLUMNS)


def whole_summary(number: int, platform: PlatformView) -> str:
    """Return how many tasks are listed, and where, if none is left out."""
    return f"{count(number, 'task')} on {plan_words.where(platform)}"


def summary(view: TasksView) -> str:
    """Return how many tasks are listed, of how many, and where."""
    if not view.more:
        return whole_summary(len(view.tasks), view.platform)
    where = plan_words.where(view.platform)
    total = f" of {view.total}" if view.total and view.total > len(view.tasks) else ""
    return f"the first {len(view.tasks)}{total} tasks on {where}; for more, use --limit N or --all"


def detail(view: TaskDetailView, look: Look) -> str:
    """Return the fields of a task, one per line."""
    rows = [(column.header, printable(column.cell(view.task, look.now))) for column in _ALL]
    roles = ", ".join(f"{role.name}: {role.replicas} of {role.flavor or '?'}" for role in view.task.roles)
    rows.append(("ROLES", printable(roles)))
    return _text(columns([row for row in rows if row[1]]))


def needs_advice(task: LiveTaskView) -> bool:
    """Return whether the tags of a task contradict each other."""
    return task.managed is not None and task.managed.problem != ""


def advice(tasks: Iterable[LiveTaskView], options: str, *, others: int = 0) -> tuple[str, ...]:
    """Return how to remove contradicting tags; `options` are those of the account.

    `others` is the number of further tasks with such tags.
    """
    found = [task for task in tasks if needs_advice(task)]
    lines = [line for task in found[:MOST_ADVICE] for line in _advice(task, options)]
    more = len(found) + others - MOST_ADVICE
    return (
        (*lines, f"and {count(more, 'more task')} with tags that contradict each other")
        if more > 0
        else (*lines,)
    )


def _advice(task: LiveTaskView, options: str) -> tuple[str, str]:
    problem = task.managed.problem if task.managed else ""
    message = f"{printable(task.id)} has {printable(problem)}; the task named in its tags is blocked"
    name = quote(printable(task.id))
    gone = (
        ""
        if task.phase not in FINISHED
        else f"; to delete its record, run: jobspec task delete {name}{options}"
    )
    return (
        message,
        f"help: to stop managing it, run: jobspec task update {name} --remove-jobspec-tags{options}{gone}",
    )


def instances(view: InstancesView, look: Look) -> str:
    """Return the replicas of a task as a table; empty if there are none."""
    shown = _INSTANCE_WIDE if look.is_wide else _INSTANCE
    return _text(table(shown, view.instances, look)) if view.instances else ""


def timeline(view: TimelineView, look: Look) -> str:
    """Return the state changes of a task as a table; empty if there are none."""
    return _text(table(_MOVE, view.timeline, look)) if view.timeline else ""


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
