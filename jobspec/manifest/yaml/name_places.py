"""Find the place of a task's name in the text of a file, without building its trees. Pure."""

from __future__ import annotations

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
    for number, event in _names((fast_events() or exact_events)(text)):
        if number == index:
            start, end = event.start_mark, event.end_mark
            return Extent(file, start.line, start.column, end.line, end.column).place
    raise ValueError(f"document {index} has no name")


def _names(events: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Yield the number of each document and the event of its name."""
    number = -1
    opened: list[str | int | None] = []  # of each open collection: the current key of a map, 0 of a list
    for event in events:
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
