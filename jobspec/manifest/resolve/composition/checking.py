"""Read the templates of a project, and report their mistakes once, whether a task uses them or not. Pure."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from jobspec.manifest.resolve.composition.layers import (
    MAX_LEVELS,
    TemplateLayer,
    Templates,
    extended,
)
from jobspec.manifest.resolve.composition.problems import circle, too_many_levels, unknown_templates
from jobspec.manifest.resolve.expressions import expand
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.diagnostics import Diagnostic, Place
    from jobspec.manifest.expressions.evaluating import ExpressionContext
    from jobspec.manifest.yaml.tree import Extent

_OF_A_CELL = re.compile(r"\$\{\{(?:(?!\}\}).)*(?<![\w.'\"-])matrix\b", re.DOTALL)
"""An expression that refers to the values of a cell."""


class ReadTemplates(NamedTuple):
    """The templates of a project: for tasks, and for their own check."""

    templates: Templates
    expanded: Mapping
    """The map of them. What refers to the values of a cell is left as it is written."""
    cells: tuple[Place, ...]
    """The places of what refers to the values of a cell."""
    problems: tuple[Diagnostic, ...]


def read_templates(
    written: Mapping, context: ExpressionContext, places: Map[str, tuple[Extent, ...]]
) -> ReadTemplates:
    """Return templates from a map of them, and the problems with their expressions.

    The values of a cell are not known here: they are no problem, unless in the template of a plain task.
    """
    aside: dict[int, Scalar] = {}
    held = _held(written, aside)
    expanded, problems = expand(held, context, is_of_templates=True)
    restored = _restored(expanded, aside)
    layers = restored if isinstance(restored, Mapping) else written
    templates = Templates(dict(_templates(written, layers)), places)
    return ReadTemplates(templates, layers, tuple(one.at.place for one in aside.values()), problems)


def _templates(written: Mapping, expanded: Mapping) -> Iterator[tuple[str, TemplateLayer]]:
    for name, (_, layer) in written.entries.items():
        whole = expanded.get(name)
        if isinstance(layer, Mapping) and isinstance(whole, Mapping):
            parents = tuple(str(one.value) for one in extended(whole))
            is_deferred = _held(layer, {}) is not layer
            yield name, TemplateLayer(layer if is_deferred else whole, parents, is_deferred)


def _held(node: Node, aside: dict[int, Scalar]) -> Node:
    """Return a tree without what refers to the values of a cell, which is put aside by its substitute."""
    if isinstance(node, Scalar):
        if not _OF_A_CELL.search(node.text):
            return node
        substitute = replace(node, value=None, text="")
        aside[id(substitute)] = node
        return substitute
    return _mapped(node, lambda one: _held(one, aside))


def _restored(node: Node, aside: Map[int, Scalar]) -> Node:
    if isinstance(node, Scalar):
        return aside.get(id(node), node)
    return _mapped(node, lambda one: _restored(one, aside)) if aside else node


def _mapped(node: Mapping | Sequence, change: Callable[[Node], Node]) -> Node:
    """Return a map or a list with its values changed; the same if none of them is."""
    if isinstance(node, Mapping):
        entries = {name: (key, change(value)) for name, (key, value) in node.entries.items()}
        is_same = all(entry[1] is node.entries[name][1] for name, entry in entries.items())
        return node if is_same else replace(node, entries=entries)
    items = tuple(map(change, node.items))
    return node if all(map(operator.is_, items, node.items)) else replace(node, items=items)


def extension_problems(templates: Mapping, elsewhere: Map[str, str]) -> Iterator[Diagnostic]:
    """Yield the errors in the `extends` of expanded templates: unknown names, and circles."""
    names = {name: extended(layer) for name, (_, layer) in templates.entries.items()}
    for own in names.values():
        yield from unknown_templates(own, names, elsewhere)
    levels = _levels(names)
    yield from _circles({name: own for name, own in names.items() if name not in levels})
    deep = next((name for name, level in levels.items() if level > MAX_LEVELS), None)
    if deep is not None:
        yield too_many_levels(templates.entries[deep][0], MAX_LEVELS)


def _levels(names: Map[str, tuple[Scalar, ...]]) -> dict[str, int]:
    """Return how many levels of templates are below each; those that lead into a circle are left out."""
    levels: dict[str, int] = {}
    above: dict[str, list[str]] = {name: [] for name in names}
    missing: dict[str, int] = {}
    for name, own in names.items():
        parents = {str(one.value) for one in own if one.value in names}
        missing[name] = len(parents)
        for parent in parents:
            above[parent].append(name)
    ready = [(name, 0) for name, count in missing.items() if not count]
    for name, level in ready:  # it grows: a template is ready after all that it extends
        levels[name] = level
        for child in above[name]:
            missing[child] -= 1
            if not missing[child]:
                ready.append((child, level + 1))
    return levels


def _circles(names: Map[str, tuple[Scalar, ...]]) -> Iterator[Diagnostic]:
    """Yield one error for each circle that following the first possible name of each template finds."""
    seen: set[str] = set()
    for start in names:
        path: dict[str, Scalar] = {}
        name = start
        while name not in seen:
            seen.add(name)
            path[name] = next(one for one in names[name] if one.value in names)
            name = str(path[name].value)
        if name in path:
            steps = list(path)
            yield circle([path[step] for step in steps[steps.index(name) :]])
