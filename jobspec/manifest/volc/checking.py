"""Check converted manifests: what is not valid in them, and credentials that are still there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.files.budget import Budget
from jobspec.manifest.files.filenames import PROJECT_FILE
from jobspec.manifest.resolve.project_reading import read_project
from jobspec.manifest.resolve.reading import Terms, read_documents, total
from jobspec.manifest.task import ScopeOptions
from jobspec.manifest.validate.plaintext_credentials import Plaintext, find_plaintext
from jobspec.manifest.volc.findings import LOST
from jobspec.manifest.volc.hiding import copies, searched
from jobspec.manifest.volc.pruning import without
from jobspec.manifest.volc.task import missing
from jobspec.manifest.volc.writing.project import project_text
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import Mapping
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.manifest.volc.converting import ConvertedTask
    from jobspec.manifest.volc.values.context import Context
    from jobspec.manifest.yaml.source import Source
    from jobspec.manifest.yaml.tree import Node, Scalar

_PASSES = 100
_OF_TEXT = "JS310"
"""A credential in a manifest, which is reported here with advice for the vendor's file."""


def by_file(found: Iterable[Plaintext]) -> dict[str, set[str]]:
    """Return the credentials to search for in the manifests of each file."""
    by_file: dict[str, list[Plaintext]] = {}
    for one in found:
        by_file.setdefault(one.node.at.file, []).append(one)
    return {file: searched(ones) for file, ones in by_file.items()}


class Checker(Struct):
    """Checks the manifests of one conversion."""

    context: Context
    terms: Terms
    known: Map[str, set[str]]
    is_lossy: bool

    def check(self, one: ConvertedTask) -> ConvertedTask:
        """Return the task as far as it is valid; each problem is reported once."""
        tree, findings = one.tree, self.context.findings
        known = self.known.get(one.source.file, set())
        for _ in range(_PASSES):
            lacks = missing(tree)
            if lacks:
                findings.refuse(
                    one.document,
                    f"the task has no usable {', '.join(map(quote, lacks))}",
                    "Add the missing field." if len(lacks) == 1 else "Add the missing fields.",
                )
                break
            invalid = (
                found for found in _invalid(tree, one.source, self.terms) if _is_certain(found, self.context)
            )
            problems = [*invalid, *_repeated(tree, known)]
            if not problems:
                break
            findings.problems += problems
            tree = without(tree, problems)
            if not self.is_lossy:
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


def _repeated(tree: Mapping, known: Collection[str]) -> Iterator[Diagnostic]:
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


def terms_of(context: Context) -> Terms:
    """Return the terms of a project in which each variable has a value of the right type."""
    filled = [replace(one, value=one.sample) for one in context.variables]
    text = project_text("converted", ["*.yaml"], filled, {})
    file, _ = read_project(parse(text.encode(), PROJECT_FILE), ScopeOptions())
    if file is None:
        raise ValueError("the project file of a conversion is invalid")
    return file.terms
