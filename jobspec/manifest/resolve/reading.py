"""Convert parsed manifest files to tasks, with all problems. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Severity
from jobspec.manifest.expressions.evaluating import ExpressionContext
from jobspec.manifest.expressions.outside import Outside
from jobspec.manifest.files.budget import Budget, Part
from jobspec.manifest.resolve.headers import header_problem, is_kind
from jobspec.manifest.resolve.quick import NOWHERE, QuickTasks, QuickTerms, with_origins
from jobspec.manifest.resolve.tasks import Inherited, read_task
from jobspec.manifest.task import (
    Scope,
    Task,
)
from jobspec.manifest.validate import project_problems as troubles
from jobspec.manifest.validate.deceptive_fields import deceptive_fields, may_be_deceptive
from jobspec.manifest.validate.plaintext_credentials import (
    Plaintext,
    diagnose,
    find_plaintext,
)
from jobspec.manifest.validate.rules import between_tasks, unused_permissions
from jobspec.manifest.yaml.source import Source
from jobspec.manifest.yaml.tree import MAX_EXPANDED, Node, Scalar, Sequence, child, weight
from jobspec.manifest.yaml.tree import Mapping as Map
from jobspec.redaction.shapes import may_contain_credential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


def total(readings: Iterable[Reading]) -> Reading:
    """Combine the readings into one, in their order."""
    parts = tuple(readings)
    return Reading(
        declared=tuple(one for part in parts for one in part.declared),
        problems=tuple(one for part in parts for one in part.problems),
        plaintext=tuple(one for part in parts for one in part.plaintext),
        manifests=sum(part.manifests for part in parts),
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
    return Reading(problems=tuple(between_tasks((one.task, one.tree) for one in reading.declared)))


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
            *deceptive(document, source),
        ),
        manifests=1,
    )
    return reading, tree


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
