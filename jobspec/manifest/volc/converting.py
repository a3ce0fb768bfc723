"""Convert the vendor's files to manifests, and report what they lose. Pure.

The tree of a manifest has the positions of the file that it was made from. So the checks of all manifests
report what no manifest can express, at its place in the vendor's file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.importing.names import MAX_NAME, manifest_name
from jobspec.manifest.resolve.reading import Reading
from jobspec.manifest.volc.building import map_of, value_at
from jobspec.manifest.volc.checking import Checker, by_file, terms_of
from jobspec.manifest.volc.documents import tasks_in
from jobspec.manifest.volc.findings import CHANGED, NO_TASK, Findings
from jobspec.manifest.volc.hiding import credentials_in, searched
from jobspec.manifest.volc.task import TaskConverter
from jobspec.manifest.volc.values.context import Context
from jobspec.manifest.volc.values.free_names import first_free
from jobspec.manifest.volc.values.variables import Variables
from jobspec.manifest.volc.writing.comments import secret_comments
from jobspec.manifest.yaml.tree import NO_EXTENT, Extent, Mapping, Scalar, child
from jobspec.quoting import quote
from jobspec.redaction.quotes import MIN_MASKED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.manifest.volc.task import FindCode
    from jobspec.manifest.volc.values.variables import Variable
    from jobspec.manifest.yaml.source import Source


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
    terms = terms_of(context)
    checker = Checker(context, terms, by_file(context.findings.plaintext), lossy)
    checked = [checker.check(one) for one in _distinct(found, context)]
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
