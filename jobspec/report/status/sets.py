"""The sets of a status: one line of counts for each, or a table over two of its axes. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.report.text import columns as aligned_columns
from jobspec.report.text import count, cut, paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jobspec.report.status.view import StatusView, TaskStatusView

_MOST_ROWS = 40
_MOST_NEEDING_ATTENTION = 5
_NEEDING_ATTENTION = frozenset({"failed", "cancelled", "unknown"})
_MISSING = "-"


class SetStatus(Struct, frozen=True):
    """The tasks of one set."""

    name: str
    tasks: tuple[TaskStatusView, ...]

    @property
    def line(self) -> str:
        """`set/sweep: 96 tasks; 24 succeeded, 8 running`."""
        return f"set/{printable(self.name)}: {count(len(self.tasks), 'task')}; {_counted(self.tasks)}"

    @property
    def needing_attention(self) -> tuple[TaskStatusView, ...]:
        """Some of the tasks whose run did not succeed, and will not continue by itself."""
        found = (task for task in self.tasks if task.phase in _NEEDING_ATTENTION)
        return tuple(found)[:_MOST_NEEDING_ATTENTION]

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes with more than one value, or all of them, in their order."""
        values: dict[str, set[str]] = {}
        for task in self.tasks:
            for axis, value in _cell(task).items():
                values.setdefault(axis, set()).add(value)
        return tuple(axis for axis, found in values.items() if len(found) > 1) or tuple(values)


def sets_of(status: StatusView) -> list[SetStatus]:
    """Return the sets of a status, by name."""
    groups: dict[str, list[TaskStatusView]] = {}
    for task in status.tasks:
        if task.set is not UNSET:
            groups.setdefault(task.set, []).append(task)
    return [SetStatus(name, tuple(groups[name])) for name in sorted(groups)]


def table(found: SetStatus, axes: Sequence[str], *, colour: bool, columns: int | None) -> Iterator[str]:
    """Yield a table of states over two axes of a set; the other axes are counted. Raises `UsageError`."""
    yield paint(found.line, "bold", colour=colour)
    down, across = _chosen(found, axes)
    by_place: dict[tuple[str, str], list[TaskStatusView]] = {}
    for task in found.tasks:
        cell = _cell(task)
        by_place.setdefault((cell.get(down, _MISSING), cell.get(across, _MISSING)), []).append(task)
    rows, heads = (_ordered(place[index] for place in by_place) for index in (0, 1))
    grid = [[f"{down} \\ {across}" if across else down, *map(printable, heads)]]
    for row in rows[:_MOST_ROWS]:
        states = (_counted(by_place.get((row, head), ())) or _MISSING for head in heads)
        grid.append([printable(row), *states])
    for line in aligned_columns(grid):
        yield line if columns is None else cut(line, columns)
    if len(rows) > _MOST_ROWS:
        yield f"… and {count(len(rows) - _MOST_ROWS, 'more value')} of {printable(down)}; -o json has all"


def _chosen(found: SetStatus, axes: Sequence[str]) -> tuple[str, str]:
    known = tuple(dict.fromkeys(axis for task in found.tasks for axis in _cell(task)))
    for axis in axes:
        if axis not in known:
            listed = ", ".join(map(quote, known)) or "none"
            raise UsageError(
                f"{quote(axis)} is not an axis of set/{found.name}", help=f"its axes are {listed}"
            )
    first, second, *_ = [*axes, *(axis for axis in found.axes if axis not in axes), "", ""]
    return first, second


def _cell(task: TaskStatusView) -> dict[str, str]:
    return {} if task.cell is UNSET else task.cell


def _counted(tasks: Iterable[TaskStatusView]) -> str:
    """Return the state of one task, or how many tasks have which."""
    states = Counter(task.phase if task.run else task.reason for task in tasks)
    if states.total() == 1:
        return next(iter(states))
    return ", ".join(f"{number} {state}" for state, number in states.most_common())


def _ordered(values: Iterable[str]) -> list[str]:
    """Return the values, each once: by number if all are numbers."""
    found = list(dict.fromkeys(values))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found
