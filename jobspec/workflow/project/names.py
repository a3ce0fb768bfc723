"""Looks up the names in manifests, once per command, before anything is compared with the live runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Related, in_order
from jobspec.errors import NotAuthenticated, Refused, ServerUnproven, UnknownAction
from jobspec.manifest.payload.names import UNKNOWN_NAME, NameProblem, id_of, not_offered, with_ids
from jobspec.quoting import quote
from jobspec.redaction.answers import foreign_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jobspec.manifest.load import Loaded
    from jobspec.manifest.task import Task
    from jobspec.manifest.values import NameRef
    from jobspec.workflow.project.resources import ClusterReader

_MAX_RELATED = 3
Key: TypeAlias = "tuple[NameRef, str]"
"""A name, and the id of the queue in which it is looked up; empty for a queue."""


class _Names:
    """The ids of names, each looked up once."""

    def __init__(self, resources: ClusterReader) -> None:
        self._resources = resources
        self._known: dict[Key, str | NameProblem] = {}

    def of_task(self, task: Task) -> tuple[dict[NameRef, str], dict[NameRef, NameProblem]]:
        """Return the ids of a task's names, and the problems of the others."""
        queues = [ref for ref in task.names if ref.kind == "queue"]
        others = [ref for ref in task.names if ref.kind != "queue"]
        found: dict[NameRef, str | NameProblem] = {ref: self._queue(ref) for ref in queues}
        is_known = not any(isinstance(one, NameProblem) for one in found.values())
        if others and is_known:  # the file systems depend on the queue
            queue = next(map(str, found.values()), "") or _queue_of(task)
            found |= {ref: self._file_system(ref, queue) for ref in others}
        ids = {ref: one for ref, one in found.items() if isinstance(one, str)}
        return ids, {ref: one for ref, one in found.items() if isinstance(one, NameProblem)}

    def _queue(self, ref: NameRef) -> str | NameProblem:
        def look_up() -> str | NameProblem:
            return id_of(ref, [(queue.name, queue.id) for queue in self._resources.queues()])

        return self._once(ref, "", look_up)

    def _file_system(self, ref: NameRef, queue: str) -> str | NameProblem:
        where = f" in queue {quote(foreign_line(queue))}" if queue else ""

        def look_up() -> str | NameProblem:
            mounts = self._resources.mounts(queue)
            return id_of(ref, [(mount.name, mount.vepfs_id) for mount in mounts], where)

        return self._once(ref, queue, look_up)

    def _once(self, ref: NameRef, queue: str, look_up: Callable[[], str | NameProblem]) -> str | NameProblem:
        if (ref, queue) not in self._known:
            self._known[ref, queue] = _offered(ref, look_up)
        return self._known[ref, queue]


def _offered(ref: NameRef, look_up: Callable[[], str | NameProblem]) -> str | NameProblem:
    """Look a name up; a refusal of the platform is a problem, a failure is raised: trying again may help."""
    try:
        return look_up()
    except (NotAuthenticated, ServerUnproven):
        raise  # an id would not help
    except UnknownAction as error:
        return not_offered(ref, f"the platform does not offer `{error.action}`")
    except Refused as error:
        return not_offered(ref, error.message)


def _queue_of(task: Task) -> str:
    payload = task.named_payload or task.payload
    queue = payload.get("ResourceQueueId")
    return queue if isinstance(queue, str) else ""


def with_names_found(loaded: Loaded, resources: ClusterReader, *, hint: str = "") -> Loaded:
    """Return the manifests with ids in place of names; a task whose names have none becomes an error.

    `hint` is added to the help of an unknown name. Raises a `PlatformError`, or `ListingIncomplete`, if the
    platform cannot be read: then nothing is known.
    """
    if not any(task.names for task in loaded.tasks):
        return loaded
    names = _Names(resources)
    tasks: list[Task] = []
    problems: dict[NameProblem, list[tuple[Task, NameRef]]] = {}
    for task in loaded.tasks:
        ids, wrong = names.of_task(task) if task.names else ({}, {})
        if not task.names:
            tasks.append(task)
        elif not wrong:
            tasks.append(with_ids(task, ids))
        for ref, problem in wrong.items():
            problems.setdefault(problem, []).append((task, ref))
    found = [_diagnostic(problem, users, hint) for problem, users in problems.items()]
    return replace(loaded, tasks=tuple(tasks), diagnostics=in_order([*loaded.diagnostics, *found]))


def _diagnostic(problem: NameProblem, users: list[tuple[Task, NameRef]], hint: str) -> Diagnostic:
    places = dict.fromkeys(
        task.origin.name_places.get(str(ref), task.place) for task, ref in users[: _MAX_RELATED + 1]
    )
    first, *others = places
    needed = f"; {len(users)} tasks use it" if len(users) > 1 else ""
    related: Iterable[Related] = (Related(place, "and here") for place in others)
    advice = f"{problem.help}{hint if problem.code == UNKNOWN_NAME else ''}"
    return Diagnostic(
        problem.code, f"{problem.message}{needed}", first, "used here", advice, related=tuple(related)
    )
