"""The sets of a status: one line of counts for each, or a table over two of its axes. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.reconcile.planning.plan import Reason
from jobspec.report import cells
from jobspec.report.text import columns as aligned_columns
from jobspec.report.text import count, cut, paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobspec.report.status.view import SetStatusView, StatusView, TaskStatusView

_MOST_ROWS = 40
_MOST_AXES = 2
_MOST_NEEDING_ATTENTION = 5
_NEEDING_ATTENTION = frozenset({"failed", "cancelled", "unknown"})
_HELD = {Reason.WAITING: "waiting", Reason.BLOCKED_BY_FAILURE: "blocked-by-failure"}
_MISSING = "-"


class SetStatus(Struct, frozen=True):
    """The tasks of one set in the order of their cells; `axes` has the values in the manifest's order."""

    name: str
    tasks: tuple[TaskStatusView, ...]
    status: str = ""
    axes: Mapping[str, Sequence[str]] = {}

    @property
    def line(self) -> str:
        """`set/sweep (running): 96 tasks; 24 succeeded, 8 running; next: 3 replace`."""
        named = f"set/{printable(self.name)}{f' ({self.status})' if self.status else ''}"
        following = Counter(filter(None, map(_next, self.tasks)))
        then = f"; next: {_listed(following)}" if following else ""
        return f"{named}: {count(len(self.tasks), 'task')}; {_listed(Counter(map(_state, self.tasks)))}{then}"

    @property
    def needing_attention(self) -> tuple[TaskStatusView, ...]:
        """Some of the tasks at which a person should look, those that did not succeed first."""
        return self._attention[:_MOST_NEEDING_ATTENTION]

    @property
    def lines(self) -> list[str]:
        """The line, and how many more tasks a person should look at."""
        more = len(self._attention) - _MOST_NEEDING_ATTENTION
        text = f"  and {count(more, 'more task')} to look at; --by task shows all"
        return [self.line, text] if more > 0 else [self.line]

    @property
    def _attention(self) -> tuple[TaskStatusView, ...]:
        found = [task for task in self.tasks if task.phase in _NEEDING_ATTENTION or _is_held(task)]
        return tuple(sorted(found, key=lambda task: task.phase not in _NEEDING_ATTENTION))


def sets_of(status: StatusView) -> list[SetStatus]:
    """Return the sets of a status, by name."""
    groups: dict[str, list[TaskStatusView]] = {}
    for task in status.tasks:
        if task.set is not UNSET:
            groups.setdefault(task.set, []).append(task)
    declared = {one.name: one for one in status.sets or ()}
    return [_set(name, groups[name], declared.get(name)) for name in sorted(groups)]


def _set(name: str, tasks: Sequence[TaskStatusView], declared: SetStatusView | None) -> SetStatus:
    in_order = tuple(sorted(tasks, key=lambda task: cells.of_task(task.task, task.cell)))
    if declared is None:
        return SetStatus(name, in_order)
    return SetStatus(name, in_order, declared.status or "", declared.axes)


def tables(
    sets: Sequence[SetStatus], axes: Sequence[str], *, colour: bool, columns: int | None
) -> Iterator[str]:
    """Yield a table of states for each set that has the axes. Raises `UsageError` if none has them."""
    _check(sets, axes)
    for one in sets:
        if set(axes) <= set(_axes(one)):
            yield from _table(one, axes or _usual(one), colour=colour, columns=columns)
            yield ""


def _check(sets: Sequence[SetStatus], axes: Sequence[str]) -> None:
    """Raise `UsageError` for axes of which no table can be made."""
    if len(axes) > _MOST_AXES or len(set(axes)) < len(axes):
        message = "a table has one axis, or two different ones"
        raise UsageError(f"`--axes {','.join(axes)}`: {message}", help="name one axis or two: --axes lr,seed")
    if not sets or any(set(axes) <= set(_axes(one)) for one in sets):
        return
    known = {one.name: _axes(one) for one in sets}
    missing = next((axis for axis in axes if not any(axis in found for found in known.values())), None)
    which = f"set/{sets[0].name}" if len(sets) == 1 else "any set"
    listed = "; ".join(f"set/{name}: {', '.join(map(quote, found))}" for name, found in known.items())
    wrong = f"{quote(missing)} is not an axis of {which}" if missing else "no set has all of these axes"
    raise UsageError(wrong, help=f"the axes are {listed}")


def _table(found: SetStatus, axes: Sequence[str], *, colour: bool, columns: int | None) -> Iterator[str]:
    tasks = [task for task in found.tasks if task.cell]
    without = len(found.tasks) - len(tasks)
    line = f"{found.line}; {without} without a cell" if without else found.line
    yield paint(line, "bold", colour=colour)
    if not axes:
        return
    down, across = (*axes, "")[:2]
    by_place: dict[tuple[str, str], list[TaskStatusView]] = {}
    for task in tasks:
        cell = task.cell or {}
        by_place.setdefault((cell.get(down, _MISSING), cell.get(across, _MISSING)), []).append(task)
    rows = _ordered((place[0] for place in by_place), found.axes.get(down, ()))
    heads = _ordered((place[1] for place in by_place), found.axes.get(across, ()))
    names = list(map(printable, heads)) if across else ["state"]
    grid = [[f"{down} \\ {across}" if across else down, *names]]
    grid += (
        [printable(row), *(_states(by_place.get((row, head), ())) for head in heads)]
        for row in rows[:_MOST_ROWS]
    )
    for text in aligned_columns(grid):
        yield text if columns is None else cut(text, columns)
    if len(rows) > _MOST_ROWS:
        yield f"… and {count(len(rows) - _MOST_ROWS, 'more value')} of {printable(down)}; --by task shows all"


def _axes(found: SetStatus) -> dict[str, set[str]]:
    """Return the values of each axis of the tasks."""
    values: dict[str, set[str]] = {}
    for task in found.tasks:
        for axis, value in (task.cell or {}).items():
            values.setdefault(axis, set()).add(value)
    return values


def _usual(found: SetStatus) -> tuple[str, ...]:
    """Return the first two axes with several values; only the first if one of them tells all tasks apart."""
    values = _axes(found)
    axes = tuple(axis for axis, some in values.items() if len(some) > 1) or tuple(values)
    number = sum(bool(task.cell) for task in found.tasks)
    is_sparse = any(len(values[axis]) == number for axis in axes[:_MOST_AXES])
    return axes[:1] if is_sparse else axes[:_MOST_AXES]


def _state(task: TaskStatusView) -> str:
    return task.phase if task.run else task.reason


def _next(task: TaskStatusView) -> str:
    """Return what happens next to a task that has a run; empty if nothing does."""
    if not task.run:
        return ""
    return _HELD.get(Reason(task.reason), "") if task.action == "none" else task.action


def _is_held(task: TaskStatusView) -> bool:
    return task.blocked is not UNSET or task.reason == Reason.BLOCKED_BY_FAILURE


def _states(tasks: Iterable[TaskStatusView]) -> str:
    """Return the state of one task with what is next, or how many tasks have which."""
    states = Counter(" → ".join(filter(None, (_state(task), _next(task)))) for task in tasks)
    return (next(iter(states)) if states.total() == 1 else _listed(states)) or _MISSING


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.most_common())


def _ordered(values: Iterable[str], declared: Sequence[str]) -> list[str]:
    """Return the values, each once: as numbers if all are, else in the order of the manifest."""
    found = sorted(set(values), key=cells.of_value)
    if all(cells.is_number(value) for value in found):
        return found
    places = {value: place for place, value in enumerate(declared)}
    return sorted(found, key=lambda value: places.get(value, len(places)))
