"""Fold the changes of a set: one row for all its tasks with the same action and reason. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from jobspec.report.plan import words
from jobspec.report.plan.view import ChangeView, PlanView
from jobspec.report.text import count, cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MOST_SHOWN = 3
"""Maximum number of tasks of a fold that are shown with their details."""
_LONGEST_NAMES = 300
_ADVICE = "help: "


class Fold(Struct, frozen=True):
    """Changes of tasks of one set that have the same action and reason."""

    set: str
    changes: tuple[ChangeView, ...]
    whole: int
    """How many tasks of the set the plan has."""

    @property
    def first(self) -> ChangeView:
        """The first change."""
        return self.changes[0]

    @property
    def title(self) -> str:
        """`set/sweep: 64 of 96 tasks`."""
        return f"set/{printable(self.set)}: {len(self.changes)} of {count(self.whole, 'task')}"

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
    """Return how many tasks of each set the plan has."""
    tasks = {(change.set, change.task) for change in view.changes if change.set is not UNSET}
    found: dict[str, int] = {}
    for name, _ in tasks:
        found[str(name)] = found.get(str(name), 0) + 1
    return found


def _row(group: list[ChangeView], whole: dict[str, int]) -> ChangeView | Fold:
    first = group[0]
    if first.set is UNSET or len(group) == 1:
        return first
    return Fold(first.set, tuple(group), whole[first.set])


def details(view: PlanView, fold: Fold, now: datetime) -> Iterator[str]:
    """Yield what all changes of a fold have in common, then some of its tasks with what only they have."""
    found = [list(words.details(view, change, now)) for change in fold.changes[:_MOST_SHOWN]]
    common = list(dict.fromkeys(found[0]))
    for change in fold.changes[1:]:
        own = set(words.details(view, change, now)) if common else set()
        common = [line for line in common if line in own]
    yield from _stops(fold, now)
    yield from common
    for change, lines in zip(fold.changes[:_MOST_SHOWN], found, strict=False):
        detail = f"  {printable(change.detail)}" if change.detail and fold.reason == fold.first.reason else ""
        yield f"{printable(change.task)}{detail}"
        yield from (f"  {line}" for line in lines if line not in common and not line.startswith(_ADVICE))
    yield from _others(fold)
    yield from (line for line in found[0] if line not in common and line.startswith(_ADVICE))


def _stops(fold: Fold, now: datetime) -> Iterator[str]:
    """Yield how many runs the changes stop, and what is lost in all."""
    runs = [run for change in fold.changes for run in change.runs if run.stops]
    if len(runs) > 1:
        lost = sum(words.replica_hours(run, now) for run in runs)
        yield f"stops {count(len(runs), 'run')}: {lost:.2f} replica-hours are lost"


def _others(fold: Fold) -> Iterator[str]:
    names: Sequence[str] = [printable(change.task) for change in fold.changes[_MOST_SHOWN:]]
    if names:
        listed = cut(", ".join(names[:_LONGEST_NAMES]), _LONGEST_NAMES)
        yield f"and {count(len(names), 'more task')}: {listed}"
