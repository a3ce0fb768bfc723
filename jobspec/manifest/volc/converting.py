"""Convert the vendor's files to manifests, and report what they lose. Pure.

The tree of a manifest has the positions of the file that it was made from. So the checks of all manifests
report what no manifest can express, at its place in the vendor's file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.manifest.importing.names import MAX_NAME, manifest_name
from jobspec.manifest.resolve.project_reading import read_project
from jobspec.manifest.resolve.reading import Reading, Terms, read_documents, total
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.validate.plaintext_credentials import Plaintext, find_plaintext
from jobspec.manifest.volc.building import map_of, value_at
from jobspec.manifest.volc.documents import tasks_in
from jobspec.manifest.volc.findings import CHANGED, LOST, NO_TASK, Findings
from jobspec.manifest.volc.hiding import copies, credentials_in, searched
from jobspec.manifest.volc.pruning import without
from jobspec.manifest.volc.task import TaskConverter, missing
from jobspec.manifest.volc.values.context import Context
from jobspec.manifest.volc.values.free_names import first_free
from jobspec.manifest.volc.values.variables import Variables
from jobspec.manifest.volc.writing.comments import secret_comments
from jobspec.manifest.volc.writing.project import project_text
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import NO_EXTENT, Extent, Mapping, Node, Scalar, child
from jobspec.quoting import quote
from jobspec.redaction.quotes import MIN_MASKED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.manifest.volc.task import FindCode
    from jobspec.manifest.volc.values.variables import Variable
    from jobspec.manifest.yaml.source import Source

_PASSES = 100
_OF_TEXT = "JS310"
"""A credential in a manifest, which is reported here with advice for the vendor's file."""


class ConvertedTask(Struct, frozen=True):
    """A task: the tree of its manifest, and the document and file that it was made from."""

    tree: Mapping
    document: Mapping
    source: Source

    @property
    def name(self) -> str:
        """The name, with its expressions."""
        node = child(self.tree, "metadata", "name")
        return str(node.value) if isinstance(node, Scalar) else ""


class Conversion(Struct, frozen=True):
    """The converted tasks, the variables that they need, and what was found."""

    tasks: tuple[ConvertedTask, ...]
    variables: tuple[Variable, ...]
    reading: Reading = field(default_factory=Reading)


def convert(
    sources: Collection[Source],
    find_code: FindCode,
    of_project: Map[str, Any] | None = None,
    *,
    lossy: bool = False,
) -> Conversion:
    """Return the manifests of all tasks. Errors are what they would lose; with `lossy`, it is left out.

    `of_project` are the variables of the project that the manifests are for.
    """
    context = Context(variables=Variables(of_project=of_project or {}))
    found: list[ConvertedTask] = []
    of_text: list[Diagnostic] = []
    for source in sources:
        of_text += source.diagnostics
        for document in source.documents:
            context.findings.plaintext += credentials_in(document)
    context.findings.credentials |= searched(context.findings.plaintext, MIN_MASKED)
    for source in sources:
        if source.diagnostics:
            continue
        tasks = list(tasks_in(source, context.findings))
        if not tasks and not any(one.code == NO_TASK for one in context.findings.problems):
            empty = map_of({}, _start(source))
            context.findings.refuse(empty, "the file is empty", "Remove it from the list.")
        converter = TaskConverter(context, find_code)
        found += [ConvertedTask(converter.convert(task), task, source) for task in tasks]
    terms = _terms(context)
    checked = [_checked(one, context, terms, lossy=lossy) for one in _distinct(found, context)]
    _report_comments(sources, context.findings)
    problems = [*of_text, *(_lighter(one) if lossy else one for one in context.findings.problems)]
    reading = Reading(
        problems=tuple(problems), plaintext=tuple(context.findings.plaintext), manifests=len(found)
    )
    return Conversion(tuple(checked), tuple(context.variables), reading)


def _report_comments(sources: Iterable[Source], findings: Findings) -> None:
    """Hide the comments that no manifest gets because they may contain a credential, and report them."""
    for source in sources:
        last = -2
        for comment in secret_comments(source):
            node = comment.scalar(source.file)
            findings.hide(node)
            if comment.line > last + 1 and not source.diagnostics:
                findings.warn(
                    CHANGED,
                    node,
                    "a comment that may contain a credential is left out",
                    "Remove the credential from the file.",
                )
            last = comment.line


def _start(source: Source) -> Extent:
    return NO_EXTENT._replace(file=source.file)


def _lighter(problem: Diagnostic) -> Diagnostic:
    """Return a loss as a warning."""
    return problem if problem.code == NO_TASK else replace(problem, severity=Severity.WARNING)


def _distinct(found: list[ConvertedTask], context: Context) -> Iterator[ConvertedTask]:
    """Yield the tasks, with a name of its own for each."""
    taken: set[str] = set()
    for one in found:
        node = child(one.tree, "metadata", "name")
        if not isinstance(node, Scalar):
            yield one
            continue
        valid = one.name if "${{" in one.name else manifest_name(one.name)
        name = first_free(
            valid,
            lambda name: filled_in(name, context.variables) in taken,
            separator="-",
            longest=MAX_NAME,
        )
        if name != one.name:
            context.findings.lose(node, *_about_name(one.name, valid, name))
            one = replace(one, tree=_named(one.tree, name))  # noqa: PLW2901
        taken.add(filled_in(name, context.variables))
        yield one


def filled_in(text: str, variables: Iterable[Variable]) -> str:
    """Return a text of a manifest with a value for each variable: its default, else its name."""
    for one in variables:
        text = text.replace(one.expression, str(one.value) if one.is_set else one.name)
    return text


def _about_name(given: str, valid: str, name: str) -> tuple[str, str]:
    if valid != given:
        what = f"invalid task name {quote(given)}: use CJK characters, letters, digits, `_` and `-`"
        return what, f"Rename it in the file. With `--lossy`, it becomes {quote(name)}."
    what = f"the name {quote(given)} is used twice, and a name identifies a task"
    return what, f"Rename one of the tasks. With `--lossy`, the second becomes {quote(name)}."


def _named(tree: Mapping, name: str) -> Mapping:
    key, metadata = tree.entries["metadata"]
    if not isinstance(metadata, Mapping):
        return tree
    name_key, old = metadata.entries["name"]
    entries = {**metadata.entries, "name": (name_key, value_at(name, old.at))}
    return replace(tree, entries={**tree.entries, "metadata": (key, replace(metadata, entries=entries))})


def _checked(one: ConvertedTask, context: Context, terms: Terms, *, lossy: bool) -> ConvertedTask:
    """Return the task as far as it is valid; each problem is reported once."""
    tree = one.tree
    known = [found for found in context.findings.plaintext if found.node.at.file == one.source.file]
    for _ in range(_PASSES):
        lacks = missing(tree)
        if lacks:
            context.findings.refuse(
                one.document,
                f"the task has no usable {', '.join(map(quote, lacks))}",
                "Add the missing field." if len(lacks) == 1 else "Add the missing fields.",
            )
            break
        invalid = (found for found in _invalid(tree, one.source, terms) if _is_certain(found, context))
        problems = [*invalid, *_repeated(tree, known)]
        if not problems:
            break
        context.findings.problems += problems
        tree = without(tree, problems)
        if not lossy:
            break
    return replace(one, tree=tree)


def _is_certain(problem: Diagnostic, context: Context) -> bool:
    """Whether a problem does not depend on the value of a variable that is to be set."""
    return problem.place not in context.open_places


def _invalid(tree: Mapping, source: Source, terms: Terms) -> Iterator[Diagnostic]:
    """Yield the errors of a manifest, at their places in the vendor's file."""
    reading = total(read_documents(replace(source, documents=(tree,)), terms, Budget()))
    for problem in reading.problems:
        if problem.severity is Severity.ERROR and problem.code != _OF_TEXT:
            yield problem


def _repeated(tree: Mapping, known: Collection[Plaintext]) -> Iterator[Diagnostic]:
    """Yield the credentials that are still in a manifest, and copies of those that were taken out."""
    for one in find_plaintext(tree):
        if one.is_problem:
            yield _repetition(one.path, one.node)
    for path, node in _fields(tree):
        for one in copies(node, known):
            yield _repetition(path, one.node)


def _fields(tree: Mapping) -> Iterator[tuple[str, Node]]:
    """Yield the fields of a manifest with their paths, and each variable of the task by itself."""
    for section, (_, below) in tree.entries.items():
        for name, (_, value) in below.entries.items() if isinstance(below, Mapping) else ():
            if name == "env" and isinstance(value, Mapping):
                yield from ((f"{section}.env.{key}", part) for key, (_, part) in value.entries.items())
            else:
                yield f"{section}.{name}", value


def _repetition(path: str, node: Scalar) -> Diagnostic:
    is_variable = path.startswith("spec.env.")
    return Diagnostic(
        LOST,
        f"{quote(path)} contains a credential",
        place=node.at.place,
        label="looks like a credential, or repeats one",
        help="Set `IsPrivate: true` and put the whole credential in a variable of its own."
        if is_variable
        else "Remove it, or pass it in a variable of `Envs`.",
    )


def _terms(context: Context) -> Terms:
    """Return the terms of a project in which each variable has a value of the right type."""
    filled = [replace(one, value=one.sample) for one in context.variables]
    text = project_text("converted", ["*.yaml"], filled, {})
    file, _ = read_project(parse(text.encode(), PROJECT_FILE), ScopeOptions())
    if file is None:
        raise ValueError("the project file of a conversion is invalid")
    return file.terms
