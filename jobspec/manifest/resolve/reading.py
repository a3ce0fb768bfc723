"""Convert parsed files to a project and its tasks, with all problems. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity, in_order
from jobspec.manifest.files.budget import Budget, Part
from jobspec.manifest.files.patterns import including
from jobspec.manifest.resolve import choosing
from jobspec.manifest.resolve.declarations import limits_of, platform_for
from jobspec.manifest.resolve.expressions import ExpressionContext
from jobspec.manifest.resolve.guards import guards_of
from jobspec.manifest.resolve.headers import header_problem, is_kind
from jobspec.manifest.resolve.projects import expand_project, has_plain_variables, project_values, variants
from jobspec.manifest.resolve.quick import NOWHERE, QuickTasks, QuickTerms, with_origins
from jobspec.manifest.resolve.tasks import Inherited, read_task
from jobspec.manifest.task import (
    Project,
    Scope,
    ScopeOptions,
    Task,
)
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.validate.deceptive_fields import deceptive_fields, may_be_deceptive
from jobspec.manifest.validate.plaintext_credentials import (
    Plaintext,
    diagnose,
    find_plaintext,
    without_quotes_of,
)
from jobspec.manifest.validate.rules import between_tasks, unused_permissions
from jobspec.manifest.yaml.quick import bare_tree, quick_documents
from jobspec.manifest.yaml.source import Source, parse
from jobspec.manifest.yaml.tree import MAX_EXPANDED, Node, Scalar, Sequence, child, weight
from jobspec.manifest.yaml.tree import Mapping as Map
from jobspec.quoting import shortened
from jobspec.redaction.shapes import hide_known_shapes, may_contain_credential
from jobspec.redaction.source_text import Stretch, hide_places
from jobspec.redaction.unparsable import hide_unparsable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from jobspec.manifest.resolve.choosing import Choice


class DeclaredTask(Struct, frozen=True):
    """A task, its merged tree and its file. It `is_sound` if it has no errors of its own.

    A task that was read without positions has an empty tree: it has no problem that needs one.
    """

    task: Task
    tree: Map
    file: str
    is_sound: bool


class Reading(Struct, frozen=True):
    """The contents of some documents or files; `total` combines readings."""

    declared: tuple[DeclaredTask, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    plaintext: tuple[Plaintext, ...] = ()
    manifests: int = 0


NO_READINGS: dict[str, Reading] = {}


class Terms(Struct, frozen=True):
    """The conditions for reading documents as tasks."""

    inherited: Inherited
    are_defaults_flawed: bool = False
    """Mistakes in the defaults are reported once, in the project file, not for every task."""
    quick: QuickTerms | None = None
    """The terms for reading without positions; None if every file is read exactly."""
    by_default_pattern: bool = False
    """The user did not name the file: it may not be a manifest at all."""


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


def total(readings: Iterable[Reading]) -> Reading:
    """Combine the readings into one, in their order."""
    parts = tuple(readings)
    return Reading(
        declared=tuple(one for part in parts for one in part.declared),
        problems=tuple(one for part in parts for one in part.problems),
        plaintext=tuple(one for part in parts for one in part.plaintext),
        manifests=sum(part.manifests for part in parts),
    )


def read_project(source: Source, options: ScopeOptions) -> tuple[ProjectFile | None, Reading]:
    """Return the project of a project file, if it has one, and the file's contents, including its tasks."""
    document, problems = _project_document(source)
    if document is None:
        return None, total([_of_text(source), Reading(problems=problems)])
    file, flaws = _project_file(document, choosing.choose(document, options))
    of_choice = (*file.choice.refused, *file.choice.unplannable)
    own = Reading(problems=(*problems, *flaws, *of_choice), manifests=1)
    terms = replace(file.terms, by_default_pattern=False)
    others = tuple(other for other in source.documents if not is_kind(other, "Project"))
    tasks = _read_documents(replace(source, documents=others), terms, Budget())
    own = replace(own, problems=(*own.problems, *_deceptive(document, source)))
    return file, total([_of_text(source), own, _credentials(document, _Text.of(source)), *tasks])


def read_manifests(
    sources: Mapping[str, Source], terms: Terms, budget: Budget, quick: Mapping[str, Reading] = NO_READINGS
) -> Reading:
    """Return the contents of manifest files; those in `quick` were read before. Raises `OverBudgetError`."""
    return total(
        reading
        for name, source in sources.items()
        for reading in (
            (quick[name],) if name in quick else (_of_text(source), *_read_documents(source, terms, budget))
        )
    )


def quick_reading(found: QuickTasks, source: Source, terms: QuickTerms) -> Reading:
    """Return the contents of a file that was read without positions."""
    tasks = with_origins(found, source.text, source.file, terms)
    declared = tuple(DeclaredTask(task, NOWHERE, source.file, is_sound=True) for task in tasks)
    return Reading(declared, manifests=len(declared))


def terms_of_scope(scope: Scope) -> Terms:
    """Return the terms for manifests without a project file: nothing is inherited."""
    inherited = Inherited(ExpressionContext(None, scope), None)
    return Terms(inherited, quick=QuickTerms.of(inherited))


def problems_between(reading: Reading) -> Reading:
    """Return the conflicts between the tasks of a reading."""
    return Reading(problems=tuple(between_tasks((one.task, one.tree) for one in reading.declared)))


def reported(reading: Reading) -> tuple[Diagnostic, ...]:
    """Return the problems to report: sorted, unique, without secrets, and limited per file."""
    shown = map(_without_shapes, without_quotes_of(reading.plaintext, reading.problems))
    return tuple(_bounded(in_order(_without_echoes([shortened(one) for one in shown]))))


def _without_shapes(problem: Diagnostic) -> Diagnostic:
    """A key or a name in a message may be a credential too."""
    return replace(
        problem,
        message=hide_known_shapes(problem.message),
        label=hide_known_shapes(problem.label),
        help=hide_known_shapes(problem.help),
    )


def _bounded(problems: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    """Yield the first problems of each file; after the last one, that there are more, and their severity."""
    counts = Counter(_file(problem) for problem in problems)
    seen: Counter[str] = Counter()
    for problem in problems:
        file = _file(problem)
        seen[file] += 1
        if seen[file] <= MAX_PROBLEMS:
            yield problem
        if seen[file] == MAX_PROBLEMS < counts[file]:
            is_error = any(one.severity is Severity.ERROR for one in problems if _file(one) == file)
            severity = Severity.ERROR if is_error else Severity.WARNING
            yield troubles.too_many_problems(problem, severity)


def _file(problem: Diagnostic) -> str:
    return "" if problem.place is None else problem.place.file


class ShownTexts(Mapping[str, str]):
    """The texts of files by their names in diagnostics; each is made when it is first shown."""

    def __init__(self, sources: Iterable[Source], reading: Reading) -> None:
        """Take the files and the credentials that were found in them."""
        self._sources = {source.file: source for source in sources}
        self._made: dict[str, str] = {}
        self._secrets: dict[str, dict[Stretch, list[str]]] = {}
        for found in reading.plaintext:
            at = found.node.at
            self._secrets.setdefault(at.file, {}).setdefault(at[1:], []).append(found.secret)

    def __getitem__(self, file: str) -> str:
        """Return the text of a file, with credentials replaced with asterisks."""
        if file not in self._made:
            self._made[file] = _shown(self._sources[file], self._secrets.get(file, {}))
        return self._made[file]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the files."""
        return iter(self._sources)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._sources)


def _shown(source: Source, secrets: Mapping[Stretch, Collection[str]]) -> str:
    if not source.is_whole:
        return hide_unparsable(source.text)
    return hide_places(source.text, secrets, [at[1:] for at in source.dropped])


def _of_text(source: Source) -> Reading:
    is_lost = bool(source.diagnostics) and not source.documents
    return Reading(problems=source.diagnostics, manifests=int(is_lost))


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


def _project_file(document: Map, choice: Choice) -> tuple[ProjectFile, tuple[Diagnostic, ...]]:
    """Return the project in an environment, and its problems, including those of other environments."""
    environment = choice.scope.environment
    inherited = list(_inherited(document, environment, choice.scope.project))
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
            are_defaults_flawed=bool(flaws),
            quick=None if flaws else QuickTerms.of(inherited[0][0]),
            by_default_pattern=not including(patterns),
        ),
        own_patterns=of_environments.get(environment or "", ()),
        other_patterns=tuple(own for name, own in of_environments.items() if name != environment),
    )
    return file, (*misshapen, *flaws)


def _inherited(
    document: Map, environment: str | None, project: str
) -> Iterator[tuple[Inherited, tuple[Diagnostic, ...]]]:
    """Yield what tasks inherit in the selected environment, then in the others; an error if too large."""
    expanded_values, is_plain = 0, has_plain_variables(document)
    for variant in variants(document, environment):
        inherited, problems = variant.inherited(project, is_plain=is_plain)
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
    )


def _patterns_of(values: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Return the patterns of each environment."""
    found = ((values or {}).get("spec") or {}).get("environments") or {}
    return {name: tuple(one["manifests"]) for name, one in found.items() if one.get("manifests")}


def _read_documents(source: Source, terms: Terms, budget: Budget) -> Iterator[Reading]:
    text = _Text.of(source)
    if _is_blank(source.text):
        yield Reading(problems=(troubles.empty_file(source.file),))
    expanded_values, errors = 0, 0
    for document in source.documents:
        if isinstance(document, Scalar) and document.is_absent:
            continue
        if errors > MAX_PROBLEMS:
            return
        if expanded_values > MAX_EXPANDED:
            yield Reading(problems=(troubles.too_much_expanded(document),))
            return
        problem = header_problem(document, by_default_pattern=terms.by_default_pattern)
        if problem is not None:
            yield Reading(problems=(problem,), manifests=1)
        elif isinstance(document, Map) and is_kind(document, "Task"):
            yield _credentials(document, text)
            reading, tree = _read_task(document, source, terms)
            yield reading
            size = weight(tree)
            budget.take(Part.ADDED, max(0, size - weight(document)))
            budget.check_time()
            expanded_values += size
            errors += sum(problem.severity is Severity.ERROR for problem in reading.problems)
        else:
            yield Reading(problems=(troubles.misplaced_project(document),))


def _is_blank(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return all(not line or line.startswith(("#", "---", "\ufeff")) for line in lines)


def _read_task(document: Map, source: Source, terms: Terms) -> tuple[Reading, Map]:
    task, tree, problems = read_task(document, terms.inherited)
    is_sound = not any(problem.severity is Severity.ERROR for problem in problems)
    reading = Reading(
        declared=() if task is None else (DeclaredTask(task, tree, source.file, is_sound),),
        problems=(
            *(problem for problem in problems if not _is_already_reported(problem, source.file, terms)),
            *_deceptive(document, source),
        ),
        manifests=1,
    )
    return reading, tree


def _deceptive(document: Map, source: Source) -> Iterator[Diagnostic]:
    return islice(deceptive_fields(document) if may_be_deceptive(source.text) else (), MAX_PROBLEMS + 1)


def _is_already_reported(problem: Diagnostic, file: str, terms: Terms) -> bool:
    """Whether a problem is in the project's defaults, which were checked separately."""
    return (
        terms.are_defaults_flawed
        and problem.place is not None
        and problem.place.file != file
        and problem.code.startswith(("JS2", "JS332"))
    )


class _Text(Struct, frozen=True):
    """Facts about the text of a file that its documents share, so that it is searched only once."""

    lines: tuple[str, ...]
    may_contain_credential: bool

    @classmethod
    def of(cls, source: Source) -> _Text:
        """Return the text of a file."""
        return cls(tuple(source.text.split("\n")), may_contain_credential(source.text))


def _credentials(document: Node, text: _Text) -> Reading:
    found = find_plaintext(document) if text.may_contain_credential else ()
    allowed = _allowed_plaintext(document)
    if not found and not allowed:
        return Reading()
    used = {one.path for one in found if one.is_problem}
    problems = (
        *diagnose(found, allowed, text.lines),
        *unused_permissions(allowed, used, document),
    )
    return Reading(problems=problems, plaintext=found)


def _allowed_plaintext(document: Node) -> list[str]:
    node = child(document, "metadata", "allowPlaintext")
    items = node.items if isinstance(node, Sequence) else ()
    return [item.text for item in items if isinstance(item, Scalar)]


def _without_echoes(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Return the problems except those of shape at a place where the text itself is invalid."""
    places = {p.place for p in problems if p.place and _is_of_text(p)}
    return [p for p in problems if not (p.code.startswith("JS2") and p.place in places)]


def _is_of_text(problem: Diagnostic) -> bool:
    is_error = problem.severity is Severity.ERROR
    return problem.code == "JS310" or (is_error and problem.code.startswith("JS1"))
