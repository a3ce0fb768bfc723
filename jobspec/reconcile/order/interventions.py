"""What other commands have done to sets and dependencies while an apply waits. Pure.

An apply that waits goes on with the manifests that it was started with. Once another command has stopped a
run of a set or of a dependency, or has submitted another spec of it, these manifests are outdated: nothing
that this concerns may start.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.manifest.values import SET_PREFIX
from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare
from jobspec.reconcile.planning.plan import Action, Cancel, Change, Delete, Plan
from jobspec.reconcile.tags import Marks, StopReason, TagKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from jobspec.manifest.task import Task
    from jobspec.reconcile.protocol.outcome import Outcome
    from jobspec.reconcile.runs import Run

_NEWER = "another apply submitted another spec"
_STOPS = {
    StopReason.USER: "stopped by another command: jobspec cancel",
    StopReason.SUSPEND: "stopped by another command: an apply that suspends it",
    StopReason.REMOVED: "stopped by another command: an apply that removes it, or jobspec destroy",
    StopReason.REPLACE: _NEWER,
    StopReason.MAX_FAILED: "stopped by another command: an apply that found `maxFailed` reached",
}
_DELETED = "its active run was deleted by another command"


class Sight(Struct, frozen=True):
    """What one command has seen so far: the runs of its first plan, and what others have done since.

    `stopped` are the runs that had a stop mark in the first plan, `active` those that were active when last
    seen, each with its encoded task. `found` is what was done to a task, in words, by its encoded name.
    """

    runs: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()
    active: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str] = field(default_factory=dict)


def first_sight(runs: Iterable[Run]) -> Sight:
    """Return what the first plan saw."""
    seen = tuple(runs)
    return Sight(
        frozenset(run.id for run in seen),
        frozenset(run.id for run in seen if isinstance(run.marks, Marks) and run.marks.stop),
        _seen_active(seen),
    )


def next_sight(
    before: Sight, tasks: Iterable[Task], runs: Sequence[Run], outcomes: Iterable[Outcome]
) -> Sight:
    """Return what a later plan saw as well; `outcomes` are those of all earlier rounds."""
    stopped = frozenset(_stopped(outcomes))
    known = {run.id for run in runs} | stopped
    gone = {task: _DELETED for run, task in before.active.items() if run not in known}
    declared = {tags.encoding(TagKey.TASK, task.name): task for task in tasks}
    before = replace(before, stopped=before.stopped | stopped)
    done = dict(_done(before, declared, runs))
    return replace(before, active=_seen_active(runs), found={**gone, **done, **before.found})


def outdated(sight: Sight, tasks: Collection[Task]) -> dict[str, str]:
    """Return the tasks that may not start any more, each with the reason.

    These are the tasks of a set or dependency to which something was done, and whatever depends on them.
    """
    if not sight.found:
        return {}
    follows = _follows(tasks)
    names = {task.name: tags.encoding(TagKey.TASK, task.name) for task in tasks}
    words = {name: sight.found[key] for name, key in names.items() if key in sight.found and name in follows}
    why, open_ends = dict(words), list(words)
    while open_ends:
        name = open_ends.pop()
        origin = why[name] if name not in words else f"{words[name]} ({name})"
        for following in follows.get(name, ()):
            if following not in why:
                why[following] = origin
                open_ends.append(following)
    return {name: word for name, word in why.items() if name in names}


def without(plan: Plan, why: Mapping[str, str]) -> tuple[Plan, tuple[Change, ...]]:
    """Return a plan without what it would do now or later to some tasks, and these changes."""
    withheld = tuple(one for one in plan.changes if one.task in why and _does_something(one))
    ids = set(map(id, withheld))
    return replace(plan, changes=tuple(one for one in plan.changes if id(one) not in ids)), withheld


def _does_something(change: Change) -> bool:
    return change.action is not Action.NONE or bool(change.later)


def _seen_active(runs: Iterable[Run]) -> dict[str, str]:
    return {run.id: run.marks.task for run in runs if run.is_active and isinstance(run.marks, Marks)}


def _stopped(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield the runs that this command has stopped or deleted itself."""
    for ended in outcomes:
        yield from (step.run for step in ended.change.steps if isinstance(step, (Cancel, Delete)))


def _done(before: Sight, declared: Mapping[str, Task], runs: Iterable[Run]) -> Iterator[tuple[str, str]]:
    """Yield what others have done to declared tasks, by their runs."""
    for run in runs:
        marks = run.marks
        if not isinstance(marks, Marks) or marks.task not in declared:
            continue
        if marks.stop in _STOPS and run.id not in before.stopped:
            yield marks.task, _STOPS[StopReason(marks.stop)]
        elif run.id not in before.runs and not declare(declared[marks.task]).matches(run):
            yield marks.task, _NEWER


def _follows(tasks: Iterable[Task]) -> dict[str, list[str]]:
    """Return what may not start after something was done: set and members to each other, and dependents."""
    follows: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        if task.set:
            whole = f"{SET_PREFIX}{task.set}"
            follows[task.name].append(whole)
            follows[whole].append(task.name)
        for one in task.lifecycle.depends_on:
            follows[one.task].append(task.name)
    return follows
