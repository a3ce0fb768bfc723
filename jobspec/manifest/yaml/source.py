"""Parse text to trees, as YAML 1.2 and with exact positions: the only user of the YAML parsers.

A fast parser (libyaml) reads what all parsers read alike. The exact one (ruamel.yaml, pure Python) decides
about text that the fast one refuses or may read by older rules; its result and its positions count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.diagnostics import Diagnostic
from jobspec.manifest.yaml.compose import ComposedFile, ComposeError, compose
from jobspec.manifest.yaml.syntax_errors import explain
from jobspec.manifest.yaml.tree import (
    Extent,
    Node,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


MAX_BYTES = 2 * 1024 * 1024
MAX_EXACT_CHARACTERS = 100_000
"""The exact parser takes about 5 µs per character; larger files get the fast parser's result."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\ufeff\u202a-\u202e\u2066-\u2069]"
)
_READ_DIFFERENTLY = re.compile(
    "[\t\x85\u2028\u2029?]|^%|^\\.\\.\\.|\r(?!\n)|![^ \n]{0,200} +&|&[^ \n]{1,200} +!|[|>][-+0-9]*#",
    re.MULTILINE,
)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Source(Struct, frozen=True):
    """The contents of a file: its text, its documents as far as they could be read, and its problems."""

    file: str
    text: str
    documents: tuple[Node, ...]
    diagnostics: tuple[Diagnostic, ...]
    is_whole: bool
    """Whether the documents and the dropped places contain every part of the text that may be a secret."""
    dropped: tuple[Extent, ...] = ()
    """Where values are that no document contains: those of duplicate and merge keys."""


def parse(data: bytes, file: str) -> Source:
    """Return the documents of a file; problems become diagnostics, never an exception."""
    if len(data) > MAX_BYTES:
        return _refused(file, "", _too_large(file, len(data)))
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return _refused(file, data.decode("utf-8", "replace"), _not_utf8(file, data, error.start))
    forbidden = None if text.isascii() and text.isprintable() else _FORBIDDEN.search(text)
    if forbidden is not None:
        return _refused(file, text, _forbidden(file, text, forbidden.start()))
    return _parsed(file, text)


def _parsed(file: str, text: str) -> Source:
    fast = fast_events()
    if fast is not None and not _READ_DIFFERENTLY.search(text):
        source, is_certain = _read(file, text, fast)
        if is_certain or len(text) > MAX_EXACT_CHARACTERS:
            return source
    if len(text) > MAX_EXACT_CHARACTERS and fast is not None:
        return _read(file, text, fast)[0]
    return _read(file, text, exact_events)[0]


def _read(file: str, text: str, events: Callable[[str], Iterator[Any]]) -> tuple[Source, bool]:
    """Return the file as one parser reads it, and whether that parser reached the end without an error."""
    composed = ComposedFile()
    failure: Diagnostic | None = None
    parsed = True
    try:
        compose(events(text), composed, file=file, text=text)
    except ComposeError as error:
        failure = error.diagnostic
    except _parser_errors() as error:
        failure = explain(error, file=file, text=text)
        parsed = False
    problems = composed.problems if failure is None else [*composed.problems, failure]
    is_whole = composed.is_whole and failure is None
    documents, dropped = tuple(composed.documents), tuple(composed.dropped)
    return Source(file, text, documents, tuple(problems), is_whole, dropped), parsed


def fast_events() -> Callable[[str], Iterator[Any]] | None:
    """Return the fast parser as a function from text to events; None if it is not installed."""
    import yaml  # noqa: PLC0415 - only commands that read manifests load a parser

    loader = getattr(yaml, "CLoader", None)
    if loader is None:
        return None

    def events(text: str) -> Iterator[Any]:
        parser = loader(text)
        try:
            while (event := parser.get_event()) is not None:
                yield event
        finally:
            parser.dispose()

    return events


def exact_events(text: str) -> Iterator[Any]:
    """Yield the events of the exact parser."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - needed for unusual files only, and slow to import

    return iter(YAML(typ="safe", pure=True).parse(text))


def _parser_errors() -> tuple[type[Exception], ...]:
    import yaml  # noqa: PLC0415
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    # ruamel.yaml's scanner raises these for some broken escapes, directives and tags.
    return (
        *(yaml.YAMLError, YAMLError, ValueError, OverflowError),
        *(IndexError, AssertionError, AttributeError, TypeError),
    )


def _refused(file: str, text: str, diagnostic: Diagnostic) -> Source:
    return Source(file, text, (), (diagnostic,), is_whole=False)


def _too_large(file: str, size: int) -> Diagnostic:
    return Diagnostic(
        "JS109",
        f"the file is larger than 2 MiB ({size:,} bytes)",
        place=Extent(file, 0, 0, 0, 0).place,
        help="split it into several files",
    )


def _not_utf8(file: str, data: bytes, start: int) -> Diagnostic:
    before = data[:start].decode("utf-8", "replace")
    return Diagnostic(
        "JS110",
        "the file is not UTF-8",
        place=_at_offset(file, before, len(before)).place,
        label=f"byte 0x{data[start]:02x} is not valid UTF-8",
        help="save the file as UTF-8",
    )


def _forbidden(file: str, text: str, offset: int) -> Diagnostic:
    kind = "text direction" if _BIDI.match(text, offset) else "control"
    return Diagnostic(
        "JS111",
        f"invisible {kind} character U+{ord(text[offset]):04X}",
        place=_at_offset(file, text, offset).place,
        label="here",
        help="remove the character, or write it as an escape in double quotes",
    )


def _at_offset(file: str, text: str, offset: int) -> Extent:
    lines = re.split("\r\n|\r|\n", text[:offset])
    line, column = len(lines) - 1, len(lines[-1])
    return Extent(file, line, column, line, column + 1)
