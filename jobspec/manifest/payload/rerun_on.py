"""`rerunOn`: a task whose spec hash also depends on the specs of tasks that it depends on. Pure.

The step follows the lookup of names, so that everything that compares spec hashes sees the same ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from jobspec.manifest.payload.spec_hash import digest, fingerprint
from jobspec.manifest.task import Task
from jobspec.manifest.values import SET_PREFIX

_WRITTEN = re.compile(r"(?:(?P<own>.*)_)?on_(?P<specs>[0-9a-f]{16}(?:-[0-9a-f]{16})*)", re.DOTALL)
"""`lifecycle.rerun` with the specs of the dependencies. It only has characters that a tag may contain."""


def with_reruns(tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    """Return the tasks; the `rerun` of those with `rerunOn` has the specs of their dependencies, too."""
    if not any(task.lifecycle.rerun_on for task in tasks):
        return tasks
    known = {task.name: task for task in tasks}
    members: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        if task.set:
            members[f"{SET_PREFIX}{task.set}"].append(task.name)
    done: dict[str, Task] = {}
    for task in tasks:
        _finish(task.name, known, members, done)
    return tuple(done[task.name] for task in tasks)


def split(rerun: str) -> tuple[str, tuple[str, ...]]:
    """Return the task's own `rerun`, and what identifies the spec of each entry of `rerunOn`."""
    found = _WRITTEN.fullmatch(rerun)
    return (found["own"] or "", tuple(found["specs"].split("-"))) if found else (rerun, ())


def _finish(
    name: str, known: Mapping[str, Task], members: Mapping[str, list[str]], done: dict[str, Task]
) -> None:
    """Add the task to `done`, after the tasks that it depends on. A circle is an error elsewhere."""
    ahead, begun = [name], {name}
    while ahead:
        task = known[ahead[-1]]
        missing = [one for one in _needed(task, known, members) if one not in done and one not in begun]
        if missing:
            begun.add(missing[0])
            ahead.append(missing[0])
            continue
        done.setdefault(task.name, _finished(task, members, done))
        ahead.pop()


def _needed(task: Task, known: Mapping[str, Task], members: Mapping[str, list[str]]) -> Iterable[str]:
    for entry in task.lifecycle.rerun_on:
        yield from members.get(entry, ()) if entry.startswith(SET_PREFIX) else filter(known.get, (entry,))


def _finished(task: Task, members: Mapping[str, list[str]], done: Mapping[str, Task]) -> Task:
    lifecycle = task.lifecycle
    if not lifecycle.rerun_on or task.names:
        return task
    specs = "-".join(_specs(entry, members, done) for entry in lifecycle.rerun_on)
    rerun = f"{lifecycle.rerun}_on_{specs}" if lifecycle.rerun else f"on_{specs}"
    changed = replace(lifecycle, rerun=rerun)
    return replace(task, lifecycle=changed, fingerprint=fingerprint(task.payload, changed))


def _specs(entry: str, members: Mapping[str, list[str]], done: Mapping[str, Task]) -> str:
    """Return 16 hex digits that change with the spec of a task, or of any member of a set."""
    if not entry.startswith(SET_PREFIX):
        return digest(_spec(done[entry])) if entry in done else digest("")
    return digest(sorted([name, _spec(done[name])] for name in members.get(entry, ()) if name in done))


def _spec(task: Task) -> str:
    """Return the hash that changes when the task would run again: fields that are ignored do not count."""
    return task.fingerprint.core or task.fingerprint.spec
