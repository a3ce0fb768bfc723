"""Convert a parsed project file to a project and the terms for reading its manifests. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.expressions.given import declared_in, undeclared
from jobspec.manifest.expressions.outside import OF_SURROUNDINGS, Outside
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.patterns import including
from jobspec.manifest.resolve import choosing
from jobspec.manifest.resolve.declarations import (
    acknowledged,
    flavors_of,
    limits_of,
    platform_for,
    preflight_of,
)
from jobspec.manifest.resolve.guards import guards_of
from jobspec.manifest.resolve.headers import header_problem, is_kind
from jobspec.manifest.resolve.projects import expand_project, has_plain_variables, project_values, variants
from jobspec.manifest.resolve.quick import QuickTerms
from jobspec.manifest.resolve.tasks import Inherited
from jobspec.manifest.task import (
    Project,
    Scope,
    ScopeOptions,
)
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.yaml.quick import bare_tree, quick_documents
from jobspec.manifest.yaml.source import Source, parse
from jobspec.manifest.yaml.tree import MAX_EXPANDED, weight
from jobspec.manifest.yaml.tree import Mapping as Map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.manifest.resolve.choosing import Choice


from jobspec.manifest.resolve.reading import (
    Reading,
    Terms,
    TextFacts,
    credentials,
    deceptive,
    of_text,
    read_documents,
    total,
)


class ProjectFile(Struct, frozen=True):
    """The contents of a project file: the project, its manifest patterns, and the terms for reading them."""

    document: Map
    choice: Choice
    project: Project | None
    """None if its own fields have errors."""
    patterns: tuple[str, ...]
    terms: Terms
    own_patterns: tuple[str, ...] = ()
    """The patterns of the environment."""
    other_patterns: tuple[tuple[str, ...], ...] = ()
    """The patterns of each other environment, whose files do not belong to this one."""
    exact: Callable[[], ProjectFile] | None = None
    """Returns the same with positions, if it was read without them."""

    def with_positions(self) -> ProjectFile:
        """Return the same contents with positions, for what has to be explained."""
        return self if self.exact is None else self.exact()

    @property
    def scope(self) -> Scope:
        """The selected scope."""
        return self.choice.scope


def read_project(source: Source, options: ScopeOptions) -> tuple[ProjectFile | None, Reading]:
    """Return the project of a project file, if it has one, and the file's contents, including its tasks."""
    document, problems = _project_document(source)
    if document is None:
        return None, total([of_text(source), Reading(problems=problems)])
    outside = (options.outside or Outside()).of_project(document)
    file, flaws = _project_file(document, choosing.choose(document, options), outside)
    of_choice = (*file.choice.refused, *file.choice.unplannable)
    own = Reading(problems=(*problems, *flaws, *of_choice), manifests=1)
    terms = replace(file.terms, by_default_pattern=False)
    others = tuple(other for other in source.documents if not is_kind(other, "Project"))
    tasks = read_documents(replace(source, documents=others), terms, Budget())
    own = replace(own, problems=(*own.problems, *deceptive(document, source)))
    return file, total([of_text(source), own, credentials(document, TextFacts.of(source)), *tasks])


def read_project_file(
    data: bytes, file: str, options: ScopeOptions
) -> tuple[Source, ProjectFile | None, Reading]:
    """Return the text, the project and the contents of a project file.

    It is read without positions if nothing in it has to be explained.
    """
    source = _bare_project(data, file)
    if source is not None:
        found, reading = read_project(source, options)
        if found is not None and found.project is not None and not (reading.problems or reading.plaintext):

            @cache
            def exact() -> ProjectFile:
                read, _ = read_project(parse(data, file), options)
                return found if read is None else read

            quick = found.terms.quick
            if quick is not None:
                quick = replace(quick, exact=lambda: exact().terms.inherited)
            return source, replace(found, exact=exact, terms=replace(found.terms, quick=quick)), reading
    source = parse(data, file)
    return source, *read_project(source, options)


def _bare_project(data: bytes, file: str) -> Source | None:
    """Return an ordinary project file without positions; None in doubt."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "templates" in text and "matrix" in text:
        return None  # only positions distinguish errors that depend on a cell
    documents = quick_documents(text)
    if documents is None or len(documents) != 1 or not isinstance(documents[0], dict):
        return None
    are_integers = "+" not in text and "-0" not in text
    if not all(_is_as_written(one, are_integers=are_integers) for one in _variables(documents[0])):
        return None  # inserted into text, a value is spelled as in the file
    return Source(file, text, (bare_tree(documents[0]),), (), is_whole=True)


def _variables(document: Mapping[str, Any]) -> Iterator[Any]:
    spec = document.get("spec")
    if isinstance(spec, dict):
        yield spec.get("vars", {})
        environments = spec.get("environments")
        for one in environments.values() if isinstance(environments, dict) else ():
            yield one.get("vars", {}) if isinstance(one, dict) else {}


def _is_as_written(value: Any, *, are_integers: bool) -> bool:
    """Whether each value shows its spelling in the file. 0.10 and True do not: they become 0.1 and true."""
    if isinstance(value, (dict, list)):
        parts = value.values() if isinstance(value, dict) else value
        return all(_is_as_written(part, are_integers=are_integers) for part in parts)
    return type(value) is str or (type(value) is int and are_integers)


def _project_document(source: Source) -> tuple[Map | None, tuple[Diagnostic, ...]]:
    found = [one for one in source.documents if isinstance(one, Map) and is_kind(one, "Project")]
    if not found:
        return None, () if source.diagnostics else (troubles.no_project_document(source.file),)
    seconds = tuple(troubles.second_project(second) for second in found[1:])
    problem = header_problem(found[0], by_default_pattern=False)
    return (found[0], seconds) if problem is None else (None, (*seconds, problem))


def _project_file(
    document: Map, choice: Choice, outside: Outside
) -> tuple[ProjectFile, tuple[Diagnostic, ...]]:
    """Return the project in an environment, and its problems, including those of other environments."""
    environment = choice.scope.environment
    choice = _with_given_problems(document, choice, outside)
    inherited = list(_inherited(document, choice.scope, outside))
    flaws = tuple(flaw for _, problems in inherited for flaw in problems)
    contexts = {one.context.scope.environment: one.context for one, _ in inherited}
    expanded, unexpanded = expand_project(document, contexts, environment)
    values, misshapen = project_values(expanded, unexpanded)
    patterns = () if values is None else tuple((values.get("spec") or {}).get("manifests") or ())
    of_environments = _patterns_of(values)
    file = ProjectFile(
        document=document,
        choice=choice,
        project=None if values is None else _project(values, environment, document),
        patterns=patterns,
        terms=Terms(
            inherited[0][0],
            are_defaults_flawed=any(flaw.severity is Severity.ERROR for flaw in flaws),
            quick=None if flaws else QuickTerms.of(inherited[0][0]),
            by_default_pattern=not including(patterns),
        ),
        own_patterns=of_environments.get(environment or "", ()),
        other_patterns=tuple(own for name, own in of_environments.items() if name != environment),
    )
    return file, (*misshapen, *flaws)


def _with_given_problems(document: Map, choice: Choice, outside: Outside) -> Choice:
    """Return the choice with the given values that do not fit the project as reasons to refuse it."""
    if not outside.given or outside.is_lenient:
        return choice
    environment, project = choice.scope.environment, choice.scope.project
    [variant] = [one for one in variants(document, environment) if one.environment == environment][:1]
    fitted = variant.given(project, outside, is_plain=has_plain_variables(document))
    unknown = undeclared(outside.effective.values(), declared_in(document, environment))
    return replace(choice, refused=(*choice.refused, *unknown, *fitted.problems))


def _inherited(
    document: Map, scope: Scope, outside: Outside
) -> Iterator[tuple[Inherited, tuple[Diagnostic, ...]]]:
    """Yield what tasks inherit in the selected environment, then in the others; an error if too large."""
    expanded_values, is_plain = 0, has_plain_variables(document)
    for variant in variants(document, scope.environment):
        is_chosen = variant.environment == scope.environment
        inherited, problems = variant.inherited(
            scope.project, outside if is_chosen else outside.apart(), is_plain=is_plain
        )
        if not is_chosen:  # the surroundings of this command are not those of the others
            problems = tuple(one for one in problems if one.code not in OF_SURROUNDINGS)
        yield inherited, problems
        expanded_values += len(problems) + (weight(inherited.defaults) if inherited.defaults else 0)
        if not is_plain and inherited.context.variables is not None:
            expanded_values += weight(inherited.context.variables)
        if expanded_values > MAX_EXPANDED:
            yield inherited, (troubles.too_much_expanded(document),)
            return


def _project(values: Mapping[str, Any], environment: str | None, tree: Map) -> Project:
    spec = values.get("spec") or {}
    environments = spec.get("environments") or {}
    own = environments.get(environment or "") or {}
    return Project(
        name=values["metadata"]["name"],
        environments=tuple(sorted(environments)),
        platform=platform_for(spec, own),
        limits=limits_of(spec.get("limits"), own.get("limits")),
        rules_environment=choosing.rules_environment(tree),
        guards=guards_of(values),
        acknowledge=acknowledged(spec.get("acknowledge"), own.get("acknowledge")),
        preflight=preflight_of(spec, own),
        flavors=flavors_of(spec.get("flavors")),
    )


def _patterns_of(values: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Return the patterns of each environment."""
    found = ((values or {}).get("spec") or {}).get("environments") or {}
    return {name: tuple(one["manifests"]) for name, one in found.items() if one.get("manifests")}
