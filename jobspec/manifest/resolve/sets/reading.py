"""Convert a `TaskSet` document to its tasks, with all problems. Pure.

A mistake in the template is reported once, at its own place, with the first cell that has it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.resolve.expressions import expand
from jobspec.manifest.resolve.sets import problems
from jobspec.manifest.resolve.sets.axes import axes_of
from jobspec.manifest.resolve.sets.cells import Cell, cells_of, unread_names
from jobspec.manifest.resolve.sets.template import CellTemplate
from jobspec.manifest.resolve.tasks import expressions_in, name_place, unexplained
from jobspec.manifest.task import SetRules, Task
from jobspec.manifest.validate.checking import check
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, child, weight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jobspec.manifest.resolve.quick import QuickTerms
    from jobspec.manifest.resolve.tasks import Inherited

_MAX_EXPLAINED = 20
"""Maximum number of flawed cells that are read with positions: others mostly have the same mistakes."""


class ReadSet(Struct, frozen=True):
    """What a document declares: its rules, its tasks, and all problems."""

    rules: SetRules | None = None
    tasks: tuple[Task, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    template: Mapping | None = None
    """The document of each task, not expanded: the places of its fields are those of every task."""


def read_set(
    document: Mapping,
    inherited: Inherited,
    quick: QuickTerms | None,
    *,
    count: Callable[[int], None],
) -> ReadSet:
    """Return the tasks of a set. `count` is called with the numbers of values that it adds."""
    known, found = _checked(document, inherited)
    if known is None:
        return ReadSet(problems=found)
    spec = child(known, "spec")
    if not isinstance(spec, Mapping):
        raise TypeError("a valid set has a spec")
    axes, unusable = axes_of(spec)
    template = CellTemplate.of(known, inherited, quick)
    cells: list[Cell] = []
    if not _has_error(unusable):
        cells, more = cells_of(spec, axes, count, hidden=template.hidden)
        unusable += more
    if _has_error((*found, *unusable)):
        return ReadSet(problems=(*found, *unusable))
    unusable += unread_names(spec, axes.names, template.names)
    tasks, flaws = _tasks(template, cells, count)
    by_name: dict[str, Task] = {}
    for task in tasks:
        if task is not None:
            by_name.setdefault(task.name, task)
    names = () if _has_error(flaws) else _same_names(tasks, cells, template)
    return ReadSet(
        rules=_rules(known, by_name),
        tasks=tuple(by_name.values()),
        problems=(*found, *unusable, *flaws, *names),
        template=template.document,
    )


def between_sets(sets: Iterable[SetRules]) -> Iterator[Diagnostic]:
    """Yield an error for each set whose name another set has."""
    first: dict[str, SetRules] = {}
    for rules in sorted(sets, key=lambda one: one.place):
        other = first.setdefault(rules.name, rules)
        if other is not rules:
            yield problems.same_set_name(rules.name, rules.place, other.place)


def _checked(document: Mapping, inherited: Inherited) -> tuple[Mapping | None, tuple[Diagnostic, ...]]:
    """Return the set with the expressions outside of its template expanded; None if it is not valid."""
    template = child(document, "spec", "template")
    rest = _with_template(document, Mapping({}, template.at)) if isinstance(template, Mapping) else document
    expanded, unexpanded = expand(rest, inherited.context)
    if not isinstance(expanded, Mapping):
        raise TypeError("a map stays one")
    values, misshapen = check("TaskSet", expanded)
    fixed = expressions_in(document, ("metadata", "name"), ("metadata", "allowPlaintext"))
    flaws = (*unexpanded, *fixed)
    if values is None or template is None or _has_error(flaws):
        return None, (*flaws, *unexplained(flaws, misshapen))
    return _with_template(expanded, template), flaws


def _with_template(document: Mapping, template: Node) -> Mapping:
    """Return a set with another template."""
    key, spec = document.entries["spec"]
    if not isinstance(spec, Mapping):
        raise TypeError("a set with a template has a spec")
    name, _ = spec.entries["template"]
    changed = replace(spec, entries={**spec.entries, "template": (name, template)})
    return replace(document, entries={**document.entries, "spec": (key, changed)})


def _has_error(found: Iterable[Diagnostic]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in found)


def _tasks(
    template: CellTemplate, cells: list[Cell], count: Callable[[int], None]
) -> tuple[list[Task | None], list[Diagnostic]]:
    """Return the task of each cell, or None, and the problems of the template, each once."""
    found: dict[tuple[object, ...], Diagnostic] = {}
    tasks: list[Task | None] = []
    explained = 0
    count(weight(template.document) * len(cells) + sum(weight(cell.values) for cell in cells))
    for cell, quick in zip(cells, template.quick_tasks(cells, count), strict=True):
        task = quick
        if task is None:
            count(0)
            task, _, flaws = template.exact_task(cell)
            explained += _has_error(flaws)
            for flaw in flaws:
                found.setdefault((flaw.code, flaw.place), template.in_cell(flaw, cell))
        tasks.append(task)
        if explained > _MAX_EXPLAINED:  # the set has errors, so that its other tasks do not matter
            break
    return tasks, list(islice(found.values(), MAX_PROBLEMS + 1))


def _same_names(tasks: list[Task | None], cells: list[Cell], template: CellTemplate) -> Iterator[Diagnostic]:
    first: dict[str, Cell] = {}
    for task, cell in zip(tasks, cells, strict=True):
        if task is None:
            continue
        other = first.setdefault(task.name, cell)
        if other is not cell:
            yield problems.same_task_name(task.name, template.place, (other, cell))
            return


def _rules(task_set: Mapping, members: Iterable[str]) -> SetRules:
    spec = child(task_set, "spec")

    def number(field: str) -> int | None:
        node = child(spec, field)
        return node.value if isinstance(node, Scalar) and isinstance(node.value, int) else None

    cancels = child(spec, "onMaxFailed")
    name = child(task_set, "metadata", "name")
    return SetRules(
        name=name.text if isinstance(name, Scalar) else "",
        members=tuple(members),
        place=name_place(task_set),
        max_active=number("maxActive"),
        max_failed=number("maxFailed"),
        on_max_failed="Cancel" if isinstance(cancels, Scalar) and cancels.value == "Cancel" else "Continue",
    )
