"""Convert a document to a task: merge the project's defaults under it, expand its expressions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Place, Severity
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.resolve.declarations import declared_values, task_of
from jobspec.manifest.resolve.expressions import expand, holds_expression, not_allowed_in
from jobspec.manifest.resolve.foreign_forms import replace_escapes
from jobspec.manifest.resolve.headers import first_key
from jobspec.manifest.task import ReadOrigin
from jobspec.manifest.validate.checking import check
from jobspec.manifest.validate.dependencies import dependency_places
from jobspec.manifest.validate.rules import task_problems
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, child, merge
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.task import Task


DEFAULTED = ("spec", "lifecycle")


class Inherited(Struct, frozen=True):
    """What a project adds to every task: the names for expressions, and defaults, already expanded."""

    context: ExpressionContext
    defaults: Mapping | None


def read_task(document: Mapping, inherited: Inherited) -> tuple[Task | None, Mapping, tuple[Diagnostic, ...]]:
    """Return the task of a document if it has no problems of shape, its merged tree, and its problems."""
    expanded, unexpanded = expand(document, inherited.context)
    merged, foreign = replace_escapes(_with_defaults(expanded, inherited.defaults))
    fixed = expressions_in(document, ("metadata", "allowPlaintext"))
    unreplaced = (*unexpanded, *fixed, *foreign, *without_value(child(merged, "spec", "env")))
    plain_values, misshapen = check("Task", merged)
    if plain_values is None:
        return None, merged, (*unreplaced, *unexplained(unreplaced, misshapen))
    problems = (*unreplaced, *task_problems(plain_values, merged))
    values = declared_values(plain_values)
    entries = (plain_values.get("lifecycle") or {}).get("dependsOn")
    places = (
        dict(_secret_places(merged)),
        dict(_name_places(merged)),
        dependency_places(merged, entries or ()),
    )
    origin = ReadOrigin(values.payload, name_place(merged), *places)
    return task_of(values, inherited.context.scope, origin), merged, problems


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
    for problem in misshapen:
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


def _with_defaults(document: Node, defaults: Mapping | None) -> Mapping:
    if not isinstance(document, Mapping):
        raise TypeError("a task is a map; `header_problem` comes first")
    entries = dict(document.entries)
    for part in DEFAULTED:
        below = defaults.get(part) if defaults is not None else None
        key, own = entries.get(part, (None, None))
        if isinstance(own, Scalar) and own.value is None and not own.is_absent:
            own, below = Mapping({}, own.at), None
        if own is None or (isinstance(own, Scalar) and own.value is None):
            at = first_key(document) if key is None else key.at
            key = key or Scalar(part, part, "", at)
            own = Mapping({}, at)
        if key is not None:
            entries[part] = (key, own if below is None else merge(below, own))
    shared = defaults.get("metadata") if defaults is not None else None
    if shared is not None and "metadata" in entries:
        key, own = entries["metadata"]
        entries["metadata"] = (key, with_shared_tags(shared, own))
    return replace(document, entries=entries)


def with_shared_tags(shared: Node, own: Node) -> Node:
    """Return metadata with the tags of `shared` before its own; with `tags: null`, it gets none of them."""
    tags = child(shared, "tags")
    if not isinstance(shared, Mapping) or not isinstance(own, Mapping) or not isinstance(tags, Sequence):
        return own
    given = own.get("tags")
    if given is None:
        return replace(own, entries={**own.entries, "tags": shared.entries["tags"]})
    if not isinstance(given, Sequence):
        return own
    known = {item.value for item in given.items if isinstance(item, Scalar)}
    added = (item for item in tags.items if not (isinstance(item, Scalar) and item.value in known))
    key = own.entries["tags"][0]
    return replace(own, entries={**own.entries, "tags": (key, replace(given, items=(*added, *given.items)))})
