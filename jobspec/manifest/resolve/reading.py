"""Convert parsed manifest files to tasks, with all problems. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.expressions.outside import Outside
from jobspec.manifest.files.budget import Budget, Part
from jobspec.manifest.resolve.composition.layers import extended
from jobspec.manifest.resolve.headers import header_problem, is_kind
from jobspec.manifest.resolve.quick import NOWHERE, QuickOrigin, QuickTasks, QuickTerms, with_origins
from jobspec.manifest.resolve.sets.reading import between_sets, read_set
from jobspec.manifest.resolve.sets.template import CellOrigin
from jobspec.manifest.resolve.tasks import Inherited, name_place, read_task
from jobspec.manifest.task import (
    Scope,
    SetRules,
    Task,
)
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.validate.deceptive_fields import deceptive_fields, may_be_deceptive
from jobspec.manifest.validate.dependencies import between
from jobspec.manifest.validate.plaintext_credentials import (
    Plaintext,
    diagnose,
    find_plaintext,
)
from jobspec.manifest.validate.rules import between_tasks, unused_permissions
from jobspec.manifest.values import SET_PREFIX
from jobspec.manifest.yaml.source import Source
from jobspec.manifest.yaml.tree import MAX_EXPANDED, Node, Scalar, Sequence, child, weight
from jobspec.manifest.yaml.tree import Mapping as Map
from jobspec.redaction.shapes import may_contain_credential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.diagnostics import Place
    from jobspec.manifest.resolve.composition.layers import Templates


class DeclaredTask(Struct, frozen=True):
    """A task, its merged tree and its file. It `is_sound` if it has no errors of its own.

    A task that was read without positions has an empty tree: it has no problem that needs one.
    """

    task: Task
    tree: Map
    file: str
    is_sound: bool


class TemplateProblem(Struct, frozen=True):
    """A problem of a task whose place is in a template: it is reported once, with the first task."""

    problem: Diagnostic
    task: str
    place: Place


class TemplateUser(Struct, frozen=True):
    """A task that extends templates of which some have mistakes."""

    task: str
    place: Place
    extends: tuple[str, ...]
    templates: Templates


class Reading(Struct, frozen=True):
    """The contents of some documents or files; `total` combines readings."""

    declared: tuple[DeclaredTask, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    of_templates: tuple[TemplateProblem, ...] = ()
    users: tuple[TemplateUser, ...] = ()
    """The tasks that extend templates, if a layer of the project has mistakes."""
    plaintext: tuple[Plaintext, ...] = ()
    manifests: int = 0
    sets: tuple[SetRules, ...] = ()


def merged_document(declared: DeclaredTask) -> Map:
    """Return the merged document of a task, with positions: it is read again if it was read without."""
    origin = declared.task.origin
    return origin.document if isinstance(origin, (QuickOrigin, CellOrigin)) else declared.tree


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


def total(readings: Iterable[Reading]) -> Reading:
    """Combine the readings into one, in their order."""
    parts = tuple(readings)
    return Reading(
        declared=tuple(one for part in parts for one in part.declared),
        problems=tuple(one for part in parts for one in part.problems),
        of_templates=tuple(one for part in parts for one in part.of_templates),
        users=tuple(one for part in parts for one in part.users),
        plaintext=tuple(one for part in parts for one in part.plaintext),
        manifests=sum(part.manifests for part in parts),
        sets=tuple(one for part in parts for one in part.sets),
    )


def read_manifests(
    sources: Mapping[str, Source], terms: Terms, budget: Budget, quick: Mapping[str, Reading] = NO_READINGS
) -> Reading:
    """Return the contents of manifest files; those in `quick` were read before. Raises `OverBudgetError`."""
    return total(
        reading
        for name, source in sources.items()
        for reading in (
            (quick[name],) if name in quick else (of_text(source), *read_documents(source, terms, budget))
        )
    )


def quick_reading(found: QuickTasks, source: Source, terms: QuickTerms) -> Reading:
    """Return the contents of a file that was read without positions."""
    tasks = with_origins(found, source.text, source.file, terms)
    declared = tuple(DeclaredTask(task, NOWHERE, source.file, is_sound=True) for task in tasks)
    return Reading(declared, manifests=len(declared))


def terms_of_scope(scope: Scope, outside: Outside | None = None) -> Terms:
    """Return the terms for manifests without a project file: nothing is inherited."""
    inherited = Inherited(ExpressionContext(None, scope, outside=outside or Outside()), None)
    return Terms(inherited, quick=QuickTerms.of(inherited))


def problems_between(reading: Reading) -> Reading:
    """Return the conflicts between the tasks of a reading."""
    declared = _without_second_sets(reading.declared)
    conflicts = between_tasks((one.task, one.tree) for one in declared)
    dependencies = between((one.task for one in reading.declared), is_whole=not _is_any_lost(reading))
    return Reading(problems=(*conflicts, *dependencies, *between_sets(reading.sets)))


def _without_second_sets(declared: Iterable[DeclaredTask]) -> Iterator[DeclaredTask]:
    """Yield the tasks without those of a second set of the same name, which is reported once."""
    templates: dict[str, Map] = {}
    for one in declared:
        if not one.task.set or templates.setdefault(one.task.set, one.tree) is one.tree:
            yield one


_LOSES_A_TASK = ("JS1", "JS2", "JS305", "JS306", "JS307", "JS33", "JS36", "JS37", "JS39")
"""The beginnings of the codes of errors that may keep a document from becoming a task."""


def _is_any_lost(reading: Reading) -> bool:
    """Return whether a document may declare a task that could not be read."""
    return any(
        one.severity is Severity.ERROR and one.code.startswith(_LOSES_A_TASK) for one in reading.problems
    )


def of_text(source: Source) -> Reading:
    """Return the problems of a file's text; a file of which nothing could be read counts as one manifest."""
    is_lost = bool(source.diagnostics) and not source.documents
    return Reading(problems=source.diagnostics, manifests=int(is_lost))


def read_documents(source: Source, terms: Terms, budget: Budget) -> Iterator[Reading]:
    """Yield the contents of each document of a file. Raises `OverBudgetError`."""
    text = TextFacts.of(source)
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
            yield credentials(document, text)
            reading, tree = _read_task(document, source, terms)
            yield reading
            size = weight(tree)
            budget.take(Part.ADDED, max(0, size - weight(document)))
            budget.check_time()
            expanded_values += size
            errors += sum(problem.severity is Severity.ERROR for problem in reading.problems)
        elif isinstance(document, Map) and is_kind(document, "TaskSet"):
            yield credentials(document, text)
            yield _read_set(document, source, terms, budget)
        else:
            yield Reading(problems=(troubles.misplaced_project(document),))


def _is_blank(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return all(not line or line.startswith(("#", "---", "\ufeff")) for line in lines)


def _read_task(document: Map, source: Source, terms: Terms) -> tuple[Reading, Map]:
    task, tree, problems = read_task(document, terms.inherited)
    is_sound = not any(problem.severity is Severity.ERROR for problem in problems)
    declared = () if task is None else (DeclaredTask(task, tree, source.file, is_sound),)
    reading = Reading(declared, problems, manifests=1)
    name = child(tree, "metadata", "name")
    user = name.text if isinstance(name, Scalar) else "", name_place(tree), extended(tree)
    return _attributed(reading, document, user, source=source, terms=terms), tree


def _read_set(document: Map, source: Source, terms: Terms, budget: Budget) -> Reading:
    def count(size: int) -> None:
        budget.take(Part.ADDED, size)
        budget.check_time()

    found = read_set(document, terms.inherited, terms.quick, count=count)
    is_sound = not any(problem.severity is Severity.ERROR for problem in found.problems)
    template = found.template or document
    declared = tuple(DeclaredTask(task, template, source.file, is_sound) for task in found.tasks)
    sets = () if found.rules is None else (found.rules,)
    reading = Reading(declared, found.problems, manifests=1, sets=sets)
    name = child(document, "metadata", "name")
    user = f"{SET_PREFIX}{name.text}" if isinstance(name, Scalar) else "", name_place(document)
    return _attributed(reading, document, (*user, extended(template)), source=source, terms=terms)


def _attributed(
    reading: Reading,
    document: Map,
    user: tuple[str, Place, tuple[Scalar, ...]],
    *,
    source: Source,
    terms: Terms,
) -> Reading:
    """Return the contents of a document with the problems of templates apart; `user` is what extends them."""
    shown, place, names = user
    templates = terms.inherited.templates
    of_templates = [one for one in reading.problems if one.place is not None and templates.covers(one.place)]
    own = (one for one in reading.problems if one not in of_templates)
    used = tuple(str(one.value) for one in names) if terms.are_defaults_flawed else ()
    return replace(
        reading,
        problems=(
            *(problem for problem in own if not _is_already_reported(problem, source.file, terms)),
            *deceptive(document, source),
        ),
        of_templates=tuple(TemplateProblem(one, shown, place) for one in of_templates),
        users=(TemplateUser(shown, place, used, templates),) if used else (),
    )


def deceptive(document: Map, source: Source) -> Iterator[Diagnostic]:
    """Yield a warning for each text of a document that can mislead a reviewer, limited in number."""
    return islice(deceptive_fields(document) if may_be_deceptive(source.text) else (), MAX_PROBLEMS + 1)


def _is_already_reported(problem: Diagnostic, file: str, terms: Terms) -> bool:
    """Whether a problem is in the project's defaults, which were checked separately."""
    return (
        terms.are_defaults_flawed
        and problem.place is not None
        and problem.place.file != file
        and problem.code.startswith(("JS2", "JS332"))
    )


class TextFacts(Struct, frozen=True):
    """Facts about the text of a file that its documents share, so that it is searched only once."""

    lines: tuple[str, ...]
    may_contain_credential: bool

    @classmethod
    def of(cls, source: Source) -> TextFacts:
        """Return the text of a file."""
        return cls(tuple(source.text.split("\n")), may_contain_credential(source.text))


def credentials(document: Node, text: TextFacts) -> Reading:
    """Return what looks like a credential in a document, and the problems with it."""
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
