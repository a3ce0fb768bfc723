"""The rules of `dependsOn` and `rerunOn`: within one task, and between tasks and sets. Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Place, Related
from jobspec.manifest.validate.places import place_at
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobspec.manifest.task import Task
    from jobspec.manifest.yaml.tree import Node

Graph: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""What each task and each set (`set/NAME`) waits for: a set waits for its members."""
_MAX_RELATED = 5


def reference_of(entry: object) -> str:
    """Return the task or set that an entry of `dependsOn` names, in its short or its long form."""
    return str(entry["task"]) if isinstance(entry, dict) else str(entry)


def _written(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return f"{{{', '.join(f'{key}: {value}' for key, value in entry.items())}}}"


def dependency_places(document: Node, entries: Iterable[object]) -> dict[str, Place]:
    """Return the place of each entry of `dependsOn`, by the task or set that it names."""
    return {
        reference_of(entry): _entry_place(document, index, entry) for index, entry in enumerate(entries or ())
    }


def _entry_place(document: Node, index: int, entry: object) -> Place:
    inner = ("task",) if isinstance(entry, dict) else ()
    return place_at(document, "lifecycle", "dependsOn", index, *inner)


def dependency_problems(task: Mapping[str, Any], document: Node) -> Iterator[Diagnostic]:
    """Yield the problems with the dependencies of one valid task by itself."""
    lifecycle, name = task.get("lifecycle") or {}, task["metadata"]["name"]
    entries = lifecycle.get("dependsOn") or ()
    named = [reference_of(entry) for entry in entries]
    for index, entry in enumerate(entries):
        if named[index] == name:
            yield Diagnostic(
                "JS381",
                f"the task {quote(name)} depends on itself",
                place=_entry_place(document, index, entry),
                label="this is the task's own name",
                help="remove the entry",
            )
    for index, one in enumerate(lifecycle.get("rerunOn") or ()):
        if one not in named:
            wanted = ", ".join([*map(_written, entries), one])
            yield Diagnostic(
                "JS383",
                f"{quote(one)} is in `lifecycle.rerunOn`, but not in `lifecycle.dependsOn`",
                place=place_at(document, "lifecycle", "rerunOn", index),
                label="not a dependency",
                help=f"write {quote(f'dependsOn: [{wanted}]')}, or remove the entry",
            )


def between(tasks: Iterable[Task], *, is_whole: bool) -> Iterator[Diagnostic]:
    """Yield the unknown names in `dependsOn`, and each circle of dependencies once.

    Unless it `is_whole`, the list of tasks lacks some that cannot be read, so any name may exist.
    """
    known = {task.name: task for task in tasks}
    dependent = [task for _, task in sorted(known.items()) if task.lifecycle.depends_on]
    if not dependent:
        return
    sets: dict[str, list[str]] = defaultdict(list)
    for task in known.values():
        if task.set:
            sets[f"{SET_PREFIX}{task.set}"].append(task.name)
    names = known.keys() | sets.keys()
    if is_whole:
        yield from islice(_unknown(dependent, names), MAX_PROBLEMS + 1)
    graph = {task.name: tuple(one.task for one in task.lifecycle.depends_on) for task in dependent}
    circles = _circles({**graph, **{name: tuple(members) for name, members in sets.items()}}, known)
    yield from islice((_circle(circle, known) for circle in circles), MAX_PROBLEMS + 1)


def place_of(task: Task, reference: str) -> Place:
    """Return the place of the entry of `dependsOn` that names a task or set."""
    return task.origin.dependency_places.get(reference, task.place)


def _unknown(dependent: Iterable[Task], names: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield an error for each unknown name; the members of a set share their template."""
    known, reported = frozenset(names), set()
    for task in dependent:
        for one in task.lifecycle.depends_on:
            key = (f"{SET_PREFIX}{task.set}" if task.set else task.name, one.task)
            if one.task in known or key in reported:
                continue
            reported.add(key)
            kind = "set" if one.is_set else "task"
            yield Diagnostic(
                "JS380",
                f"{quote(task.name)} depends on the {kind} {quote(one.name)}, which is not declared",
                place=place_of(task, one.task),
                label=f"no such {kind}",
                help=_suggestion(one.task, known),
            )


def _suggestion(reference: str, known: frozenset[str]) -> str:
    other = (
        reference.removeprefix(SET_PREFIX) if reference.startswith(SET_PREFIX) else f"{SET_PREFIX}{reference}"
    )
    if other in known:
        return f"write {quote(other)}: {quote(other.removeprefix(SET_PREFIX))} is a {_kind(other)}"
    from jobspec.manifest.validate.shape import closest  # noqa: PLC0415 - pydantic, only to explain

    same = [name for name in sorted(known) if name.startswith(SET_PREFIX) == reference.startswith(SET_PREFIX)]
    close = closest(reference, same)
    if close:
        return f"did you mean {quote(close)}?"
    return "declare it, or remove the entry; a set is written as `set/NAME`"


def _kind(reference: str) -> str:
    return "set" if reference.startswith(SET_PREFIX) else "task"


def _circles(graph: Graph, tasks: Mapping[str, Task]) -> Iterator[tuple[str, ...]]:
    """Yield circles, as paths, each once; members of one set count as the same task."""
    done: set[str] = set()
    reported: set[tuple[str, ...]] = set()
    for start in sorted(graph):
        path: list[str] = []
        position: dict[str, int] = {}
        ahead: list[Iterator[str]] = [iter((start,))]
        while ahead:
            step = next(ahead[-1], None)
            if step is None:
                ahead.pop()
                if path:
                    last = path.pop()
                    del position[last]
                    done.add(last)
            elif step in position:
                circle = tuple(path[position[step] :])
                key = _key(circle, tasks)
                if len(circle) > 1 and key not in reported:  # a task that names itself is reported by itself
                    reported.add(key)
                    yield circle
            elif step not in done and step in graph:
                position[step] = len(path)
                path.append(step)
                ahead.append(iter(graph[step]))


def _key(circle: tuple[str, ...], tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """Return the same key for every beginning of a circle, and for every member of a set in it."""
    parts = [f"{SET_PREFIX}{tasks[one].set}*" if one in tasks and tasks[one].set else one for one in circle]
    first = parts.index(min(parts))
    return (*parts[first:], *parts[:first])


def _circle(circle: tuple[str, ...], tasks: Mapping[str, Task]) -> Diagnostic:
    """Return the error for a circle: at its first task, with the other entries along it."""
    first = next(number for number, one in enumerate(circle) if one in tasks)
    steps = (*circle[first:], *circle[:first], circle[first])
    places = [
        (place_of(tasks[one], then), one, then)
        for one, then in pairwise(steps)
        if one in tasks and any(then == entry.task for entry in tasks[one].lifecycle.depends_on)
    ]
    (place, one, then), *others = places
    return Diagnostic(
        "JS382",
        f"a circle of dependencies: {' → '.join(map(quote, steps))}",
        place=place,
        label=f"{quote(one)} waits for {quote(then)}",
        help="remove one of these entries: none of the tasks could ever start",
        related=tuple(
            Related(at, f"{quote(before)} waits for {quote(after)}")
            for at, before, after in others[:_MAX_RELATED]
        ),
    )
