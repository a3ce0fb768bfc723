"""Convert a document to a task: merge the project's defaults under it, expand its expressions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.diagnostics import Diagnostic, Place, Severity
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.resolve.composition.earlier import earlier_tree
from jobspec.manifest.resolve.composition.layers import NO_TEMPLATES, Templates, above, extended, with_base
from jobspec.manifest.resolve.composition.problems import UNKNOWN_TEMPLATE, unknown_templates
from jobspec.manifest.resolve.composition.removals import useless_removals
from jobspec.manifest.resolve.declarations import declared_values, task_of
from jobspec.manifest.resolve.expressions import expand, holds_expression, not_allowed_in
from jobspec.manifest.resolve.foreign_forms import replace_escapes
from jobspec.manifest.task import ReadOrigin
from jobspec.manifest.validate.checking import check
from jobspec.manifest.validate.dependencies import dependency_places
from jobspec.manifest.validate.rules import task_problems
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, child
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.manifest.task import Task


class Inherited(Struct, frozen=True):
    """What a project adds to tasks: the names for expressions, defaults, already expanded, and templates."""

    context: ExpressionContext
    defaults: Mapping | None
    templates: Templates = NO_TEMPLATES
    earlier: Mapping | None = None
    """The keyed lists of the defaults as releases before 0.2 read them; None without such lists."""


def read_task(document: Mapping, inherited: Inherited) -> tuple[Task | None, Mapping, tuple[Diagnostic, ...]]:
    """Return the task of a document if it has no problems of shape, its merged tree, and its problems."""
    expanded, unexpanded = expand(document, inherited.context)
    if not isinstance(expanded, Mapping):
        raise TypeError("a task is a map; `header_problem` comes first")
    base, unmerged = _base(expanded, inherited)
    composed = with_base(expanded, base)
    merged, foreign = replace_escapes(composed)
    fixed = expressions_in(document, ("metadata", "allowPlaintext"))
    unreplaced = (
        *unexpanded,
        *unmerged,
        *useless_removals(expanded, base),
        *fixed,
        *foreign,
        *without_value(child(merged, "spec", "env")),
    )
    plain_values, misshapen = check("Task", merged)
    if plain_values is None:
        unknown = any(problem.code == UNKNOWN_TEMPLATE for problem in unmerged)
        follows = [one for one in misshapen if not (unknown and one.code == "JS205")]
        return None, merged, (*unreplaced, *unexplained(unreplaced, tuple(follows)))
    problems = (*unreplaced, *task_problems(plain_values, merged))
    values = declared_values(plain_values, _earlier(expanded, composed, inherited))
    entries = (plain_values.get("lifecycle") or {}).get("dependsOn")
    places = (
        dict(_secret_places(merged)),
        dict(_name_places(merged)),
        dependency_places(merged, entries or ()),
    )
    origin = ReadOrigin(values.payload, name_place(merged), *places)
    return task_of(values, inherited.context.scope, origin), merged, problems


def _earlier(document: Mapping, composed: Mapping, inherited: Inherited) -> Map[str, Any] | None:
    """Return the values of a task as releases before 0.2 composed it, if they were valid and differ."""
    if inherited.earlier is None or extended(document):
        return None
    tree = earlier_tree(document, inherited.earlier, composed)
    return None if tree is None else check("Task", replace_escapes(tree)[0])[0]


def _base(document: Mapping, inherited: Inherited) -> tuple[Mapping | None, tuple[Diagnostic, ...]]:
    """Return what is merged under an expanded document, and the problems with the templates it extends."""
    names, templates = extended(document), inherited.templates
    problems = list(unknown_templates(names, templates.by_name, templates.elsewhere))
    known = tuple(str(name.value) for name in names if name.value in templates.by_name)
    layers = templates.under(known, inherited.defaults)
    base = layers.base
    for layer in layers.deferred:
        expanded, unexpanded = expand(layer, inherited.context)
        problems += unexpanded
        base = above(base, expanded if isinstance(expanded, Mapping) else layer)
    return base, tuple(problems)


def name_place(document: Mapping) -> Place:
    """Return the place of a task's name."""
    name = child(document, "metadata", "name")
    return (document if name is None else name).at.place


def unexplained(
    unexpanded: tuple[Diagnostic, ...], misshapen: tuple[Diagnostic, ...]
) -> Iterator[Diagnostic]:
    """Yield the problems of shape that no unexpanded expression explains."""
    errors = (problem for problem in unexpanded if problem.severity is Severity.ERROR)
    expressions = [problem.place for problem in errors if problem.place is not None]
    yield from unexplained_at(expressions, misshapen)


def unexplained_at(expressions: Collection[Place], problems: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the problems that no expression at one of the places explains."""
    for problem in problems:
        place = problem.place
        if place is None or not any(_covers(place, expression) for expression in expressions):
            yield problem


def _covers(outer: Place, inner: Place) -> bool:
    same_file = outer.file == inner.file
    return same_file and outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _secret_places(node: Node) -> Iterator[tuple[str, Place]]:
    """Yield each reference to a secret, in the wording of `SecretRef`, and its place."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _secret_places(item)
    if not isinstance(node, Mapping):
        return
    for name, (key, value) in node.entries.items():
        source = next(iter(value.entries.items()), None) if isinstance(value, Mapping) else None
        if name == "secret" and source and isinstance(source[1][1], Scalar):
            yield f"secret {source[0]} {source[1][1].value}", key.at.place
        else:
            yield from _secret_places(value)


def _name_places(document: Mapping) -> Iterator[tuple[str, Place]]:
    """Yield each name in place of an id, in the wording of `NameRef`, and its place."""
    storages = child(document, "spec", "storages")
    named = [("queue", child(document, "spec", "resourceQueue"))]
    named += [("vepfs", one) for one in (storages.items if isinstance(storages, Sequence) else ())]
    for kind, node in named:
        name = node.get("name") if isinstance(node, Mapping) else None
        if isinstance(name, Scalar):
            yield f"{kind} {name.value}", name.at.place


def expressions_in(document: Node, *paths: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Yield an error for each expression in a field that is read before the expansion."""
    for path in paths:
        node = child(document, *path)
        for scalar in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(scalar, Scalar) and holds_expression(scalar):
                yield not_allowed_in(scalar, quote(".".join(path)))


def without_value(env: Node | None) -> Iterator[Diagnostic]:
    """Yield an error for each variable without a value; a written `null` removes an inherited one."""
    for name, (key, value) in env.entries.items() if isinstance(env, Mapping) else ():
        if isinstance(value, Scalar) and value.is_absent and not value.expression:
            yield Diagnostic(
                "JS205",
                f"{quote(name)} in `spec.env` has no value",
                place=key.at.place,
                label="the value is missing",
                help="write "
                + quote(f'{name}: ""')
                + " for an empty text, or "
                + quote(f"{name}: null")
                + " to remove an inherited one",
            )
