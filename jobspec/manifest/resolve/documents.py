"""Documents become tasks: kind by kind, the project's defaults merged under each; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import Field

from jobspec.diagnostics import (
    Diagnostic,
    Place,
)
from jobspec.manifest.resolve.expressions import (
    ExpressionContext,
    expand,
    expand_variables,
    holds_expression,
    not_allowed_in,
)
from jobspec.manifest.resolve.foreign_forms import replace_escapes
from jobspec.manifest.schema.project import Defaults, ProjectDocument
from jobspec.manifest.schema.scalars import Model
from jobspec.manifest.schema.task_model import API_VERSION, KINDS, MergedTask
from jobspec.manifest.task import Scope, Task
from jobspec.manifest.validate.rules import task_problems
from jobspec.manifest.validate.shape import check
from jobspec.manifest.validate.wording import MAX_COMPARED
from jobspec.manifest.yaml.tree import Extent, Mapping, Node, Scalar, Sequence, child, merge
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map


DEFAULTED = ("spec", "lifecycle")


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a project gives every task: the names for expressions, and defaults, already expanded."""

    context: ExpressionContext
    defaults: Mapping | None


def header_problem(document: Node, *, by_default_pattern: bool) -> Diagnostic | None:
    """Why a document is no manifest at all: not a map, or of an unknown version or kind."""
    if not isinstance(document, Mapping):
        return Diagnostic(
            "JS201",
            "the document is not a manifest",
            place=document.at.place,
            label="must be a map",
            help=f"start with `apiVersion: {API_VERSION}` and `kind: Task`",
        )
    return _version_problem(document, by_default_pattern=by_default_pattern) or _kind_problem(document)


def _version_problem(document: Mapping, *, by_default_pattern: bool) -> Diagnostic | None:
    version = document.get("apiVersion")
    if isinstance(version, Scalar) and version.value == API_VERSION:
        return None
    advice = f"write `apiVersion: {API_VERSION}`"
    if version is None:
        if by_default_pattern:
            advice += "; if the file is not a manifest, list the manifests in `spec.manifests`"
        return Diagnostic(
            "JS202",
            "the document has no `apiVersion`",
            place=_first_key(document).place,
            label="`apiVersion` is missing here",
            help=advice,
        )
    shown = version.text if isinstance(version, Scalar) else "…"
    return Diagnostic(
        "JS202",
        f"unknown version {quote(shown)}",
        place=version.at.place,
        label=f"the only version is `{API_VERSION}`",
        help=advice,
    )


def _kind_problem(document: Mapping) -> Diagnostic | None:
    kind = document.get("kind")
    if isinstance(kind, Scalar) and kind.value in KINDS:
        return None
    known = " and ".join(map(quote, KINDS))
    if kind is None:
        return Diagnostic(
            "JS203",
            "the document has no `kind`",
            place=_first_key(document).place,
            label="`kind` is missing here",
            help="write `kind: Task`",
        )
    shown = kind.text if isinstance(kind, Scalar) else "…"
    close = get_close_matches(shown[:MAX_COMPARED].lower(), [name.lower() for name in KINDS], 1)
    meant = next((name for name in KINDS if close and name.lower() == close[0]), "Task")
    return Diagnostic(
        "JS203",
        f"unknown kind {quote(shown)}",
        place=kind.at.place,
        label=f"known are {known}",
        help=f"write `kind: {meant}`",
    )


def _first_key(document: Mapping) -> Extent:
    return next((key.at for key, _ in document.entries.values()), document.at)


def is_kind(document: Node, kind: str) -> bool:
    """Whether a document says it is of a kind."""
    node = child(document, "kind")
    return isinstance(node, Scalar) and node.value == kind


def read_task(document: Mapping, inherited: Inherited) -> tuple[Task | None, Mapping, tuple[Diagnostic, ...]]:
    """The task a document declares if nothing is wrong with it, its merged tree, and what is wrong."""
    expanded, unexpanded = expand(document, inherited.context)
    merged, foreign = replace_escapes(_with_defaults(expanded, inherited.defaults))
    fixed = _fixed(document, ("metadata", "allowPlaintext"))
    unreplaced = (*unexpanded, *fixed, *foreign, *_without_value(child(merged, "spec", "env")))
    model, misshapen = check(MergedTask, merged)
    if model is None:
        return None, merged, (*unreplaced, *_not_about(unreplaced, misshapen))
    problems = (*unreplaced, *task_problems(model, merged))
    name = child(merged, "metadata", "name")
    place = (merged if name is None else name).at.place
    task = Task(
        scope=inherited.context.scope,
        metadata=model.metadata,
        spec=model.spec,
        lifecycle=model.lifecycle,
        place=place,
        secret_places=dict(_secret_places(merged)),
    )
    return task, merged, problems


def _not_about(unexpanded: tuple[Diagnostic, ...], misshapen: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    """The problems of shape that are not those of an expression that could not be replaced."""
    expressions = [problem.place for problem in unexpanded if problem.place is not None]
    for problem in misshapen:
        place = problem.place
        if place is None or not any(_covers(place, expression) for expression in expressions):
            yield problem


def _covers(outer: Place, inner: Place) -> bool:
    same_file = outer.file == inner.file
    return same_file and outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _secret_places(node: Node) -> Iterator[tuple[str, Place]]:
    """Each reference to a secret, as `SecretRef` words it, and where it is written."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _secret_places(item)
    if not isinstance(node, Mapping):
        return
    for name, (key, value) in node.entries.items():
        source = next(iter(value.entries.items()), None) if isinstance(value, Mapping) else None
        if name == "secret" and source and isinstance(source[1][1], Scalar):
            yield f"secret {source[0]} {source[1][1].text}", key.at.place
        else:
            yield from _secret_places(value)


def _fixed(document: Node, *paths: tuple[str, ...]) -> Iterator[Diagnostic]:
    """An error for each expression in a field that is read before anything is expanded."""
    for path in paths:
        node = child(document, *path)
        for scalar in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(scalar, Scalar) and holds_expression(scalar):
                yield not_allowed_in(scalar, quote(".".join(path)))


def _without_value(env: Node | None) -> Iterator[Diagnostic]:
    """An error for each variable behind which nothing is written; a written `null` removes one."""
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
            at = _first_key(document) if key is None else key.at
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
    """Metadata with the tags of `shared` before its own; `tags: null` gets none of them."""
    tags = child(shared, "tags")
    if not isinstance(shared, Mapping) or not isinstance(own, Mapping) or not isinstance(tags, Sequence):
        return own
    given = own.get("tags")
    if given is None:
        return replace(own, entries={**own.entries, "tags": shared.entries["tags"]})
    if not isinstance(given, Sequence):
        return own
    known = {item.text for item in given.items if isinstance(item, Scalar)}
    added = (item for item in tags.items if not (isinstance(item, Scalar) and item.text in known))
    key = own.entries["tags"][0]
    return replace(own, entries={**own.entries, "tags": (key, replace(given, items=(*added, *given.items)))})


class _DefaultsDocument(Model):
    """Defaults on their own, so that what is wrong with them is told once and at its place."""

    defaults: Defaults = Field(description="What is merged under every task.")


@dataclass(frozen=True, slots=True)
class Variant:
    """A project in one environment, or in none."""

    environment: str | None
    document: Mapping

    @property
    def defaults(self) -> Mapping | None:
        """The project's defaults with those of the environment merged over them, not yet expanded."""
        merged = self._merged("defaults")
        shared = child(self.document, "spec", "defaults", "metadata")
        own = self._of_environment("defaults")
        if merged is None or shared is None or not isinstance(own, Mapping) or own.get("metadata") is None:
            return merged
        key, metadata = own.entries["metadata"]
        together = (key, with_shared_tags(shared, metadata))
        return replace(merged, entries={**merged.entries, "metadata": together})

    def _merged(self, field: str) -> Mapping | None:
        own = child(self.document, "spec", field)
        over = None if self.environment is None else self._of_environment(field)
        result = over if own is None else (own if over is None else merge(own, over))
        return result if isinstance(result, Mapping) else None

    def _of_environment(self, field: str) -> Node | None:
        return child(self.document, "spec", "environments", self.environment or "", field)

    def inherited(self, project: str, *, is_plain: bool) -> tuple[Inherited, tuple[Diagnostic, ...]]:
        """What every task gets in this variant, and what is wrong with it.

        `is_plain` says that no variable of the file holds an expression.
        """
        scope, variables = Scope(project, self.environment), self._merged("vars")
        unresolved: tuple[Diagnostic, ...] = ()
        if not is_plain:
            variables, unresolved = expand_variables(variables, scope)
        context, defaults = ExpressionContext(variables, scope), self.defaults
        if defaults is None:
            return Inherited(context, None), unresolved
        expanded, problems = expand(defaults, context)
        usable = expanded if isinstance(expanded, Mapping) else None
        return Inherited(context, usable), (*unresolved, *_flaws(expanded, problems))


def _flaws(expanded: Node, problems: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    """What is wrong with expanded defaults, behind what could not be expanded."""
    key = Scalar("defaults", "defaults", "", expanded.at)
    document, foreign = replace_escapes(Mapping({"defaults": (key, expanded)}, expanded.at))
    unreplaced = (*problems, *foreign, *_without_value(child(document, "defaults", "spec", "env")))
    _, misshapen = check(_DefaultsDocument, document)
    yield from unreplaced
    yield from _not_about(unreplaced, misshapen)


def has_plain_variables(document: Mapping) -> bool:
    """Whether no variable of a project, in whatever environment, holds an expression."""
    environments = child(document, "spec", "environments")
    entries = environments.entries.values() if isinstance(environments, Mapping) else ()
    found = [child(document, "spec", "vars"), *(child(value, "vars") for _, value in entries)]
    return not any(node is not None and holds_expression(node) for node in found)


def expand_project(
    document: Mapping, contexts: Map[str | None, ExpressionContext], chosen: str | None
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Return the project with the expressions in its own fields replaced, and what could not be.

    Those of an environment are replaced with the variables of that environment. `vars` and `defaults` stay
    as they are: each variant has its own.
    """
    refused = tuple(_fixed(document, ("metadata", "name"), ("metadata", "allowPlaintext")))
    spec = document.get("spec")
    own, problems = _expanded_but(document, {"spec"}, contexts.get(chosen))
    if not isinstance(spec, Mapping):
        return own, (*refused, *problems)
    fields, more = _expanded_but(spec, {"vars", "defaults", "environments"}, contexts.get(chosen))
    environments, others = _expanded_environments(spec.get("environments"), contexts)
    if environments is not None:
        fields = _with(fields, "environments", environments)
    return _with(own, "spec", fields), (*refused, *problems, *more, *others)


def _expanded_environments(
    node: Node | None, contexts: Map[str | None, ExpressionContext]
) -> tuple[Node | None, list[Diagnostic]]:
    if not isinstance(node, Mapping):
        return node, []
    problems = [
        not_allowed_in(key, "the name of an environment")
        for key, _ in node.entries.values()
        if holds_expression(key)
    ]
    entries = {}
    for name, (key, value) in node.entries.items():
        if isinstance(value, Mapping):
            value, more = _expanded_but(value, {"vars", "defaults"}, contexts.get(name))  # noqa: PLW2901
            problems += more
        entries[name] = (key, value)
    return replace(node, entries=entries), problems


def _expanded_but(
    node: Mapping, kept: set[str], context: ExpressionContext | None
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """A map with its expressions replaced, but for those below some keys."""
    part = replace(node, entries={name: entry for name, entry in node.entries.items() if name not in kept})
    expanded, problems = (part, ()) if context is None else expand(part, context)
    if not isinstance(expanded, Mapping):
        raise TypeError("a map stays one")
    entries = {name: expanded.entries.get(name, entry) for name, entry in node.entries.items()}
    return replace(node, entries=entries), problems


def _with(node: Mapping, name: str, value: Node) -> Mapping:
    return replace(node, entries={**node.entries, name: (node.entries[name][0], value)})


def read_project(
    document: Mapping, unexpanded: tuple[Diagnostic, ...]
) -> tuple[ProjectDocument | None, tuple[Diagnostic, ...]]:
    """The project that an expanded document declares, and what is wrong with it.

    It is without its defaults: `Variant.inherited` checks those.
    """
    pruned, foreign = replace_escapes(_without_defaults(document))
    unreplaced = (*unexpanded, *foreign)
    model, misshapen = check(ProjectDocument, pruned)
    return model if not unreplaced else None, (*unreplaced, *_not_about(unreplaced, misshapen))


def _without_defaults(document: Mapping) -> Mapping:
    spec = document.get("spec")
    if not isinstance(spec, Mapping):
        return document
    entries = {name: entry for name, entry in spec.entries.items() if not _is_map_of_defaults(name, entry[1])}
    environments = entries.get("environments")
    if environments is not None and isinstance(environments[1], Mapping):
        pruned = {
            name: (key, _pruned_environment(value)) for name, (key, value) in environments[1].entries.items()
        }
        entries["environments"] = (environments[0], replace(environments[1], entries=pruned))
    pruned_spec = replace(spec, entries=entries)
    return replace(document, entries={**document.entries, "spec": (document.entries["spec"][0], pruned_spec)})


def _pruned_environment(environment: Node) -> Node:
    if not isinstance(environment, Mapping):
        return environment
    kept = {
        name: entry for name, entry in environment.entries.items() if not _is_map_of_defaults(name, entry[1])
    }
    return replace(environment, entries=kept)


def _is_map_of_defaults(name: str, value: Node) -> bool:
    return name == "defaults" and isinstance(value, Mapping)


def variants(document: Mapping, chosen: str | None) -> Iterator[Variant]:
    """The project as it is chosen, first; then in each other environment, whose mistakes are told too."""
    yield Variant(chosen, document)
    environments = child(document, "spec", "environments")
    if isinstance(environments, Mapping):
        yield from (Variant(name, document) for name in environments.entries if name != chosen)
