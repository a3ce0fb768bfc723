"""`maxActive`: which submits of a set get one of its free slots. Pure.

What waits or is blocked holds no slot. Slots are given in the order of the set's members, so that two
appliers with the same view choose the same tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.manifest.values import SET_PREFIX
from jobspec.reconcile import tags
from jobspec.reconcile.planning.plan import Cancel, Change, Reason, Slots, Submit, Wait
from jobspec.reconcile.runs import FINISHED
from jobspec.reconcile.tags import TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobspec.manifest.task import SetRules
    from jobspec.reconcile.order.standing import Observed


def given(
    rules: SetRules, scope: Observed, changes: Mapping[str, Sequence[Change]]
) -> Iterator[tuple[Change, Change | str]]:
    """Yield each submit of a set's members as it may be made now, or else why it waits for a slot.

    `changes` are the submits of the selected tasks that nothing else holds, by task.
    """
    limit = rules.max_active
    if limit is None:
        return
    active, granted = active_runs(rules, scope), 0
    slots = Slots(tags.encoding(TagKey.SET, rules.name), f"{SET_PREFIX}{rules.name}", limit)
    for change in (one for name in rules.members for one in changes.get(name, ())):
        freed = len(active.intersection(_freed(change)))
        taken = len(active) - freed + (0 if freed else granted)
        if taken >= limit:
            starting = f", {granted} start now" if granted else ""
            yield change, f"waiting for a slot of {slots.name}: {len(active)} of {limit} are active{starting}"
            continue
        granted += 0 if freed else 1
        yield change, replace(change, steps=tuple(_limited(change, slots)))


def active_runs(rules: SetRules, scope: Observed) -> frozenset[str]:
    """Return the active runs of a set: of its members, and of tasks that were members before."""
    members = (scope.runs.get(tags.encoding(TagKey.TASK, name), ()) for name in rules.members)
    active = {run.id for runs in members for run in runs if run.is_active}
    active |= scope.marked.get(tags.encoding(TagKey.SET, rules.name), frozenset())
    changes = (one for name in rules.members for one in scope.changes.get(name, ()))
    return frozenset(active | set(_outside(changes)))


def _outside(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the active runs that no tag shows: the platform's own retries, and runs under an old name."""
    for change in changes:
        if change.reason in {Reason.PLATFORM_RETRY, Reason.RENAMED} and change.due is None:
            yield from (run.id for run in change.runs if run.phase not in FINISHED)


def _freed(change: Change) -> Iterator[str]:
    """Yield the runs that have ended before the change submits another one."""
    return (step.run for step in change.steps if isinstance(step, (Cancel, Wait)))


def _limited(change: Change, slots: Slots) -> Iterator[object]:
    return (replace(step, slots=slots) if isinstance(step, Submit) else step for step in change.steps)
