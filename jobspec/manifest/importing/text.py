"""Render an imported manifest as the text of a file, with its notes as comments. Pure."""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.manifest.importing.document import (
    ORDER,
    Imported,
    Note,
)
from jobspec.manifest.resolve.foreign_forms import EXPRESSION, escaped
from jobspec.manifest.yaml.quick import quick_documents
from jobspec.manifest.yaml.source import parse
from jobspec.manifest.yaml.tree import plain
from jobspec.manifest.yaml.writing import as_block, to_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Writer = Callable[[str, object], str]

_WIDTH = 108
_PATHS = {
    section: tuple((field, f"{section}.{field}") for field in fields) for section, fields in ORDER.items()
}
_LINE = re.compile(r"^(?=.)", re.MULTILINE)
"""The start of a line that is not empty."""


class Rendered(Struct, frozen=True):
    """The text of a file, and the same without comments.

    `documents` is what the quick reader reads in the text; None if it is in doubt.
    """

    text: str
    bare: str
    documents: list[Any] | None


def render(imported: Imported) -> Rendered:
    """Return the file's text. Parsing it gives exactly the document's values, without any expression."""
    document = imported.document
    if "$" in str(document):
        document = _escaped(escaped(document))
    blocks = _rendered(document, imported.notes, as_block)
    # A block is more readable; if a parser would read another text, escapes are safe.
    return blocks if _reads_as(blocks, document) else _rendered(document, imported.notes, _as_it_is)


def _rendered(document: dict[str, Any], notes: Sequence[Note], write: Writer) -> Rendered:
    parts = [*_parts(document, notes, write)]
    text = "".join(part for part, _ in parts)
    bare = "".join(part for part, is_comment in parts if not is_comment)
    return Rendered(text, bare, quick_documents(text))


def _parts(document: dict[str, Any], notes: Sequence[Note], write: Writer) -> Iterator[tuple[str, bool]]:
    """Yield the parts of the text, and whether each is a comment."""
    comments = _comments(notes)
    yield from comments.get("", ())
    yield to_yaml({key: document[key] for key in ("apiVersion", "kind")}), False
    for section, paths in _PATHS.items():
        yield f"{section}:\n", False
        values = document[section]
        for field, path in paths:
            if path in comments:
                yield from comments[path]
            if field in values:
                yield _field(write, field, values[field]), False
    yield from comments.get("lifecycle", ())
    if document.get("lifecycle"):
        yield to_yaml({"lifecycle": document["lifecycle"]}), False


def _field(write: Writer, name: str, value: object) -> str:
    if isinstance(value, str | int):
        return _plain_field(write, name, value)
    return _indented(write(name, value))


@lru_cache(maxsize=1024, typed=True)  # most tasks share most of their values
def _plain_field(write: Writer, name: str, value: str | int) -> str:
    return _indented(write(name, value))


def _escaped(value: Any) -> Any:
    """Return the values with each `${{` escaped as `$${{`: it was not an expression on the platform."""
    if isinstance(value, str):
        return EXPRESSION.sub(lambda match: f"${match[0]}", value)
    if isinstance(value, dict):
        return {key: _escaped(part) for key, part in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _comments(notes: Sequence[Note]) -> dict[str, list[tuple[str, bool]]]:
    """Return the comments by path."""
    by_path: dict[str, dict[str, None]] = {}
    for note in notes:
        by_path.setdefault(note.path, {})[note.text] = None
    return {
        path: [(_comment(text, 2 if "." in path else 0), True) for text in texts]
        for path, texts in by_path.items()
    }


@lru_cache(maxsize=256)  # most tasks have the same notes
def _comment(text: str, indent: int) -> str:
    mark = f"{' ' * indent}# "
    line = "".join(character if character.isprintable() else "?" for character in text)
    return textwrap.fill(line, _WIDTH, initial_indent=mark, subsequent_indent=f"{mark}  ") + "\n"


def _indented(block: str) -> str:
    return _LINE.sub("  ", block)


def _as_it_is(name: str, value: object) -> str:
    return to_yaml({name: value})


def _reads_as(written: Rendered, document: dict[str, Any]) -> bool:
    if written.documents is not None:
        return written.documents == [document]
    source = parse(written.text.encode(), "")
    return not source.diagnostics and [plain(one) for one in source.documents] == [document]
