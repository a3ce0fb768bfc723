"""`rerunOn`: a task whose spec hash also depends on the specs of tasks that it depends on. Pure.

The step follows the lookup of names, so that everything that compares spec hashes sees the same ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.manifest.payload.spec_hash import digest, fingerprint
from jobspec.manifest.values import SET_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.manifest.task import Task

_WRITTEN = re.compile(r"(?:(?P<own>.*)_)?on_(?P<specs>[0-9a-f]{16}(?:-[0-9a-f]{16})*)", re.DOTALL)
"""`lifecycle.rerun` with the specs of the dependencies. It only has characters that a tag may contain."""


def with_reruns(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    """Return the tasks; the `rerun` of those with `rerunOn` has the specs of their dependencies, too."""
    if not any(task.lifecycle.rerun_on for task in tasks):
        return tasks
    scope = _Specs(tasks)
    for name in (*scope.in_order(), *(task.name for task in tasks)):
        scope.finish(name)
    return tuple(scope.done[task.name] for task in tasks)


def split(rerun: str) -> tuple[str, tuple[str, ...]]:
    """Return the task's own `rerun`, and what identifies the spec of each entry of `rerunOn`."""
    found = _WRITTEN.fullmatch(rerun)
    return (found["own"] or "", tuple(found["specs"].split("-"))) if found else (rerun, ())


class _Specs:
    """The tasks of a scope, finished one after the other: each after those that it depends on."""

    def __init__(self, tasks: tuple[Task, ...]) -> None:
        self.done: dict[str, Task] = {}
        self._known = {task.name: task for task in tasks}
        self._members: dict[str, list[str]] = defaultdict(list)
        self._digests: dict[str, str] = {}
        for task in tasks:
            if task.set:
                self._members[f"{SET_PREFIX}{task.set}"].append(task.name)

    def in_order(self) -> tuple[str, ...]:
        """Return the tasks with `rerunOn` and those that they name, each after those that it names.

        A circle is an error elsewhere, and none of its tasks will be submitted.
        """
        graph: dict[str, Iterable[str]] = {
            task.name: task.lifecycle.rerun_on for task in self._known.values() if task.lifecycle.rerun_on
        }
        wanted = {name for needed in graph.values() for name in needed if name.startswith(SET_PREFIX)}
        try:
            return tuple(
                TopologicalSorter(graph | {name: self._named(name) for name in wanted}).static_order()
            )
        except CycleError:
            return ()

    def finish(self, name: str) -> None:
        """Finish a task, after those that it names."""
        if name in self._known and name not in self.done:
            self.done[name] = self._finished(self._known[name])

    def _named(self, entry: str) -> list[str]:
        if entry.startswith(SET_PREFIX):
            return self._members.get(entry, [])
        return [entry] if entry in self._known else []

    def _finished(self, task: Task) -> Task:
        lifecycle = task.lifecycle
        if not lifecycle.rerun_on or task.names:
            return task
        specs = "-".join(map(self._digest, lifecycle.rerun_on))
        rerun = f"{lifecycle.rerun}_on_{specs}" if lifecycle.rerun else f"on_{specs}"
        changed = replace(lifecycle, rerun=rerun)
        return replace(task, lifecycle=changed, fingerprint=fingerprint(task.payload, changed))

    def _digest(self, entry: str) -> str:
        """Return 16 hex digits that change with the spec of a task, or of any member of a set.

        Names do not count: a task that is only renamed has the same results.
        """
        if entry not in self._digests:
            specs = sorted(_spec(self.done[name]) for name in self._named(entry) if name in self.done)
            self._digests[entry] = digest(specs)
        return self._digests[entry]


def _spec(task: Task) -> str:
    """Return the hash that changes when the task would run again: fields that are ignored do not count."""
    return task.fingerprint.core or task.fingerprint.spec
