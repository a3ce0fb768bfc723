"""A YAML document as a tree of frozen nodes with positions. Pure.

Nodes keep their own file: a project's defaults, merged under a task, still point to the project file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from jobspec.diagnostics import Place, Position, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_VALUES = 100_000
"""Maximum number of values in a file with expanded aliases, and of those that expressions add to a task."""
MAX_EXPANDED = 2 * MAX_VALUES
"""Maximum number of values in the tasks of one file, with the defaults and expressions of each expanded."""
CHARACTERS_PER_VALUE = 64
"""A text counts as one more value per this many characters."""

Key = str | int
ScalarValue = str | int | float | bool | None


class Extent(NamedTuple):
    """A part of a file in a parser's coordinates, from 0; converted to a `Place` only for display."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def place(self) -> Place:
        """The same part, counted from 1."""
        start = Position(self.line + 1, self.column + 1)
        return Place(self.file, Span(start, Position(self.end_line + 1, self.end_column + 1)))


NO_EXTENT = Extent("", 0, 0, 0, 0)
"""The place of a node that was read without positions."""


class Scalar(Struct, frozen=True):
    """A single value; `text` is the user's text, `style` its quote or block sign, empty if plain."""

    value: ScalarValue
    text: str
    style: str
    at: Extent
    expression: str = ""
    """The whole expression that the value replaced, if any; `style` is then the expression's."""

    @property
    def is_absent(self) -> bool:
        """Whether no value is written, as after the colon of `key:`."""
        return self.value is None and not self.text


class Mapping(Struct, frozen=True):
    """A map in the order of the document; each entry is the key's own node and the value."""

    entries: dict[str, tuple[Scalar, Node]]
    at: Extent

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        entry = self.entries.get(key)
        return entry and entry[1]

    def key(self, key: str) -> Scalar | None:
        """Return the node of a key, or None."""
        entry = self.entries.get(key)
        return entry and entry[0]


class Sequence(Struct, frozen=True):
    """A list."""

    items: tuple[Node, ...]
    at: Extent


Node = Scalar | Mapping | Sequence


class FoundNode(Struct, frozen=True):
    """The result of following a path: the existing keys, the last node, and its own key if it has one."""

    path: tuple[Key, ...]
    node: Node
    key: Scalar | None

    @property
    def extent(self) -> Extent:
        """The value if it is a scalar in the text, else its key, else its start."""
        if isinstance(self.node, Scalar) and not self.node.is_absent:
            return self.node.at
        return self.node.at if self.key is None else self.key.at


def at_path(root: Node, path: Iterable[Key]) -> FoundNode:
    """Follow `path` as far as possible, skipping steps that are not in the document."""
    found = FoundNode((), root, None)
    for step in path:
        found = _step(found, step) or found
    return found


def _step(found: FoundNode, step: Key) -> FoundNode | None:
    match found.node:
        case Mapping(entries) if isinstance(step, str) and step in entries:
            key, node = entries[step]
            return FoundNode((*found.path, step), node, key)
        case Sequence(items) if isinstance(step, int) and step < len(items):
            return FoundNode((*found.path, step), items[step], None)
        case _:
            return None


def dotted(path: Collection[Key]) -> str:
    """Return a document path as users write it: `spec.roles[0].name`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def child(node: Node | None, *keys: str) -> Node | None:
    """Return the node at `keys`, each the key of a map; None if one does not exist."""
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def merge(under: Node, over: Node) -> Node:
    """Return `over` with missing parts from `under`: maps merge deeply, lists and scalars of `over` win."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    entries = dict(under.entries)
    for key, (node, value) in over.entries.items():
        below = entries.get(key)
        entries[key] = (node, value if below is None else merge(below[1], value))
    return replace(over, entries=entries)


def with_text(node: Node, chosen: Collection[int]) -> Node:
    """Return the tree with some scalars, given by identity, replaced with their own text."""
    if isinstance(node, Scalar):
        return replace(node, value=node.text) if id(node) in chosen else node
    if isinstance(node, Mapping):
        entries = {name: (key, with_text(value, chosen)) for name, (key, value) in node.entries.items()}
        return replace(node, entries=entries)
    return replace(node, items=tuple(with_text(item, chosen) for item in node.items))


def weight(node: Node) -> int:
    """Return how many values a tree contains, counting a long text as several: the cost of expanding it."""
    if isinstance(node, Scalar):
        return 1 + len(node.value if isinstance(node.value, str) else node.text) // CHARACTERS_PER_VALUE
    if isinstance(node, Mapping):
        return 1 + sum(weight(key) + weight(value) for key, value in node.entries.values())
    return 1 + sum(map(weight, node.items))


def plain(node: Node) -> Any:
    """Return the Python values of a tree."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    return [plain(item) for item in node.items]
