"""Which declared task is an undeclared one under a new name: its runs are retagged, nothing is stopped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobspec.reconcile import tags
from jobspec.reconcile.declared import Declared, keep_of, update_step
from jobspec.reconcile.plan import Action, Change, Reason, seen
from jobspec.reconcile.runs import Phase, Run
from jobspec.reconcile.tags import Key, Marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Runs = Mapping[str, tuple[Run, ...]]


@dataclass(frozen=True, slots=True)
class Renames:
    """New name → old name where the pairing is unique; and the names on either side of an unclear one."""

    pairs: Mapping[str, str]
    unclear: Mapping[str, str]


def find(new: Sequence[Declared], gone: Runs) -> Renames:
    """Pair declared tasks without runs with undeclared tasks; both keyed by encoded name."""
    explicit = _explicit(new, gone)
    rest = [declared for declared in new if declared.name not in explicit]
    left = {name: runs for name, runs in gone.items() if name not in explicit.values()}
    implied, unclear = _by_spec(rest, left)
    return Renames({**explicit, **implied}, unclear)


def _explicit(new: Sequence[Declared], gone: Runs) -> dict[str, str]:
    claims: dict[str, list[str]] = defaultdict(list)
    for declared in new:
        olds = [tags.encoding(Key.TASK, old) for old in declared.task.lifecycle.previous_names]
        for old in (name for name in olds if name in gone):
            claims[old].append(declared.name)
    pairs: dict[str, str] = {}
    for old, names in claims.items():
        if len(names) == 1 and names[0] not in pairs and _is_sound(gone[old]):
            pairs[names[0]] = old
    return pairs


def _by_spec(new: Sequence[Declared], gone: Runs) -> tuple[dict[str, str], dict[str, str]]:
    olds: dict[str, set[str]] = defaultdict(set)
    for name, runs in gone.items():
        if _is_sound(runs):
            for run in runs:
                assert isinstance(run.marks, Marks)  # noqa: S101 - what is sound has marks
                olds[run.marks.spec].add(name)
    news: dict[str, list[str]] = defaultdict(list)
    for declared in new:
        if declared.spec in olds:
            news[declared.spec].append(declared.name)
    pairs: dict[str, str] = {}
    unclear: dict[str, str] = {}
    for spec, names in news.items():
        if len(names) == len(olds[spec]) == 1 and next(iter(olds[spec])) not in pairs.values():
            pairs[names[0]] = next(iter(olds[spec]))
        else:
            unclear |= _said(names, sorted(olds[spec]))
    return pairs, unclear


def _said(names: list[str], olds: list[str]) -> dict[str, str]:
    said = f"{', '.join(olds)} may have become {', '.join(sorted(names))}"
    return dict.fromkeys((*names, *olds), said)


def _is_sound(runs: tuple[Run, ...]) -> bool:
    return all(isinstance(run.marks, Marks) and run.phase is not Phase.UNKNOWN for run in runs)


def change_for(declared: Declared, old: str, runs: tuple[Run, ...]) -> Change:
    """Return the retagging of every run of the old name."""
    steps = tuple(
        update_step(declared.task, run, replace(run.marks, task=declared.name, keep=keep_of(declared.task)))
        for run in runs
        if isinstance(run.marks, Marks)
    )
    return Change(
        task=declared.task.name,
        action=Action.RENAME,
        reason=Reason.RENAMED,
        detail=f"was {old}; nothing is stopped",
        steps=steps,
        runs=seen(runs),
        place=declared.task.place,
    )
