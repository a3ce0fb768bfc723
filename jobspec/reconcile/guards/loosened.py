"""Which task guards a change loosens, compared with the base revision and the tags of the runs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.reconcile import tags
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.tags import Keep, Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobspec.manifest.task import Scope, SetRules, Task
    from jobspec.manifest.values import Lifecycle
    from jobspec.reconcile.runs import Run


class Loosened(Struct, frozen=True):
    """A guard that is looser than before. `run` is the run whose tags record the earlier guard, if any.

    `where` is `task NAME`, `set NAME`, `environment NAME`, or empty for the project.
    """

    guard: str
    where: str
    before: object
    after: object
    run: str = ""


_FROM_STRICT = {
    "onChange": ("Manual", "AfterCompletion", "Replace"),
    "restartPolicy": ("Never", "OnFailure", "Always"),
    "onRemoval": ("Retain", "Cancel", "Delete"),
}
"""The values of each field, strictest first."""
_KEPT = {Keep.RETAIN: "Retain", Keep.CANCEL: "Cancel", Keep.DELETE: "Delete"}


def of_tasks(before: Iterable[Task], after: Sequence[Task]) -> Iterator[Loosened]:
    """Yield the guards that are looser than in the base revision; renamed tasks are compared too."""
    known = {task.name: task for task in before}
    continued: set[str] = set()
    for task in after:
        names = (task.name, *task.lifecycle.previous_names)
        old = next((known[name] for name in names if name in known), None)
        where = f"task {task.name}"
        yield from _added("allowPlaintext", where, _plaintext(old), _plaintext(task))
        if old is not None:
            continued.add(old.name)
            yield from _of_lifecycle(where, old.lifecycle, task.lifecycle)
    for name, task in known.items():
        if task.lifecycle.protect and name not in continued:
            yield Loosened("protect", f"task {name}", before=True, after=None)


def of_sets(before: Iterable[SetRules], after: Iterable[SetRules]) -> Iterator[Loosened]:
    """Yield the limits of sets that are looser than in the base revision."""
    known = {rules.name: rules for rules in before}
    for rules in after:
        old, where = known.get(rules.name), f"set {rules.name}"
        if old is None:
            continue
        if _is_raised(old.max_active, rules.max_active):
            yield Loosened("maxActive", where, old.max_active, rules.max_active)
        if _is_raised(old.max_failed, rules.max_failed):
            yield Loosened("maxFailed", where, old.max_failed, rules.max_failed)
        if (old.on_max_failed, rules.on_max_failed) == ("Continue", "Cancel"):
            yield Loosened("onMaxFailed", where, old.on_max_failed, rules.on_max_failed)


def _is_raised(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)


def of_tags(scope: Scope, tasks: Iterable[Task], runs: Iterable[Run]) -> Iterator[Loosened]:
    """Yield the guards that the tags of a task's runs still hold but its manifest no longer does."""
    observed = by_task(scope, runs)
    for task in tasks:
        own = observed.get(tags.encoding(TagKey.TASK, task.name), ())
        run = next((run for run in reversed(own) if run.is_active), own[-1] if own else None)
        if run is not None and isinstance(run.marks, Marks) and not task.lifecycle.protect:
            yield from _of_keep(f"task {task.name}", run, run.marks.keep, task.lifecycle.on_removal)


def _of_keep(where: str, run: Run, keep: Keep, on_removal: str) -> Iterator[Loosened]:
    if keep is Keep.PROTECT:
        yield Loosened("protect", where, before=True, after=False, run=run.id)
    elif _is_looser("onRemoval", _KEPT[keep], on_removal):
        yield Loosened("onRemoval", where, _KEPT[keep], on_removal, run.id)


def _of_lifecycle(where: str, before: Lifecycle, after: Lifecycle) -> Iterator[Loosened]:
    old, new = _guards(before), _guards(after)
    yield from (
        Loosened(name, where, old[name], new[name])
        for name in _FROM_STRICT
        if _is_looser(name, str(old[name]), str(new[name]))
    )
    if before.protect and not after.protect:
        yield Loosened("protect", where, before=True, after=False)
    yield from _added("ignoreChanges", where, before.ignore_changes, after.ignore_changes)
    if after.backoff_limit > before.backoff_limit:
        yield Loosened("backoffLimit", where, before.backoff_limit, after.backoff_limit)
    if after.cooldown < before.cooldown:
        yield Loosened("cooldown", where, before.cooldown, after.cooldown)
    kept, keeps = before.history_limit, after.history_limit
    if keeps is not None and (kept is None or keeps < kept):
        yield Loosened("historyLimit", where, kept, keeps)


def _guards(lifecycle: Lifecycle) -> Mapping[str, object]:
    return {
        "onChange": lifecycle.on_change,
        "restartPolicy": lifecycle.restart_policy,
        "onRemoval": lifecycle.on_removal,
    }


def _is_looser(name: str, before: str, after: str) -> bool:
    order = _FROM_STRICT[name]
    return order.index(after) > order.index(before)


def _plaintext(task: Task | None) -> tuple[str, ...]:
    return () if task is None else task.allow_plaintext


def _added(guard: str, where: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Loosened]:
    if set(after) - set(before):
        yield Loosened(guard, where, list(before), list(after))
