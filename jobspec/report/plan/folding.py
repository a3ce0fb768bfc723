"""Fold the changes of a set: one row for all its tasks with the same action and reason. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from jobspec.report import cells
from jobspec.report.plan import words
from jobspec.report.plan.view import ChangeView, PlanView
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fold(Struct, frozen=True):
    """Changes of tasks of one set that have the same action and reason, in the order of the cells."""

    set: str
    changes: tuple[ChangeView, ...]
    whole: int | None
    """How many tasks of the set are declared; None if the plan does not have them all."""

    @property
    def first(self) -> ChangeView:
        """The first change."""
        return self.changes[0]

    @property
    def title(self) -> str:
        """`set/sweep: 64 of 96 tasks`; only the number if it is not known how many are declared."""
        number = len({change.task for change in self.changes})
        of_all = f"{number} of {count(self.whole, 'task')}" if self.whole else count(number, "task")
        return f"set/{printable(self.set)}: {of_all}"

    @property
    def reason(self) -> str:
        """The reason; with its detail if all changes have the same one."""
        texts = {words.reason(change) for change in self.changes}
        return texts.pop() if len(texts) == 1 else self.first.reason


def rows(view: PlanView, changes: Iterable[ChangeView]) -> list[ChangeView | Fold]:
    """Return the changes in their order; those of a set with the same action and reason are folded."""
    whole = _sizes(view)
    groups: dict[tuple[object, ...], list[ChangeView]] = {}
    for change in changes:
        kind = (change.set, change.action, change.reason, change.blocked)
        groups.setdefault((change.task, *kind) if change.set is UNSET else kind, []).append(change)
    return [_row(group, whole) for group in groups.values()]


def _sizes(view: PlanView) -> dict[str, int]:
    """Return how many declared tasks each set has; nothing if a part of the tasks was selected."""
    if view.selected is not None or view.left_out:
        return {}
    tasks = {(change.set, change.task) for change in view.changes if change.set and _is_declared(change)}
    found: dict[str, int] = {}
    for name, _ in tasks:
        found[str(name)] = found.get(str(name), 0) + 1
    return found


def _is_declared(change: ChangeView) -> bool:
    """Return whether a manifest declares the task: an unchanged one may have no file, but then no run."""
    return change.file is not None or not change.runs


def _row(group: list[ChangeView], whole: dict[str, int]) -> ChangeView | Fold:
    first = group[0]
    if first.set is UNSET or len(group) == 1:
        return first
    of_all = whole.get(first.set) if all(map(_is_declared, group)) else None
    return Fold(first.set, tuple(sorted(group, key=_order)), of_all)


def _order(change: ChangeView) -> tuple[object, ...]:
    return cells.of_task(change.task, change.cell)
