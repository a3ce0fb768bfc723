"""Convert an ordinary, valid file to its tasks without positions, and answer "in doubt" for any other. Pure.

Nothing here explains: a file with a problem, even a warning, is in doubt, and the exact reader reads it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.manifest.expressions.evaluating import ExpressionContext, Failure
from jobspec.manifest.expressions.functions import spelled
from jobspec.manifest.expressions.outside import UsedValue
from jobspec.manifest.expressions.syntax import Insertion, pieces, whole
from jobspec.manifest.payload.create import local_code
from jobspec.manifest.resolve.composition.earlier import earlier_values
from jobspec.manifest.resolve.composition.layers import extended_values, values_with_base
from jobspec.manifest.resolve.composition.merging import LAYERED, merge_values
from jobspec.manifest.resolve.composition.removals import has_useless_removal
from jobspec.manifest.resolve.declarations import DeclaredValues, declared_values, task_of
from jobspec.manifest.resolve.expressions import is_command, may_be_taken_apart, value_of
from jobspec.manifest.resolve.foreign_forms import escaped
from jobspec.manifest.task import UNREAD, Task
from jobspec.manifest.validate import published
from jobspec.manifest.validate.plaintext_credentials import find_plaintext
from jobspec.manifest.validate.plaintext_signs import may_hold_plaintext
from jobspec.manifest.validate.rules import task_problems
from jobspec.manifest.values import API_VERSION
from jobspec.manifest.yaml.name_places import name_place
from jobspec.manifest.yaml.quick import bare_tree, quick_documents, values_at_most
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import MAX_EXPANDED, NO_EXTENT, Mapping, Node, Scalar, plain, weight
from jobspec.redaction.shapes import may_contain_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Map

    from jobspec.diagnostics import Place
    from jobspec.manifest.resolve.tasks import Inherited
    from jobspec.manifest.task import TaskOrigin

NOWHERE = Mapping({}, NO_EXTENT)
"""The tree for checks whose answer is only yes or no: the exact reader explains what is wrong."""
_MAX_VALUES = MAX_EXPANDED // 2
"""Maximum number of values in the tasks of a file before the exact reader counts them."""
_MAX_LAYERS = 1000
"""Maximum number of combinations of templates that are kept merged."""
_MAX_ADDED = 1000
"""Maximum number of values that the expressions of a file add before the exact reader counts them."""


class _InDoubt(Exception):
    """The exact reader has to read the file."""


class QuickLayers(Struct, frozen=True):
    """What is merged under a task, as plain values."""

    base: Map[str, Any]
    deferred: tuple[Map[str, Any], ...] = ()
    """Layers that are expanded with the task's own names."""
    weight: int = 0
    """How many values the layers contain."""


class QuickTerms(Struct, frozen=True, eq=False):
    """The terms for reading documents as tasks, with the defaults as plain values."""

    inherited: Inherited
    defaults: Map[str, Any]
    weight: int
    """How many values the defaults contain."""
    earlier: Map[str, Any] | None = None
    """The keyed lists of the defaults as releases before 0.2 read them; None without such lists."""
    layers: dict[tuple[str, ...], QuickLayers | None] = field(default_factory=dict)
    """The layers of each combination of templates so far; None for what only the exact reader handles."""
    exact: Callable[[], Inherited] | None = None
    """Returns `inherited` with positions, if the project was read without them."""

    def with_positions(self) -> Inherited:
        """Return what tasks inherit, with positions."""
        return self.inherited if self.exact is None else self.exact()

    def under(self, names: tuple[str, ...]) -> QuickLayers:
        """Return the layers below a task that extends templates. Raises `_InDoubt` for anything unusual."""
        if not names:
            return QuickLayers(self.defaults)
        if names not in self.layers:
            if len(self.layers) >= _MAX_LAYERS:
                self.layers.clear()
            self.layers[names] = _quick_layers(names, self.inherited)
        found = self.layers[names]
        if found is None:
            raise _InDoubt
        return found

    @classmethod
    def of(cls, inherited: Inherited) -> QuickTerms | None:
        """Return the terms; None if the defaults contain what only the exact reader handles."""
        defaults = inherited.defaults
        if defaults is None:
            return cls(inherited, {}, 0)
        values = plain(defaults)
        if _is_unusual_layer(values, defaults):
            return None
        earlier = None if inherited.earlier is None else plain(inherited.earlier)["spec"]
        return cls(inherited, values, weight(defaults), earlier)


def _quick_layers(names: tuple[str, ...], inherited: Inherited) -> QuickLayers | None:
    """Return the layers of some templates; None if one is unknown, or only the exact reader handles it."""
    if not all(name in inherited.templates.by_name for name in names):
        return None
    found = inherited.templates.under(names, inherited.defaults)
    base = {} if found.base is None else plain(found.base)
    if found.base is not None and _is_unusual_layer(base, found.base):
        return None
    if any(map(_has_absent, found.deferred)):
        return None
    size = sum(map(weight, filter(None, (found.base, *found.deferred))))
    return QuickLayers(base, tuple(map(plain, found.deferred)), size)


def _is_unusual_layer(values: Any, layer: Node) -> bool:
    return _has_absent(layer) or published.is_in_doubt(values) or escaped(values) != values


def _has_absent(node: Node) -> bool:
    """Whether a layer has a key without a value, which is not the same as a written null."""
    if isinstance(node, Scalar):
        return node.is_absent
    values = [value for _, value in node.entries.values()] if isinstance(node, Mapping) else node.items
    return any(map(_has_absent, values))


class QuickOrigin(Struct, frozen=True):
    """The origin of a task that was read without positions; it reads the text again when one is needed."""

    file: str
    text: str
    index: int
    """The number of the task's document in the file, from 0."""
    terms: QuickTerms

    @property
    def payload(self) -> Map[str, Any]:
        """The create payload of a new run, without tags."""
        return _values_in(self.text, self.terms)[self.index].payload

    @property
    def place(self) -> Place:
        """The place of the task's name."""
        return name_place(self.text, self.file, self.index)

    @property
    def secret_places(self) -> Map[str, Place]:
        """The place of each reference to a secret, by the reference's text."""
        origin = self._with_positions()
        return {} if origin is None else origin.secret_places

    @property
    def name_places(self) -> Map[str, Place]:
        """The place of each name in place of an id, by the reference's text."""
        origin = self._with_positions()
        return {} if origin is None else origin.name_places

    @property
    def dependency_places(self) -> Map[str, Place]:
        """The place of each entry of `dependsOn`, by the task or set that it names."""
        origin = self._with_positions()
        return {} if origin is None else origin.dependency_places

    @property
    def document(self) -> Mapping:
        """The merged document, with positions."""
        return self._read()[1]

    def _with_positions(self) -> TaskOrigin | None:
        task, _ = self._read()
        return None if task is None else task.origin

    def _read(self) -> tuple[Task | None, Mapping]:
        from jobspec.manifest.resolve.tasks import read_task  # noqa: PLC0415 - only to explain

        documents = [
            one for one in parse(self.text.encode(), self.file).documents if isinstance(one, Mapping)
        ]
        task, tree, _ = read_task(documents[self.index], self.terms.with_positions())
        return task, tree


@lru_cache(maxsize=1)  # the tasks of a file are used one after the other
def _values_in(text: str, terms: QuickTerms) -> list[DeclaredValues]:
    return _expanded(text, quick_documents(text) or [], terms)[0]


class QuickTasks(Struct, frozen=True):
    """The tasks of a file, without their origin, and how many values expressions and defaults added."""

    tasks: tuple[Task, ...]
    added: int
    used: tuple[UsedValue, ...] = ()
    """The values from outside that were used so far: another process may have read the file."""


def quick_tasks(text: str, terms: QuickTerms) -> QuickTasks | None:
    """Return the tasks of a file that has no problem of any kind; None in doubt."""
    documents = quick_documents(text)
    found = None if documents is None else quick_values(documents, text, terms)
    if found is None:
        return None
    values, added = found
    context = terms.inherited.context
    tasks = tuple(task_of(one, context.scope, UNREAD) for one in values)
    return QuickTasks(tasks, added, tuple(context.outside.used.values()))


def quick_values(
    documents: list[Any], text: str, terms: QuickTerms
) -> tuple[list[DeclaredValues], int] | None:
    """Return the complete values of the documents of a text without problems; None in doubt.

    The number is how many values expressions and defaults added.
    """
    if terms.weight * len(documents) + values_at_most(text) > _MAX_VALUES:
        return None
    if may_contain_credential(text) and any(map(_has_credential, documents)):
        return None
    try:
        found, added = _expanded(text, documents, terms)
    except _InDoubt:
        return None
    if any(map(_has_problem, found)):
        return None
    return found, added + terms.weight * len(found)


def quick_document(document: Any, terms: QuickTerms) -> DeclaredValues | None:
    """Return the complete values of a task's document that has no problem of any kind; None in doubt."""
    try:
        (found,), _ = _expanded("$", [document], terms)
    except _InDoubt:
        return None
    return None if _has_problem(found) else found


def with_origins(found: QuickTasks, text: str, file: str, terms: QuickTerms) -> Iterator[Task]:
    """Yield the tasks of a file with their origin."""
    for index, task in enumerate(found.tasks):
        yield replace(task, origin=QuickOrigin(file, text, index, terms))


def _expanded(text: str, documents: list[Any], terms: QuickTerms) -> tuple[list[DeclaredValues], int]:
    """Return the complete values of documents, and how many values expressions added. Raises `_InDoubt`."""
    added, may_refer = 0, "$" in text or "\\" in text
    if not all(map(_is_named_task, documents)):
        raise _InDoubt
    if may_refer:
        expansion = _QuickExpansion(terms.inherited.context)
        documents = [expansion.expanded(one) for one in documents]
        added = expansion.added
        if any(map(published.is_in_doubt, documents)):
            raise _InDoubt
    merged = []
    for one in documents:
        found = terms.under(extended_values(one))
        base = found.base
        for layer in found.deferred:
            own, grown = _expanded_layer(layer, terms)
            base, added = merge_values(base, own), added + grown
        if has_useless_removal(one, base):
            raise _InDoubt
        merged.append(values_with_base(one, base))
        added += found.weight and found.weight - terms.weight  # the weight of the defaults is added for each
        may_refer = may_refer or bool(found.deferred)
    if added + terms.weight * len(documents) > _MAX_VALUES:
        raise _InDoubt
    if may_refer and any(escaped(one) != one for one in merged):
        raise _InDoubt
    if not all(map(published.is_valid_task, merged)):
        raise _InDoubt
    return [_declared(one, whole, terms) for one, whole in zip(documents, merged, strict=True)], added


def _declared(document: Map[str, Any], merged: Map[str, Any], terms: QuickTerms) -> DeclaredValues:
    """Return the values of a valid document, also as an earlier release composed it. Raises `_InDoubt`."""
    if terms.earlier is None or extended_values(document):
        return declared_values(merged)
    earlier = earlier_values(document, terms.earlier, merged)
    if earlier is not None and (not published.is_valid_task(earlier) or escaped(earlier) != earlier):
        raise _InDoubt
    return declared_values(merged, earlier)


def _expanded_layer(layer: Map[str, Any], terms: QuickTerms) -> tuple[dict[str, Any], int]:
    """Return a layer with the names of a task expanded, and how many values that added. Raises `_InDoubt`."""
    expansion = _QuickExpansion(terms.inherited.context)
    expanded = expansion.expanded(layer)
    if published.is_in_doubt(expanded):
        raise _InDoubt
    return {part: expanded[part] for part in LAYERED if part in expanded}, expansion.added


def _is_named_task(document: Any) -> bool:
    """Whether a document has, as written, the header of a task, which is not expanded, and a name."""
    if not isinstance(document, dict):
        return False
    is_task = document.get("apiVersion") == API_VERSION and document.get("kind") == "Task"
    return is_task and isinstance(document.get("metadata"), dict)


def _has_credential(document: Any) -> bool:
    """Whether a document, as written, contains what looks like a credential."""
    return may_hold_plaintext(document) and bool(find_plaintext(bare_tree(document)))


def _has_problem(values: DeclaredValues) -> bool:
    """Whether there is any error or warning about a valid document."""
    lifecycle = values.document.get("lifecycle") or {}
    is_allowed = bool(values.document["metadata"].get("allowPlaintext"))  # an unused entry is reported
    is_renamed = bool(lifecycle.get("previousNames"))  # checked against the other tasks, with its place
    is_broken = any(True for _ in task_problems(values.document, NOWHERE))
    return is_allowed or is_renamed or is_broken or bool(local_code(values.payload))


class QuotedExpression(str):
    """A quoted text that is one expression, where a field takes only text: a number is inserted as text."""

    __slots__ = ()


class _QuickExpansion:
    """The expansion of expressions in plain values, as `expressions` does it in trees."""

    def __init__(self, context: ExpressionContext) -> None:
        self._context = context
        self.added = 0

    def expanded(self, value: Any, path: tuple[str, ...] = ()) -> Any:
        """Return a value with its expressions replaced. Raises `_InDoubt` for anything unusual."""
        if isinstance(value, str):
            return self._text(value, path) if "${{" in value else value
        if isinstance(value, dict):
            if any("${{" in key for key in value):
                raise _InDoubt
            return {key: self.expanded(part, (*path, key)) for key, part in value.items()}
        if isinstance(value, list):
            below = (*path, "[]")
            return [self.expanded(part, below) for part in value]
        return value

    def _text(self, text: str, path: tuple[str, ...]) -> Any:
        if "$${{" in text:
            raise _InDoubt
        parts = pieces(text)
        expression = whole(parts)
        if expression is None or isinstance(text, QuotedExpression):
            in_command = is_command(path)
            return "".join(
                part if isinstance(part, str) else self._inserted(part, in_command=in_command)
                for part in parts
            )
        found = plain(self._value(expression))
        if _has_null(found):
            raise _InDoubt
        return found

    def _inserted(self, part: Insertion, *, in_command: bool) -> str:
        found = self._value(part)
        if not isinstance(found, Scalar) or found.value is None:
            raise _InDoubt
        text = spelled(found)
        if in_command and may_be_taken_apart(part, text):
            raise _InDoubt
        return text

    def _value(self, part: Insertion) -> Node:
        found = value_of(part, self._context)
        if isinstance(found, Failure):
            raise _InDoubt
        self.added += weight(found)
        if self.added > _MAX_ADDED:
            raise _InDoubt
        return found


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return any(map(_has_null, value)) if isinstance(value, list) else value is None
