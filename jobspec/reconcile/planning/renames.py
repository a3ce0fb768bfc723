"""Finds renamed tasks: the runs of the old name are retagged, nothing is stopped."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile import contradictions, tags
from jobspec.reconcile.declared import Declared, keep_of, marks_of, set_of, update_step
from jobspec.reconcile.planning.plan import (
    Action,
    BlockReason,
    Change,
    Reason,
    Update,
    seen,
)
from jobspec.reconcile.runs import Phase, Run
from jobspec.reconcile.tags import Keep, Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from jobspec.reconcile.planning.ended import PlanningContext

    Runs = Mapping[str, tuple[Run, ...]]


_MOST_NAMED = 10


class Renames(Struct, frozen=True):
    """The unique pairs, new name → old name; and both names of every unclear pair."""

    pairs: Mapping[str, str]
    unclear: Mapping[str, str]


def find(declared: Sequence[Declared], observed: Runs) -> Renames:
    """Pair declared tasks with the undeclared ones whose runs they take over, by encoded name.

    `previousNames` always pairs, so that an interrupted rename is completed. An equal spec only pairs a task
    that has no run yet. A pair that is not one to one is unclear, and nothing is done.
    """
    known = {item.name for item in declared}
    gone = {name: runs for name, runs in observed.items() if name not in known and _is_sound(runs)}
    explicit = _one_to_one({item.name: _named_before(item, gone) for item in declared})
    rest = [item for item in declared if item.name not in observed and item.name not in explicit.pairs]
    left = {name: runs for name, runs in gone.items() if name not in explicit.pairs.values()}
    implied = _one_to_one(_without_other_cells(_of_the_same_spec(rest, left), declared, observed))
    held = _held([item for item in rest if item.name not in implied.pairs], known, observed)
    return Renames({**explicit.pairs, **implied.pairs}, {**implied.unclear, **explicit.unclear, **held})


def _without_other_cells(
    claims: Mapping[str, set[str]], declared: Sequence[Declared], observed: Runs
) -> Mapping[str, set[str]]:
    """Return the claims without those of a new cell of a set on the runs of another cell.

    Where a task of the set that has kept its name has the same spec, the spec does not tell the cells apart.
    """
    kept = {(item.task.set, item.spec) for item in declared if item.task.set and item.name in observed}
    if not kept:
        return claims
    found = dict(claims)
    for item in declared:
        if found.get(item.name) and (item.task.set, item.spec) in kept:
            own = tags.encoding(TagKey.SET, item.task.set)
            found[item.name] = {old for old in found[item.name] if own not in _sets(observed[old])}
    return found


def _sets(runs: Iterable[Run]) -> set[str]:
    return {run.marks.set for run in runs if isinstance(run.marks, Marks)}


def _held(rest: Iterable[Declared], known: Collection[str], observed: Runs) -> dict[str, str]:
    """Return the tasks that may be an undeclared task with an unclear run: they are not submitted."""
    unsound = {name: runs for name, runs in observed.items() if name not in known and not _is_sound(runs)}
    waiting = list(rest)
    same = _of_the_same_spec(waiting, unsound)
    claims = {item.name: _named_before(item, unsound) | same[item.name] for item in waiting}
    return {
        new: f"{', '.join(sorted(olds))} may have become {new}, which has a run in an unclear state"
        for new, olds in claims.items()
        if olds
    }


def _named_before(item: Declared, gone: Runs) -> set[str]:
    return {tags.encoding(TagKey.TASK, old) for old in item.task.lifecycle.previous_names} & gone.keys()


def _of_the_same_spec(items: Sequence[Declared], gone: Runs) -> dict[str, set[str]]:
    """Return for each declared task the undeclared ones with a run of its spec: by hash, one pass over each.

    Only a task with ignored fields is compared with every run: its hash depends on what the run echoes.
    """
    by_hash: dict[str, set[str]] = defaultdict(set)
    for name, runs in gone.items():
        for marks in (run.marks for run in runs if isinstance(run.marks, Marks)):
            by_hash[marks.spec].add(name)
            by_hash[marks.core].add(name)
    return {item.name: _matching(item, gone, by_hash) for item in items}


def _matching(item: Declared, gone: Runs, by_hash: Mapping[str, set[str]]) -> set[str]:
    if item.task.lifecycle.ignore_changes:
        return {name for name, runs in gone.items() if any(item.matches(run) for run in runs)}
    hashes = (*item.fingerprint.specs, *item.fingerprint.cores)
    return set().union(*(by_hash.get(one, ()) for one in hashes))


def _one_to_one(claims: Mapping[str, set[str]]) -> Renames:
    """Return the unique claims, and an explanation for every name in the others."""
    claimants: dict[str, list[str]] = defaultdict(list)
    for new, olds in sorted(claims.items()):
        for old in olds:
            claimants[old].append(new)
    pairs: dict[str, str] = {}
    unclear: dict[str, str] = {}
    explained: set[frozenset[str]] = set()  # many tasks of one spec have the same claims
    for new, found in sorted(claims.items()):
        claimed = frozenset(found)
        if not claimed or claimed in explained:
            continue
        rivals = sorted({rival for old in claimed for rival in claimants[old]})
        if len(claimed) == len(rivals) == 1:
            pairs[new] = next(iter(claimed))
        else:
            explained.add(claimed)
            unclear |= _explained(rivals, sorted(claimed))
    return Renames(pairs, unclear)


def _explained(names: list[str], olds: list[str]) -> dict[str, str]:
    explanation = f"{_listed(olds)} may have become {_listed(sorted(names))}"
    return dict.fromkeys((*names, *olds), explanation)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def _is_sound(runs: tuple[Run, ...]) -> bool:
    return all(isinstance(run.marks, Marks) and run.phase is not Phase.UNKNOWN for run in runs)


def renamed(declared: Declared, own: tuple[Run, ...], runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the task's runs after `runs`, those of its old name, are renamed."""
    steps = [_step(declared, run) for run in runs]
    after = (_after(run, step) for run, step in zip(runs, steps, strict=True))
    return tuple(sorted((*own, *after), key=lambda run: run.age_key))


def change_for(declared: Declared, old: str, runs: tuple[Run, ...], follow: Iterable[Change]) -> Change:
    """Return the change that retags every run of the old name; `follow` are the task's changes after it."""
    in_order = sorted(runs, key=lambda run: _weight(declared, run), reverse=True)
    stops = any(change.stops for change in follow)
    return Change(
        task=declared.task.name,
        action=Action.RENAME,
        reason=Reason.RENAMED,
        detail=f"was {old}" if stops else f"was {old}; nothing is stopped",
        steps=tuple(_step(declared, run) for run in in_order),
        runs=seen(runs),
        origin=declared.task.origin,
        set=declared.task.set,
        cell=declared.task.cell,
    )


def under_new_name(declared: Declared, runs: tuple[Run, ...], context: PlanningContext) -> PlanningContext:
    """Return the context with untagged runs of the old name under the new one: they may continue `runs`."""
    old = {run.name for run in runs}
    named = (replace(o, name=declared.task.name) if o.name in old else o for o in context.unmanaged)
    return replace(context, unmanaged=tuple(named))


def still_protected(change: Change, runs: tuple[Run, ...]) -> Change:
    """Return a change after the rename; it stays protected by what protected the runs before the rename."""
    protected = {run.id for run in runs if marks_of(run).keep is Keep.PROTECT}
    is_stopped = any(run.id in protected for run in change.stops)
    return replace(change, blocked=BlockReason.PROTECTED) if is_stopped else change


def _step(declared: Declared, run: Run) -> Update:
    before = marks_of(run)
    # A run that an older release adopted is only recognised under its current name.
    is_exempt = contradictions.was_adopted(declared, run, before)
    adopted = contradictions.adopted(run.id, before.spec) if is_exempt else before.adopted
    becomes = replace(
        before,
        task=declared.name,
        keep=keep_of(declared.task),
        adopted=adopted,
        set=set_of(declared.task) if run.is_active else before.set,
    )
    return update_step(declared.task, run, becomes)


def _after(run: Run, step: Update) -> Run:
    return replace(run, name=step.name, description=step.description, tags=step.user_tags, marks=step.becomes)


def _weight(declared: Declared, run: Run) -> tuple[bool, bool, bool, tuple[str, str]]:
    """Sort the active runs first: an interrupted rename must leave none of them under the old name."""
    return (run.is_active, declared.matches(run), run.phase is Phase.SUCCEEDED, run.age_key)
