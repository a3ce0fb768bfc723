"""Which tasks may not start yet because of their dependencies or of failures in their set. Pure.

Only direct dependencies count. The first failure is named along the whole chain that it blocks.
"""

from __future__ import annotations

from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.values import SET_PREFIX
from jobspec.reconcile.order.standing import ENDED, FAILURES, Standing, TaskState, of_task, set_status
from jobspec.reconcile.planning.plan import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.task import SetRules, Task
    from jobspec.manifest.values import Dependency
    from jobspec.reconcile.order.standing import Observed

_MOST_NAMED = 3


class Hold(Struct, frozen=True):
    """Why a task may not start: it waits, or a failure blocks it. `cause` is the first failure."""

    reason: Reason
    detail: str
    cause: str = ""


class Gates:
    """The verdict about each task, from the standings of all tasks that it involves."""

    def __init__(self, scope: Observed) -> None:
        self._scope = scope
        self._standings: dict[str, Standing] = {}
        self._of_sets: dict[Dependency, Standing] = {}
        self._broken = {name: found for name, one in scope.sets.items() if (found := self._failures(one))}
        self.verdicts: dict[str, Hold] = {}
        for name in self._in_order():
            if name in scope.tasks:
                self._judge(scope.tasks[name])

    def _in_order(self) -> Iterator[str]:
        """Yield what has a dependency, or is one, each after those that it depends on.

        A circle, and what depends on one, comes last: none of it may start, because each waits for another.
        Only the manifests of an earlier revision may have a circle.
        """
        graph = self._graph()
        sorter = TopologicalSorter(graph)
        with suppress(CycleError):
            sorter.prepare()
        done: set[str] = set()
        while ready := sorter.get_ready():
            yield from sorted(ready)
            done.update(ready)
            sorter.done(*ready)
        yield from sorted(graph.keys() - done)

    def broken(self, name: str) -> str:
        """Return how many members of a set have failed, in words, if they are too many; else nothing."""
        return self._broken.get(name, "")

    def standing(self, name: str) -> Standing:
        """Return the state of a declared task."""
        if name not in self._standings:
            self._standings[name] = of_task(self._scope.tasks[name], self._scope)
        return self._standings[name]

    def _failures(self, rules: SetRules) -> str:
        """Return the words for the failures of a set if they reach its limit; else nothing."""
        if rules.max_failed is None:
            return ""
        failed = sum(self.standing(name).state in FAILURES for name in self._members(rules.name))
        if failed < max(1, rules.max_failed):
            return ""
        tasks = "task" if failed == 1 else "tasks"
        return f"{failed} {tasks} of {SET_PREFIX}{rules.name} failed; maxFailed is {rules.max_failed}"

    def _members(self, name: str) -> tuple[str, ...]:
        """Return the declared members of a set."""
        rules = self._scope.sets.get(name)
        return tuple(one for one in rules.members if one in self._scope.tasks) if rules else ()

    def _graph(self) -> dict[str, tuple[str, ...]]:
        graph: dict[str, tuple[str, ...]] = {
            task.name: tuple(one.task for one in task.lifecycle.depends_on)
            for task in self._scope.tasks.values()
            if task.lifecycle.depends_on or task.set in self._broken
        }
        wanted = {name for needed in graph.values() for name in needed if name.startswith(SET_PREFIX)}
        return graph | {name: self._members(name.removeprefix(SET_PREFIX)) for name in sorted(wanted)}

    def _judge(self, task: Task) -> None:
        standing = self.standing(task.name)
        if standing.state not in {TaskState.WAITING, TaskState.RUNNING}:
            return
        verdict = self._of_dependencies(task) or self._of_set(task)
        if verdict is None:
            return
        self.verdicts[task.name] = verdict
        if standing.state is TaskState.WAITING:
            is_blocked = verdict.reason is Reason.BLOCKED_BY_FAILURE
            state = TaskState.BLOCKED if is_blocked else TaskState.WAITING
            self._standings[task.name] = Standing(state, str(verdict.reason), verdict.cause)

    def _of_set(self, task: Task) -> Hold | None:
        found = self._broken.get(task.set, "")
        return Hold(Reason.BLOCKED_BY_FAILURE, found, found) if found else None

    def _of_dependencies(self, task: Task) -> Hold | None:
        found = [(one, self._standing_of(one)) for one in task.lifecycle.depends_on]
        unmet = [(one, standing) for one, standing in found if not _is_met(one, standing.state)]
        for one, standing in unmet:
            if _is_hopeless(one, standing.state):
                return _blocked(one, standing)
        if not unmet:
            return None
        named = [f"{one.task} ({standing.word})" for one, standing in unmet[:_MOST_NAMED]]
        more = [f"{len(unmet) - _MOST_NAMED} more"] if len(unmet) > _MOST_NAMED else []
        return Hold(Reason.WAITING, f"waiting for {', '.join([*named, *more])}")

    def _standing_of(self, one: Dependency) -> Standing:
        if not one.is_set:
            is_known = one.name in self._scope.tasks
            return self.standing(one.name) if is_known else Standing(TaskState.WAITING, "not declared")
        if one not in self._of_sets:
            self._of_sets[one] = self._standing_of_set(one)
        return self._of_sets[one]

    def _standing_of_set(self, one: Dependency) -> Standing:
        """Return the state of a set as a dependency: every declared member counts."""
        found = {name: self.standing(name) for name in self._members(one.name)}
        states = [standing.state for standing in found.values()]
        is_over = bool(states) and ENDED.issuperset(states)
        reached = ENDED if one.condition == "Finished" else {TaskState.SUCCEEDED}
        state = set_status(states)
        if one.condition == "Finished":
            state = TaskState.SUCCEEDED if is_over else set_status(s for s in states if s not in FAILURES)
        count = sum(one in reached for one in states)
        verb = "ended" if one.condition == "Finished" else "succeeded"
        suffix = ", suspended" if state is TaskState.SUSPENDED else ""
        word = f"{count} of {len(states)} {verb}{suffix}"
        return Standing(state, word, next(self._causes(one, found), ""))

    def _causes(self, one: Dependency, found: dict[str, Standing]) -> Iterator[str]:
        """Yield what went wrong with the members, in their order; what blocks them comes first in time."""
        for name, standing in found.items():
            if standing.state in FAILURES and one.condition == "Succeeded":
                yield f"{name} of {one.task} {standing.word}"
        for standing in found.values():
            if standing.state is TaskState.BLOCKED:
                yield standing.cause


def _is_met(one: Dependency, state: TaskState) -> bool:
    if one.condition == "Finished" and not one.is_set:
        return state in ENDED
    return state is TaskState.SUCCEEDED


def _is_hopeless(one: Dependency, state: TaskState) -> bool:
    """Return whether the condition will not be met without a person's decision."""
    return state is TaskState.BLOCKED or (one.condition == "Succeeded" and state in FAILURES)


def _blocked(one: Dependency, standing: Standing) -> Hold:
    """Return the verdict that names the first failure, and the dependency that it blocks."""
    if standing.state is TaskState.BLOCKED:
        return Hold(Reason.BLOCKED_BY_FAILURE, f"{standing.cause}, which blocks {one.task}", standing.cause)
    cause = standing.cause or f"{one.task} {standing.word}"
    return Hold(Reason.BLOCKED_BY_FAILURE, cause, cause)
