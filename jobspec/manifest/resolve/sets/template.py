"""The template of a set: from a cell to its task. Pure.

A cell whose task is ordinary and valid is converted without positions; any other cell is read exactly.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.resolve.composition.merging import merge
from jobspec.manifest.resolve.declarations import DeclaredValues, task_of
from jobspec.manifest.resolve.quick import QuickTerms, QuotedExpression, quick_document
from jobspec.manifest.resolve.sets.problems import in_cell
from jobspec.manifest.resolve.tasks import Inherited, name_place, read_task
from jobspec.manifest.task import UNREAD, Task, TaskOrigin
from jobspec.manifest.values import API_VERSION
from jobspec.manifest.workers import shared
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, child, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.diagnostics import Diagnostic, Place
    from jobspec.manifest.expressions.outside import UsedValue
    from jobspec.manifest.resolve.sets.cells import Cell

_REFERENCE = re.compile(r"\bmatrix\.([A-Za-z_][A-Za-z0-9_-]*)")
_HEADER = {"apiVersion": API_VERSION, "kind": "Task"}


class CellTemplate(Struct, frozen=True, eq=False):
    """The document of each task of a set, with its expressions, and what its tasks inherit."""

    set_name: str
    document: Mapping
    inherited: Inherited
    quick: QuickTerms | None
    plain: Any
    """The document as plain values."""

    @classmethod
    def of(cls, task_set: Mapping, inherited: Inherited, quick: QuickTerms | None) -> CellTemplate:
        """Return the template of a valid set."""
        document = _document(task_set)
        name = child(task_set, "metadata", "name")
        set_name = name.text if isinstance(name, Scalar) else ""
        return cls(set_name, document, inherited, quick, _plain(document))

    @property
    def place(self) -> Place:
        """The place of the name of its tasks."""
        return name_place(self.document)

    @property
    def names(self) -> frozenset[str]:
        """The names of values of a cell that the template, or any template of the project, reads."""
        layers = (one.layer for one in self.inherited.templates.by_name.values() if one.is_deferred)
        return frozenset(name for node in (self.document, *layers) for name in _read(node))

    @property
    def hidden(self) -> frozenset[str]:
        """The names of values that private variables of the template read."""
        env = child(self.document, "spec", "env")
        private = (
            value
            for _, value in (env.entries.values() if isinstance(env, Mapping) else ())
            if isinstance(value, Mapping) and value.get("private") is not None
        )
        return frozenset(name for value in private for name in _read(value))

    def quick_tasks(self, cells: list[Cell], count: Callable[[int], None]) -> Iterator[Task | None]:
        """Yield the task of each cell that has no problem of any kind, and None for a cell in doubt.

        `count` is called for each cell; it limits the time.
        """
        outside = self.inherited.context.outside

        def read(share: list[Cell]) -> list[tuple[Task | None, tuple[UsedValue, ...]]]:
            return [self._without_origin(cell, count) for cell in share]

        found = shared(read, cells)
        for (task, used), cell in zip(found, cells, strict=True):
            outside.used.update({one.name: one for one in used})
            yield task and replace(task, origin=CellOrigin(self, cell))

    def _without_origin(
        self, cell: Cell, count: Callable[[int], None]
    ) -> tuple[Task | None, tuple[UsedValue, ...]]:
        """Return the task of a cell, and the values from outside so far: this may be another process."""
        count(0)
        context = self.inherited.context
        values = self.quick_values(cell)
        task = None if values is None else self._of_set(task_of(values, context.scope, UNREAD), cell)
        return task, tuple(context.outside.used.values())

    def exact_task(self, cell: Cell) -> tuple[Task | None, Mapping, tuple[Diagnostic, ...]]:
        """Return the task of a cell if it has no problems of shape, its merged tree, and its problems."""
        task, tree, found = self.read(cell)
        if task is not None:
            task = replace(self._of_set(task, cell), origin=CellOrigin(self, cell))
        return task, tree, found

    def read(self, cell: Cell) -> tuple[Task | None, Mapping, tuple[Diagnostic, ...]]:
        """Return what `read_task` finds for a cell."""
        return read_task(self.document, _of_cell(self.inherited, cell))

    def in_cell(self, problem: Diagnostic, cell: Cell) -> Diagnostic:
        """Return a problem with the first cell that has it, unless it is in a template of the project."""
        place = problem.place
        is_shared = place is not None and self.inherited.templates.covers(place)
        return problem if is_shared else in_cell(problem, cell)

    def quick_values(self, cell: Cell) -> DeclaredValues | None:
        """Return the complete values of a cell's task; None in doubt."""
        if self.quick is None:
            return None
        terms = replace(self.quick, inherited=_of_cell(self.quick.inherited, cell))
        return quick_document(self.plain, terms)

    def _of_set(self, task: Task, cell: Cell) -> Task:
        return replace(task, set=self.set_name, cell=cell.texts)


class CellOrigin(Struct, frozen=True, eq=False):
    """The origin of a task of a set; it expands the template again when something is needed."""

    template: CellTemplate
    cell: Cell

    @property
    def file(self) -> str:
        """The name of the manifest file."""
        return self.template.document.at.file

    @property
    def payload(self) -> Map[str, Any]:
        """The create payload of a new run, without tags."""
        return _payload(self)

    @property
    def place(self) -> Place:
        """The place of the name in the template."""
        return self.template.place

    @property
    def secret_places(self) -> Map[str, Place]:
        """The place of each reference to a secret, by the reference's text."""
        origin = self.exact()
        return {} if origin is None else origin.secret_places

    @property
    def name_places(self) -> Map[str, Place]:
        """The place of each name in place of an id, by the reference's text."""
        origin = self.exact()
        return {} if origin is None else origin.name_places

    @property
    def dependency_places(self) -> Map[str, Place]:
        """The place of each entry of `dependsOn`, by the task or set that it names."""
        origin = self.exact()
        return {} if origin is None else origin.dependency_places

    @property
    def document(self) -> Mapping:
        """The merged document, with positions."""
        return self.template.read(self.cell)[1]

    def exact(self) -> TaskOrigin | None:
        """Return the origin that the exact reader finds."""
        task, _, _ = self.template.read(self.cell)
        return None if task is None else task.origin


@lru_cache(maxsize=8)  # the payload of a task is asked for several times in a row
def _payload(origin: CellOrigin) -> Map[str, Any]:
    values = origin.template.quick_values(origin.cell)
    if values is not None:
        return values.payload
    exact = origin.exact()
    if exact is None:
        raise ValueError("the cell was read before")
    return exact.payload


def _read(node: Node) -> Iterator[str]:
    """Yield the names of values of a cell that expressions of a tree read."""
    if isinstance(node, Scalar):
        yield from _REFERENCE.findall(node.text) if "${{" in node.text else ()
        return
    parts = (value for _, value in node.entries.values()) if isinstance(node, Mapping) else node.items
    for part in parts:
        yield from _read(part)


def _plain(document: Mapping) -> Any:
    """Return a template as plain values, in which quoted expressions of `env` are marked as text."""
    values, env = plain(document), child(document, "spec", "env")
    for name, (_, value) in env.entries.items() if isinstance(env, Mapping) else ():
        if isinstance(value, Scalar) and value.style and "${{" in value.text:
            values["spec"]["env"][name] = QuotedExpression(value.value)
    return values


def _of_cell(inherited: Inherited, cell: Cell) -> Inherited:
    return replace(inherited, context=replace(inherited.context, matrix=cell.values))


def _document(task_set: Mapping) -> Mapping:
    """Return the document of a task: the template, with a header and the tags of the set."""
    template = child(task_set, "spec", "template")
    if not isinstance(template, Mapping):
        raise TypeError("a valid set has a template")
    header = {
        key: (Scalar(key, key, "", template.at), Scalar(text, text, "", template.at))
        for key, text in _HEADER.items()
    }
    entries = {**header, **template.entries}
    shared = child(task_set, "metadata")
    if shared is not None and "metadata" in entries:
        key, own = entries["metadata"]
        entries["metadata"] = (key, merge(_only_tags(shared), own, ("metadata",)))
    shared = child(task_set, "lifecycle")
    if isinstance(shared, Mapping):
        nothing = Scalar("lifecycle", "lifecycle", "", template.at), Mapping({}, template.at)
        key, own = entries.get("lifecycle", nothing)
        entries["lifecycle"] = (key, _with_dependencies(shared, own))
    return Mapping(entries, template.at)


def _only_tags(metadata: Node) -> Mapping:
    """Return the metadata of a set without what is its own."""
    entries = metadata.entries if isinstance(metadata, Mapping) else {}
    return Mapping({name: entry for name, entry in entries.items() if name == "tags"}, metadata.at)


def _with_dependencies(shared: Mapping, own: Node) -> Node:
    """Return the lifecycle of a template with the dependencies of its set before its own."""
    if not isinstance(own, Mapping):
        return own
    entries = dict(own.entries)
    for name, (key, value) in shared.entries.items():
        given = own.get(name)
        if isinstance(value, Sequence):
            items = given.items if isinstance(given, Sequence) else ()
            entries[name] = (key, replace(value, items=(*value.items, *items)))
    return replace(own, entries=entries)
