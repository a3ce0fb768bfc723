"""The lines below a fold: what its tasks have in common, then each kind with what only it has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct
from msgspec.structs import replace

from jobspec.report.plan import words
from jobspec.report.plan.difference import short
from jobspec.report.plan.kinds import MOST_KINDS, kinds
from jobspec.report.plan.view import ChangeView, PlanView
from jobspec.report.text import count, cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from jobspec.report.plan.folding import Fold

_MOST_SHOWN = 3
"""Maximum number of tasks of the only kind that are shown with their details."""
_FEW_KINDS = 3
"""Up to this number of kinds, a task of each is shown with its details."""
_MOST_OWN_LINES = 36
"""Maximum number of lines of all tasks or kinds of a fold that are shown with their details."""
_LONGEST_NAMES = 300
_MOST_NAMES = 300
_ADVICE = "help: "


class _FoldedTask(Struct, frozen=True):
    """A task of a fold with its lines, of which the settings are apart."""

    name: str
    lines: tuple[str, ...]
    settings: tuple[str, ...]
    advice: tuple[str, ...]


class _Common(Struct, frozen=True):
    """What some tasks have in common."""

    lines: dict[str, None]
    settings: dict[str, None]

    @staticmethod
    def of(tasks: Sequence[_FoldedTask]) -> _Common:
        return _Common(_in_all([one.lines for one in tasks]), _in_all([one.settings for one in tasks]))

    def but(self, other: _Common) -> Iterator[str]:
        """Yield the lines without those of another."""
        return _shown(self.lines, self.settings, other)


_NOTHING = _Common({}, {})


def details(view: PlanView, fold: Fold, now: datetime) -> Iterator[str]:
    """Yield what all changes of a fold have in common, then each kind with what only it has."""
    is_said = fold.reason != fold.first.reason or not any(change.detail for change in fold.changes)
    tasks = [_task(view, change, now, is_said=is_said) for change in fold.changes]
    found, common = kinds(fold.changes), _Common.of(tasks)
    yield from _stops(fold, now)
    yield from _secrets(fold)
    yield from (line for line in common.but(_NOTHING) if not line.startswith("reads: "))
    if found.varying:
        yield f"differs between the tasks: {short(', '.join(map(printable, found.varying)), _LONGEST_NAMES)}"
    groups = [[tasks[place] for place in group] for group in found.groups]
    if len(groups) == 1:
        yield from _some(groups[0], common, _MOST_SHOWN)
    else:
        yield from _kinds(groups, common)
    yield from dict.fromkeys(tasks[0].advice)


def _task(view: PlanView, change: ChangeView, now: datetime, *, is_said: bool) -> _FoldedTask:
    """Return a task; `is_said` is whether the row of the fold has its reason."""
    run = change.new_run
    shown = replace(change, new_run=replace(run, settings=UNSET)) if run and run.settings else change
    lines = tuple(words.details(view, shown, now))
    own = (printable(change.detail),) if change.detail and not is_said else ()
    return _FoldedTask(
        printable(change.task),
        (*own, *(line for line in lines if not line.startswith(_ADVICE))),
        tuple(words.settings(run)) if run and words.is_started(change) else (),
        tuple(line for line in lines if line.startswith(_ADVICE)),
    )


def _in_all(lists: Sequence[tuple[str, ...]]) -> dict[str, None]:
    """Return the texts that all lists have, in the order of the first."""
    found = dict.fromkeys(lists[0])
    for texts in lists[1:]:
        if texts != lists[0]:
            own = set(texts)
            found = {text: None for text in found if text in own}
    return found


def _shown(lines: Iterable[str], settings: Iterable[str], known: _Common) -> Iterator[str]:
    yield from (line for line in lines if line not in known.lines)
    if left := [one for one in settings if one not in known.settings]:
        yield f"settings: {words.on_one_line(left)}"


def _kinds(groups: Sequence[Sequence[_FoldedTask]], common: _Common) -> Iterator[str]:
    """Yield the kinds, the smallest first: they are the exceptions."""
    most = _MOST_OWN_LINES // min(len(groups), MOST_KINDS)
    for tasks in groups[:MOST_KINDS]:
        yield f"{count(len(tasks), 'task')}: {_names(tasks)}"
        own = _Common.of(tasks)
        yield from _indented(own.but(common), most)
        if len(tasks) > 1 and len(groups) <= _FEW_KINDS:
            both = _Common(common.lines | own.lines, common.settings | own.settings)
            first, lines = tasks[0], list(_shown(tasks[0].lines, tasks[0].settings, both))
            yield from _indented(
                [f"{first.name}, for example:", *_indented(lines, most)] if lines else [], most + 2
            )
    if more := groups[MOST_KINDS:]:
        sizes = cut(", ".join(str(len(tasks)) for tasks in more), _LONGEST_NAMES)
        yield f"and {count(len(more), 'more kind')}, of so many tasks: {sizes}; -o json has all"


def _some(tasks: Sequence[_FoldedTask], common: _Common, most: int) -> Iterator[str]:
    """Yield some tasks with what only they have, and the names of the others."""
    for one in tasks[:most]:
        yield one.name
        yield from _indented(_shown(one.lines, one.settings, common), _MOST_OWN_LINES // most)
    if others := tasks[most:]:
        yield f"and {count(len(others), 'more task')}: {_names(others)}"


def _indented(lines: Iterable[str], most: int) -> Iterator[str]:
    found = list(lines)
    yield from (f"  {line}" for line in found[:most])
    if len(found) > most:
        yield f"  and {count(len(found) - most, 'more line')}; -o json has all"


def _names(tasks: Sequence[_FoldedTask]) -> str:
    return cut(", ".join(one.name for one in tasks[:_MOST_NAMES]), _LONGEST_NAMES)


def _secrets(fold: Fold) -> Iterator[str]:
    """Yield every secret that any of the tasks reads: none may be displaced."""
    names = {name: None for change in fold.changes if change.new_run for name in change.new_run.secrets}
    if names:
        yield f"reads: {short(', '.join(map(printable, names)))}"


def _stops(fold: Fold, now: datetime) -> Iterator[str]:
    """Yield how many runs the changes stop, and what is lost in all."""
    runs = [run for change in fold.changes for run in change.runs if run.stops]
    if len(runs) > 1:
        lost = sum(words.replica_hours(run, now) for run in runs)
        yield f"stops {count(len(runs), 'run')}: {lost:.2f} replica-hours are lost"
