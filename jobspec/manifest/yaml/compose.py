"""Build trees from a parser's events. Pure, iterative, and bounded for any input.

Depends on neither parser: it recognizes the events of both by their class names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.diagnostics import MAX_PROBLEMS, Diagnostic, Related
from jobspec.manifest.yaml import core_schema as resolve
from jobspec.manifest.yaml.tree import (
    CHARACTERS_PER_VALUE,
    MAX_VALUES,
    Extent,
    Mapping,
    Node,
    Scalar,
    ScalarValue,
    Sequence,
)
from jobspec.quoting import quote
from jobspec.redaction.names import may_be_secretive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_DEPTH = 64
TAG_PREFIX = "tag:yaml.org,2002:"
COLLECTION_TAGS = {Mapping: "map", Sequence: "seq"}
_UNNAMED = "…"
_SURROGATE = re.compile("[\ud800-\udfff]")
KNOWN_TAGS = ("!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq")


class ComposeError(Exception):
    """Reading the file cannot continue; carries the one diagnostic that explains why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class ComposedFile(Struct):
    """The documents of a file, as far as they could be read, and their problems."""

    documents: list[Node] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    dropped: list[Extent] = field(default_factory=list)
    """Where values are that no document contains: those of duplicate and merge keys."""
    is_whole: bool = True
    """False if possible secrets are missing in both the documents and the dropped places."""


class _Anchored(Struct):
    node: Node | None  # None while the collection is still open
    size: int = 1
    height: int = 0


class _Open(Struct):
    """A collection that is being read."""

    start: Any
    nodes_before: int
    is_map: bool
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key: Scalar | None = None
    height: int = 0
    last: Extent | None = None


def compose(events: Iterable[Any], composed: ComposedFile, *, file: str, text: str) -> None:
    """Read events into `composed` until they end.

    Raises ComposeError if it cannot continue, and propagates the parser's errors; `composed` then contains
    everything that was complete before.
    """
    composer = _Composer(composed, file, text)
    handlers: dict[str, Callable[[Any], None]] = {
        "ScalarEvent": composer.scalar,
        "AliasEvent": composer.alias,
        "MappingStartEvent": composer.start,
        "SequenceStartEvent": composer.start,
        "MappingEndEvent": composer.end,
        "SequenceEndEvent": composer.end,
        "DocumentStartEvent": composer.document,
    }
    for event in events:
        handle = handlers.get(type(event).__name__)
        if handle is not None:
            handle(event)


class _Composer:
    def __init__(self, composed: ComposedFile, file: str, text: str) -> None:
        self._composed = composed
        self._file = file
        self._text = text
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0

    def document(self, event: Any) -> None:
        self._anchors = {}
        if event.version is not None and tuple(event.version) != (1, 2):
            version = ".".join(map(str, event.version))
            self._report(
                "JS112",
                f"unsupported YAML version {version}",
                self._directive(event),
                label="manifests are YAML 1.2",
                help="remove the line",
            )

    def scalar(self, event: Any) -> None:
        text, style = event.value, event.style or ""
        size = 1 + len(text) // CHARACTERS_PER_VALUE
        self._count(event, size)
        at = self._extent(event)
        if style in ("|", ">"):
            at = self._clipped(event)
        surrogate = None if text.isascii() else _SURROGATE.search(text)
        if surrogate is not None:
            self._report(
                "JS111",
                f"half of a surrogate pair, U+{ord(surrogate[0]):04X}",
                at,
                label="UTF-8 cannot encode a surrogate",
                help="remove the escape, or write the character itself",
            )
        if "\0" in text:
            self._report(
                "JS111",
                "NUL character in the text",
                at,
                label="not allowed in text",
                help="remove the character",
            )
        node = Scalar(self._value(event, text, style, at), text, style, at)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(node, size)
        self._add(node, 0)

    def alias(self, event: Any) -> None:
        at = self._extent(event)
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            raise ComposeError(_undefined_alias(self._nameable(event.anchor), at))
        if anchored.node is None:
            raise ComposeError(_cyclic_alias(self._nameable(event.anchor), at))
        self._nodes += anchored.size
        self._check_limits(at, len(self._stack) + anchored.height)
        self._add(replace(anchored.node, at=at), anchored.height)

    def _nameable(self, anchor: str) -> str:
        """Return the name of an anchor or a tag; `…` below a key for a secret, which may start with `*`."""
        keys = [str(opened.key.value) for opened in self._stack if opened.key is not None]
        return _UNNAMED if any(map(may_be_secretive, keys)) else anchor

    def start(self, event: Any) -> None:
        self._count(event, 1)
        self._check_limits(self._extent(event), len(self._stack) + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(None)
        self._stack.append(_Open(event, self._nodes - 1, type(event).__name__ == "MappingStartEvent"))

    def end(self, event: Any) -> None:
        opened = self._stack.pop()
        at = self._collection_extent(opened, event)
        node: Node = Mapping(opened.entries, at) if opened.is_map else Sequence(tuple(opened.items), at)
        tag = opened.start.tag
        if tag is not None and tag not in ("!", TAG_PREFIX + COLLECTION_TAGS[type(node)]):
            self._unknown_tag(str(tag), at)
        height = opened.height + 1
        if opened.start.anchor is not None:
            self._anchors[opened.start.anchor] = _Anchored(node, self._nodes - opened.nodes_before, height)
        self._add(node, height)

    def _add(self, node: Node, height: int) -> None:
        if not self._stack:
            self._composed.documents.append(node)
            return
        opened = self._stack[-1]
        opened.height = max(opened.height, height)
        opened.last = node.at
        if not opened.is_map:
            opened.items.append(node)
        elif opened.key is None:
            opened.key = self._key(node)
        else:
            self._enter(opened, opened.key, node)
            opened.key = None

    def _enter(self, opened: _Open, key: Scalar, value: Node) -> None:
        name = str(key.value)
        first = opened.entries.get(name)
        if first is None and (name != "<<" or key.style):
            opened.entries[name] = (key, value)
            return
        self._composed.dropped.append(value.at)
        if first is not None:
            self._duplicate(key, first[0])

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._composed.is_whole = False
            self._bad_key("a map or a list cannot be a key", node.at, "use a name as the key")
            return Scalar("", "", '"', node.at)
        if not isinstance(node.value, str):
            shown = node.text or "an empty key"
            self._bad_key(f"the key {quote(shown)} is not text", node.at, "write " + quote(f'"{node.text}":'))
            return replace(node, value=node.text)
        if node.value == "<<" and not node.style:
            self._report(
                "JS107",
                "merge keys (`<<`) are not supported",
                node.at,
                label="not part of YAML 1.2",
                help="repeat the fields, or share them through `spec.defaults` in `jobspec.yaml`",
            )
        return node

    def _value(self, event: Any, text: str, style: str, at: Extent) -> ScalarValue:
        tag = event.tag
        try:
            if tag is None:
                return text if style else resolve.resolve(text)
            return self._tagged(str(tag), text, at)
        except resolve.TooLargeError:
            self._report(
                "JS114",
                "the number does not fit in 64 bits",
                at,
                label="too large",
                help="quote the value if it is text",
            )
            return text

    def _tagged(self, tag: str, text: str, at: Extent) -> ScalarValue:
        name = tag.removeprefix(TAG_PREFIX)
        if tag in ("!", TAG_PREFIX + "str"):
            return text
        if tag == name or name not in ("int", "float", "bool", "null"):
            self._unknown_tag(tag, at)
            return text
        value = resolve.resolve(text)
        if name == "float" and type(value) is int:
            return float(value)
        if type(value).__name__ != {"null": "NoneType"}.get(name, name):
            self._report(
                "JS104",
                f"`!!{name}` does not fit the value",
                at,
                label="not a value of this type",
                help="remove the tag",
            )
            return text
        return value

    def _unknown_tag(self, tag: str, at: Extent) -> None:
        shown = self._nameable(tag.replace(TAG_PREFIX, "!!"))
        if shown == _UNNAMED:
            self._composed.is_whole = False
        known = ", ".join(map(quote, KNOWN_TAGS))
        self._report(
            "JS104",
            f"unknown tag {quote(shown)}",
            at,
            label="tag not supported",
            help=_advice_on_tag(shown) or f"remove the tag; the supported tags are {known}",
        )

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        self._append(
            Diagnostic(
                "JS102",
                f"duplicate key {quote(key.text)}",
                place=key.at.place,
                label="duplicate",
                help="remove one of them",
                related=(Related(first.at.place, "first defined here"),),
            )
        )

    def _bad_key(self, message: str, at: Extent, help_: str) -> None:
        self._report("JS113", message, at, label="keys are text", help=help_)

    def _report(self, code: str, message: str, at: Extent, *, label: str, help: str = "") -> None:  # noqa: A002
        self._append(Diagnostic(code, message, place=at.place, label=label, help=help))

    def _append(self, problem: Diagnostic) -> None:
        if len(self._composed.problems) >= MAX_PROBLEMS:
            raise ComposeError(problem)
        self._composed.problems.append(problem)

    def _count(self, event: Any, values: int) -> None:
        self._nodes += values
        if self._nodes > MAX_VALUES:
            raise ComposeError(_too_many(self._extent(event)))

    def _check_limits(self, at: Extent, depth: int) -> None:
        if self._nodes > MAX_VALUES:
            raise ComposeError(_too_many(at))
        if depth > MAX_DEPTH:
            raise ComposeError(_too_deep(at))

    def _extent(self, event: Any) -> Extent:
        start, end = event.start_mark, event.end_mark
        return Extent(self._file, start.line, start.column, end.line, end.column)

    def _clipped(self, event: Any) -> Extent:
        # For the parsers, a block scalar ends at the start of the next token.
        start = event.start_mark
        lines = self._text[start.index : event.end_mark.index].rstrip().split("\n")
        end_column = len(lines[-1].rstrip("\r")) + (start.column if len(lines) == 1 else 0)
        return Extent(self._file, start.line, start.column, start.line + len(lines) - 1, end_column)

    def _collection_extent(self, opened: _Open, event: Any) -> Extent:
        start, end = opened.start.start_mark, event.end_mark
        if opened.start.flow_style or opened.last is None:
            return Extent(self._file, start.line, start.column, end.line, end.column)
        return Extent(self._file, start.line, start.column, opened.last.end_line, opened.last.end_column)

    def _directive(self, event: Any) -> Extent:
        lines = self._text.split("\n", event.start_mark.line + 1)[: event.start_mark.line + 1]
        line = next((n for n in reversed(range(len(lines))) if lines[n].startswith("%YAML")), 0)
        return Extent(self._file, line, 0, line, len(lines[line].rstrip()))


def _advice_on_tag(tag: str) -> str:
    """Return the help for an unquoted exclude pattern, which YAML reads as a tag; empty for other tags."""
    pattern = tag.rstrip(",]}")
    is_path = not tag.startswith("!!") and (
        "/" in pattern or "*" in pattern or pattern.endswith((".yaml", ".yml"))
    )
    return "quote a pattern that starts with `!`: " + quote(f'"{pattern}"') if is_path else ""


def _undefined_alias(name: str, at: Extent) -> Diagnostic:
    return Diagnostic(
        "JS105",
        f"undefined alias {quote(f'*{name}')}",
        place=at.place,
        label=f"no {quote(f'&{name}')} before this line",
        help=f"quote {quote(f'*{name}')} if it is text, or mark the value to repeat with {quote(f'&{name}')}",
    )


def _cyclic_alias(name: str, at: Extent) -> Diagnostic:
    return Diagnostic(
        "JS105",
        f"the alias {quote(f'*{name}')} contains itself",
        place=at.place,
        label=f"inside the value of {quote(f'&{name}')}",
        help="replace the alias with its value",
    )


def _too_many(at: Extent) -> Diagnostic:
    return Diagnostic(
        "JS106",
        f"the expanded file exceeds {MAX_VALUES:,} values",
        place=at.place,
        label="exceeds the limit",
        help="split the file, and use fewer aliases",
    )


def _too_deep(at: Extent) -> Diagnostic:
    return Diagnostic(
        "JS108",
        f"the nesting is deeper than {MAX_DEPTH} levels",
        place=at.place,
        label="exceeds the limit",
        help="reduce the nesting",
    )
