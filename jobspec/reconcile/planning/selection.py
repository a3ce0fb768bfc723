"""Which tasks a plan covers when a person selects some; the others are counted and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.files.patterns import glob
from jobspec.manifest.payload.names import queue_names
from jobspec.manifest.task import (
    Scope,
    Task,
    environment_option,
)
from jobspec.manifest.values import SET_PREFIX
from jobspec.quoting import quote
from jobspec.reconcile import tags
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning.plan import (
    Action,
    Plan,
    Update,
)
from jobspec.reconcile.planning.removed import name_of
from jobspec.reconcile.tags import Marks, TagKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from jobspec.reconcile.runs import Run

KINDS = ("name", "tag", "queue", "file")


class Selection(Struct, frozen=True):
    """The values of `--only` and `--exclude` as typed: a name, a glob, `set/…`, or `tag:…` and its like."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_by_file(self) -> bool:
        """Whether it selects by manifest file, which requires reading all manifests."""
        return any(text.startswith("file:") for text in (*self.only, *self.exclude))


ALL_TASKS = Selection()


class Traits(Struct, frozen=True):
    """What a declared or live task can be selected by."""

    names: frozenset[str]
    tags: frozenset[str]
    queues: frozenset[str]
    files: frozenset[str]
    sets: frozenset[str] = frozenset()


def traits(scope: Scope, tasks: Sequence[Task], runs: Iterable[Run]) -> dict[str, Traits]:
    """Return what each task can be selected by: from its manifest, or else from its runs."""
    live = {name_of(name, group): group for name, group in by_task(scope, runs).items()}
    of_runs = {name: _of_runs(name, group) for name, group in live.items()}
    return of_runs | {task.name: _of_task(task, of_runs.get(task.name)) for task in tasks}


def chosen(known: Mapping[str, Traits], selection: Selection, option: str = "") -> frozenset[str]:
    """Return the names of the selected tasks; `option` is the scope option that a suggested command needs.

    Raises `UsageError` for a selector that matches no task.
    """
    wanted = _fitting("--only", selection.only, known, option) if selection.only else set(known)
    return frozenset(wanted - _fitting("--exclude", selection.exclude, known, option))


def select(plan: Plan, known: Mapping[str, Traits], selection: Selection) -> tuple[Plan, frozenset[str]]:
    """Return the plan of the selected tasks, and the names of those left out.

    A renamed task has both names. Raises `UsageError` for a selector that matches no task: a misspelt
    `--only` would look like an empty plan, and a misspelt `--exclude` would exclude nothing.
    """
    option = environment_option(plan.scope)
    wanted = _fitting("--only", selection.only, known, option) if selection.only else known.keys()
    refused = _fitting("--exclude", selection.exclude, known, option)
    names = _names(plan, known)
    changes = tuple(c for c in plan.changes if names[c.task] & wanted and not names[c.task] & refused)
    left = {change.task for change in plan.changes} - {change.task for change in changes}
    return replace(plan, changes=changes), frozenset(left)


def _fitting(word: str, texts: Iterable[str], known: Mapping[str, Traits], option: str) -> set[str]:
    fitting: set[str] = set()
    for text in texts:
        fits = _selector(text)
        found = {name for name, task in known.items() if fits(task)}
        if not found:
            raise UsageError(
                f"{quote(f'{word} {text}')} matches no task",
                help=f"list the tasks: jobspec status{option}; "
                "select by name, glob, `set/…`, `tag:…`, `queue:…` or `file:…`",
                code="JS409",
            )
        fitting |= found
    return fitting


def _names(plan: Plan, known: Mapping[str, Traits]) -> dict[str, set[str]]:
    """Return the names of each task of the plan: its own, and its old one if it is being renamed."""
    names = {change.task: {change.task} for change in plan.changes}
    encoded = {tags.encoding(TagKey.TASK, name): name for name in known}
    for change in plan.changes:
        if change.action is Action.RENAME:
            before = (step.marks.task for step in change.steps if isinstance(step, Update) and step.marks)
            names[change.task] |= {encoded[task] for task in before if task in encoded}
    return names


def _selector(text: str) -> Callable[[Traits], bool]:
    if text.startswith(SET_PREFIX):
        name = text.removeprefix(SET_PREFIX)
        wanted, encoded = glob(name), tags.encoding(TagKey.SET, name)
        return lambda task: encoded in task.sets or any(map(wanted.matches, task.sets))
    kind, colon, rest = text.partition(":")
    if not colon:
        kind, rest = "name", text
    pattern = glob(rest)
    match kind:
        case "name":
            return lambda task: any(map(pattern.matches, task.names))
        case "tag":
            return lambda task: any(map(pattern.matches, task.tags))
        case "queue":
            return lambda task: any(map(pattern.matches, task.queues))
        case "file":
            return lambda task: any(pattern.matches(tail) for file in task.files for tail in _tails(file))
        case _:
            known = ", ".join(f"`{kind}:`" for kind in KINDS)
            raise UsageError(
                f"{quote(text)} is not a selector", help=f"write a name, a glob, `set/…`, or one of {known}"
            )


def _tails(file: str) -> Iterator[str]:
    """Yield `a/b/c.yaml`, `b/c.yaml` and `c.yaml`: the user may name a file from any working directory."""
    parts = file.split("/")
    return ("/".join(parts[start:]) for start in range(len(parts)))


def _of_task(task: Task, live: Traits | None) -> Traits:
    """Return the traits of a manifest; while its queue is only a name, its runs know the id."""
    known = live.queues if live is not None and task.names else frozenset[str]()
    return Traits(
        names=frozenset({task.name}),
        tags=frozenset(task.tags),
        queues=queue_names(task) | known,
        files=frozenset({task.origin.file}),
        sets=frozenset({task.set} if task.set else ()),
    )


def _of_runs(name: str, runs: Iterable[Run]) -> Traits:
    found = tuple(runs)
    return Traits(
        names=frozenset({name}),
        tags=frozenset(tag for run in found for tag in tags.user_tags(run.tags)),
        queues=frozenset(run.queue for run in found if run.queue),
        files=frozenset(),
        sets=frozenset(run.marks.set for run in found if isinstance(run.marks, Marks) and run.marks.set),
    )
