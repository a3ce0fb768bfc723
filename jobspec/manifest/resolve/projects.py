"""Convert a document to a project, with what its tasks inherit in each environment. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.expressions.given import Merged, declared_in, with_given
from jobspec.manifest.expressions.outside import OF_SURROUNDINGS
from jobspec.manifest.resolve.composition import merging
from jobspec.manifest.resolve.composition.checking import ReadTemplates, extension_problems, read_templates
from jobspec.manifest.resolve.composition.earlier import earlier_lists
from jobspec.manifest.resolve.composition.layers import Templates
from jobspec.manifest.resolve.composition.problems import only_in, removed_by
from jobspec.manifest.resolve.expressions import (
    expand,
    expand_variables,
    holds_expression,
    not_allowed_in,
)
from jobspec.manifest.resolve.foreign_forms import replace_escapes
from jobspec.manifest.resolve.tasks import (
    Inherited,
    expressions_in,
    unexplained,
    unexplained_at,
    without_value,
)
from jobspec.manifest.task import Scope
from jobspec.manifest.validate.checking import check
from jobspec.manifest.validate.rules import item_problems
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, child, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from collections.abc import Mapping as Map

    from jobspec.manifest.expressions.outside import Outside
    from jobspec.manifest.yaml.tree import Extent


_LAYERS = ("defaults", "templates")
"""The fields of a project and of its environments that are checked as layers, after they are merged."""
_OF_VARIANTS = ("vars", *_LAYERS)
"""The fields whose expressions are expanded for each environment."""
_ALWAYS_READ = frozenset({*_OF_VARIANTS, "manifests"})
"""Without the patterns of another environment, its manifests would belong to this one."""


class Variant(Struct, frozen=True):
    """A project in one environment, or in none."""

    environment: str | None
    document: Mapping

    @property
    def defaults(self) -> Mapping | None:
        """The project's defaults, overridden by those of the environment, not yet expanded."""
        return self._layered("defaults", merging.merge)

    @property
    def templates(self) -> Mapping | None:
        """The project's templates, overridden by those of the environment, not yet expanded.

        An environment removes a template with null.
        """
        merged = self._layered("templates", _templates)
        if merged is None:
            return None
        entries = {name: entry for name, entry in merged.entries.items() if not _is_removed(entry[1])}
        return replace(merged, entries=entries)

    def _template_extents(self) -> dict[str, tuple[Extent, ...]]:
        own, over = child(self.document, "spec", "templates"), self._of_environment("templates")
        written: dict[str, tuple[Extent, ...]] = {}
        for node in (own, over):
            for name, (_, value) in node.entries.items() if isinstance(node, Mapping) else ():
                written[name] = (*written.get(name, ()), value.at)
        return written

    def _checked_templates(self, context: ExpressionContext) -> tuple[Templates, tuple[Diagnostic, ...]]:
        written, elsewhere = self.templates, self._templates_elsewhere()
        if written is None:
            return Templates(elsewhere=elsewhere), ()
        read = read_templates(written, context, self._template_extents())
        return replace(read.templates, elsewhere=elsewhere), _template_problems(read, elsewhere)

    def _templates_elsewhere(self) -> dict[str, str]:
        """Return what to do about each template that this environment removes, or that only others have."""
        environments = child(self.document, "spec", "environments")
        names = environments.entries if isinstance(environments, Mapping) else {}
        found: dict[str, str] = {}
        for name in names:
            others = child(self.document, "spec", "environments", name, "templates")
            for template, (_, layer) in others.entries.items() if isinstance(others, Mapping) else ():
                if not _is_removed(layer):
                    found.setdefault(template, only_in(name))
        own, over = child(self.document, "spec", "templates"), self._of_environment("templates")
        for template, (_, layer) in over.entries.items() if isinstance(over, Mapping) else ():
            if _is_removed(layer) and isinstance(own, Mapping) and template in own.entries:
                found[template] = removed_by(self.environment or "", template)
        return found

    def _layered(self, field: str, merged: Callable[[Node, Node], Node]) -> Mapping | None:
        own = child(self.document, "spec", field)
        over = None if self.environment is None else self._of_environment(field)
        result = over if own is None else (own if over is None else merged(own, over))
        return result if isinstance(result, Mapping) else None

    def _of_environment(self, field: str) -> Node | None:
        return child(self.document, "spec", "environments", self.environment or "", field)

    def inherited(
        self, project: str, outside: Outside, *, is_plain: bool
    ) -> tuple[Inherited, tuple[Diagnostic, ...]]:
        """Return what every task inherits in this variant, and its problems.

        `is_plain` means that no variable of the file contains an expression.
        """
        scope, variables = Scope(project, self.environment), self._layered("vars", merge)
        unresolved: tuple[Diagnostic, ...] = ()
        if outside.given:
            variables = self.given(project, outside, is_plain=is_plain).variables
        if not is_plain:
            variables, unresolved = expand_variables(variables, scope, outside)
        context = ExpressionContext(variables, scope, outside=outside)
        defaults, flaws = _defaults(self.defaults, context)
        templates, more = self._checked_templates(context)
        earlier = self._earlier(context)
        return Inherited(context, defaults, templates, earlier), (*unresolved, *flaws, *more)

    def _earlier(self, context: ExpressionContext) -> Mapping | None:
        own, over = child(self.document, "spec", "defaults"), self._of_environment("defaults")
        lists = earlier_lists(self.defaults, own, None if self.environment is None else over)
        expanded = None if lists is None else expand(lists, context)[0]
        return expanded if isinstance(expanded, Mapping) else None

    def given(self, project: str, outside: Outside, *, is_plain: bool) -> Merged:
        """Return the variables with the values that were given outside, and those that do not fit."""
        variables, declared = self._layered("vars", merge), declared_in(self.document, self.environment)
        expanded = variables
        if not is_plain:  # a variable has the type of its expanded value
            expanded, _ = expand_variables(variables, Scope(project, self.environment), outside.apart())

        def like(name: str) -> Node | None:
            known = declared.get(name)
            found = known if expanded is None else expanded.get(name) or known
            is_open = (
                isinstance(found, Scalar) and bool(found.text) and holds_expression(found) and found is known
            )
            return Scalar(None, "", "", found.at) if is_open and found is not None else found

        return with_given(variables, outside.effective.values(), like)


def _templates(under: Node, over: Node) -> Node:
    """Return templates with those of an environment merged over them, each as a layer."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    entries = dict(under.entries)
    for name, (key, layer) in over.entries.items():
        found = entries.get(name)
        entries[name] = (key, layer if found is None else merging.merge(found[1], layer))
    return replace(over, entries=entries)


def _is_removed(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None and not node.is_absent


def _defaults(
    written: Mapping | None, context: ExpressionContext
) -> tuple[Mapping | None, tuple[Diagnostic, ...]]:
    """Return expanded defaults and their problems, after the problems of the expansion."""
    if written is None:
        return None, ()
    expanded, problems = expand(written, context)
    document, foreign = replace_escapes(_wrapped("defaults", expanded))
    unreplaced = (*problems, *foreign, *without_value(child(document, "defaults", "spec", "env")))
    values, misshapen = check("Defaults", document)
    flaws = (*unreplaced, *unexplained(unreplaced, misshapen))
    if values is not None:
        flaws = (*flaws, *item_problems(values["defaults"], expanded))
    return expanded if isinstance(expanded, Mapping) else None, flaws


def _template_problems(read: ReadTemplates, elsewhere: Map[str, str]) -> tuple[Diagnostic, ...]:
    """Return the problems of templates, except with what has a value only in a cell of a set."""
    _, expanded, cells, problems = read
    document, foreign = replace_escapes(_wrapped("templates", expanded))
    entries = expanded.entries
    empty = (one for _, layer in entries.values() for one in without_value(child(layer, "spec", "env")))
    unreplaced = (*problems, *foreign, *empty)
    values, misshapen = check("Templates", document)
    shape = unexplained_at(cells, tuple(unexplained(unreplaced, misshapen)))
    flaws = [*unreplaced, *shape, *extension_problems(expanded, elsewhere)]
    if values is not None:
        for name, layer in values["templates"].items():
            flaws += item_problems(layer or {}, entries[name][1])
    return tuple(flaws)


def _wrapped(field: str, node: Node) -> Mapping:
    return Mapping({field: (Scalar(field, field, "", node.at), node)}, node.at)


def has_plain_variables(document: Mapping) -> bool:
    """Whether no variable of a project, in any environment, contains an expression."""
    environments = child(document, "spec", "environments")
    entries = environments.entries.values() if isinstance(environments, Mapping) else ()
    found = [child(document, "spec", "vars"), *(child(value, "vars") for _, value in entries)]
    return not any(node is not None and holds_expression(node) for node in found)


def expand_project(
    document: Mapping, contexts: Map[str | None, ExpressionContext], chosen: str | None
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Return the project with the expressions in its own fields expanded, and the problems.

    The expressions of an environment are expanded with its own variables. `vars`, `defaults` and `templates`
    are not changed: each variant has its own.
    """
    refused = tuple(
        expressions_in(document, ("metadata", "name"), ("metadata", "allowPlaintext"), ("spec", "allowEnv"))
    )
    spec = document.get("spec")
    own, problems = _expanded_but(document, {"spec"}, contexts.get(chosen))
    if not isinstance(spec, Mapping):
        return own, (*refused, *problems)
    kept = {*_OF_VARIANTS, "environments", "allowEnv"}
    fields, more = _expanded_but(spec, kept, contexts.get(chosen))
    environments, others = _expanded_environments(spec.get("environments"), contexts, chosen)
    if environments is not None:
        fields = _with(fields, "environments", environments)
    return _with(own, "spec", fields), (*refused, *problems, *more, *others)


def _expanded_environments(
    node: Node | None, contexts: Map[str | None, ExpressionContext], chosen: str | None
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
            context = contexts.get(name)
            if name != chosen and context is not None:
                value = _without_unavailable(value, context)  # noqa: PLW2901
            value, more = _expanded_but(value, _OF_VARIANTS, context)  # noqa: PLW2901
            problems += more
        entries[name] = (key, value)
    return replace(node, entries=entries), problems


def _without_unavailable(node: Mapping, context: ExpressionContext) -> Mapping:
    """Return another environment without the settings that need values that this command does not have."""
    lost = {
        name
        for name, (_, value) in node.entries.items()
        if name not in _ALWAYS_READ and any(one.code in OF_SURROUNDINGS for one in expand(value, context)[1])
    }
    kept = {name: entry for name, entry in node.entries.items() if name not in lost}
    return replace(node, entries=kept) if lost else node


def _expanded_but(
    node: Mapping, kept: Collection[str], context: ExpressionContext | None
) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Return a map with its expressions expanded, except those below the keys in `kept`."""
    part = replace(node, entries={name: entry for name, entry in node.entries.items() if name not in kept})
    expanded, problems = (part, ()) if context is None else expand(part, context)
    if not isinstance(expanded, Mapping):
        raise TypeError("a map stays one")
    entries = {name: expanded.entries.get(name, entry) for name, entry in node.entries.items()}
    return replace(node, entries=entries), problems


def _with(node: Mapping, name: str, value: Node) -> Mapping:
    return replace(node, entries={**node.entries, name: (node.entries[name][0], value)})


def project_values(
    document: Mapping, unexpanded: tuple[Diagnostic, ...]
) -> tuple[Map[str, Any] | None, tuple[Diagnostic, ...]]:
    """Return the plain values of an expanded project document if it is valid, and its problems.

    The project is without its defaults and templates: `Variant.inherited` checks those.
    """
    pruned, foreign = replace_escapes(_without_layers(document))
    unreplaced = (*unexpanded, *foreign)
    values, misshapen = check("Project", pruned)
    return values if not unreplaced else None, (*unreplaced, *unexplained(unreplaced, misshapen))


def _without_layers(document: Mapping) -> Mapping:
    spec = document.get("spec")
    if not isinstance(spec, Mapping):
        return document
    entries = {name: entry for name, entry in spec.entries.items() if not _is_map_of_layers(name, entry[1])}
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
        name: entry for name, entry in environment.entries.items() if not _is_map_of_layers(name, entry[1])
    }
    return replace(environment, entries=kept)


def _is_map_of_layers(name: str, value: Node) -> bool:
    return name in _LAYERS and isinstance(value, Mapping)


def variants(document: Mapping, chosen: str | None) -> Iterator[Variant]:
    """Yield the project in the selected environment, then in the others, whose errors are also reported."""
    yield Variant(chosen, document)
    environments = child(document, "spec", "environments")
    if isinstance(environments, Mapping):
        yield from (Variant(name, document) for name in environments.entries if name != chosen)
