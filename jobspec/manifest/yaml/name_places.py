"""Find the place of a task's name in the text of a file, without building its trees. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jobspec.manifest.yaml.source import exact_events, fast_events
from jobspec.manifest.yaml.tree import Extent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.diagnostics import Place

_NAME = ["metadata", "name"]


def name_place(text: str, file: str, index: int) -> Place:
    """Return the place of `metadata.name` in a document, given by its number among those with a map.

    The text must be one that `quick_documents` accepted and whose document has a name.
    """
    found = next(_names(text)) if index == 0 else _all_names(text).get(index)
    if found is None or found[0] != index:
        raise ValueError(f"document {index} has no name")
    start, end = found[1].start_mark, found[1].end_mark
    return Extent(file, start.line, start.column, end.line, end.column).place


@lru_cache(maxsize=1)  # the documents of a file are asked for one after the other
def _all_names(text: str) -> dict[int, tuple[int, Any]]:
    return {found[0]: found for found in _names(text)}


def _names(text: str) -> Iterator[tuple[int, Any]]:
    """Yield the number of each document with a name, and the event of the name."""
    number = -1
    opened: list[str | int | None] = []  # of each open collection: the current key of a map, 0 of a list
    for event in (fast_events() or exact_events)(text):
        kind = type(event).__name__
        is_node = kind.endswith("StartEvent") and not kind.startswith(("Document", "Stream"))
        if kind == "MappingStartEvent" and not opened:
            number += 1
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            opened.pop()
            _end_value(opened)
        elif is_node:
            opened.append(None if kind == "MappingStartEvent" else 0)
        elif kind == "ScalarEvent":
            if opened and opened[-1] is None:
                opened[-1] = event.value
                continue
            if opened == _NAME:
                yield number, event
            _end_value(opened)


def _end_value(opened: list[str | int | None]) -> None:
    """Expect the next key of a map, after one of its values."""
    if opened and opened[-1] != 0:
        opened[-1] = None
