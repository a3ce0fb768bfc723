"""What a change to the manifests causes: its plan, compared with the base revision's for the same runs. Pure.

Both plans are made from one listing at one time, so they differ only where the manifests do.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.guards.violation import Violation


class Cause(StrEnum):
    """Where a change of a plan comes from. Stable: machine output uses these words."""

    THIS_CHANGE = "this-change"
    BEFORE = "before"
    UNKNOWN = "unknown"


class BasePlan(Struct, frozen=True):
    """The plan of the base revision's manifests, and the guards that refuse it.

    `sound` are the tasks that could be read if some manifests of the base revision have errors; None if all
    could be. Without the others, the plan seems to remove or rename tasks.
    """

    plan: Plan
    guards: tuple[Violation, ...] = ()
    sound: frozenset[str] | None = None


class Caused(Struct, frozen=True):
    """The cause of one change, and what the base revision's plan does with the task instead."""

    cause: Cause
    otherwise: tuple[Change, ...] = ()


class Attribution(Struct, frozen=True):
    """The cause of each change of a plan, in its order, and the changes that only the base plan has.

    A change without any effect has no cause.
    """

    causes: tuple[Caused | None, ...]
    prevented: tuple[Change, ...] = ()


_UNDECLARED = frozenset({Reason.REMOVED, Reason.RETAINED})


def attribute(plan: Plan, base: BasePlan) -> Attribution:
    """Return the causes of a plan's changes.

    A change has differed before if the base plan has an equal one. All others are caused by this change, or
    are unknown if the base revision's manifests may be the reason.
    """
    left: dict[str, list[Change]] = defaultdict(list)
    for change in filter(_counts, base.plan.changes):
        left[change.task].append(change)
    renamed = {change.task for one in (plan, base.plan) for change in one.changes if _is_rename(change)}
    is_before = [_counts(change) and _taken(change, left[change.task]) for change in plan.changes]
    sound = None if base.sound is None else base.sound - renamed
    new = [
        change
        for change, before in zip(plan.changes, is_before, strict=True)
        if _counts(change) and not before
    ]
    instead = _instead(new, [change for changes in left.values() for change in changes])
    causes = [
        _cause(change, before=before, sound=sound, otherwise=instead) if _counts(change) else None
        for change, before in zip(plan.changes, is_before, strict=True)
    ]
    replaced = {id(one) for changes in instead.values() for one in changes}
    prevented = (
        one
        for changes in left.values()
        for one in changes
        if id(one) not in replaced and not _is_undeclared(one) and _is_sound(one.task, sound)
    )
    return Attribution(tuple(causes), tuple(prevented))


def guard_cause(guard: Violation, base: BasePlan) -> tuple[Cause, str]:
    """Return the cause of a refusal, and the base plan's own message if the guard refuses that one too."""
    if base.sound is not None:
        return Cause.UNKNOWN, ""
    same = [one.message for one in base.guards if one.code == guard.code]
    if guard.message in same:
        return Cause.BEFORE, ""
    return Cause.THIS_CHANGE, same[0] if len(same) == 1 else ""


def _counts(change: Change) -> bool:
    """Return whether a change writes something, needs a person, or leaves a task without a manifest."""
    return change.action is not Action.NONE or change.needs_attention or change.reason in _UNDECLARED


def _is_undeclared(change: Change) -> bool:
    return change.action is Action.NONE and not change.needs_attention


def _is_rename(change: Change) -> bool:
    return change.reason is Reason.RENAMED


def _taken(change: Change, before: list[Change]) -> bool:
    """Remove an equal change from the list; return whether it had one."""
    wanted = _effect(change)
    for place, one in enumerate(before):
        if _effect(one) == wanted:
            del before[place]
            return True
    return False


def _effect(change: Change) -> Change:
    """Return the change without what only explains it."""
    return replace(change, origin=None, detail="")


def _instead(new: Iterable[Change], left: Iterable[Change]) -> dict[int, list[Change]]:
    """Return the base changes that the new ones replace, by the identity of the new one.

    They are about the same task, or about the same runs under another name.
    """
    of_task: dict[str, Change] = {}
    of_run: dict[str, Change] = {}
    for change in new:
        of_task.setdefault(change.task, change)
        for run in change.runs:
            of_run.setdefault(run.id, change)
    found: dict[int, list[Change]] = defaultdict(list)
    for one in left:
        by_run = next((of_run[run.id] for run in one.runs if run.id in of_run), None)
        instead = of_task.get(one.task) or by_run
        if instead is not None:
            found[id(instead)].append(one)
    return found


def _cause(
    change: Change, *, before: bool, sound: frozenset[str] | None, otherwise: dict[int, list[Change]]
) -> Caused:
    if not _is_sound(change.task, sound):
        return Caused(Cause.UNKNOWN)
    if before:
        return Caused(Cause.BEFORE)
    shown = (one for one in otherwise.get(id(change), ()) if not _is_undeclared(one))
    return Caused(Cause.THIS_CHANGE, tuple(shown))


def _is_sound(task: str, sound: frozenset[str] | None) -> bool:
    return sound is None or task in sound
