"""The fields of a map in a vendor's file, found in any spelling. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.volc.names import Alias, form
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.volc.findings import Findings


class GivenValue(Struct, frozen=True):
    """A field that a file gives: its key and its value."""

    key: Scalar
    value: Node


class GivenFields:
    """The fields of a map. Each is taken once; `rest` are those that nothing took."""

    def __init__(self, node: Mapping, findings: Findings) -> None:
        self._entries: dict[str, GivenValue] = {}
        for name, (key, value) in node.entries.items():
            self._add(form(name), GivenValue(key, value), findings)

    def _add(self, name: str, entry: GivenValue, findings: Findings) -> None:
        first = self._entries.get(name)
        if first is None or is_null(first.value):
            self._entries[name] = entry
        elif not is_null(entry.value) and plain(entry.value) != plain(first.value):
            findings.conflict(entry.key, first.key)

    def __contains__(self, name: str) -> bool:
        """Whether a field is given, under any of its spellings."""
        return form(name) in self._entries

    def take(self, *names: str) -> GivenValue | None:
        """Return the first of the fields that is given and not null, and consider all of them as taken."""
        found = [entry for name in names if (entry := self._entries.pop(form(name), None))]
        return next((entry for entry in found if not is_null(entry.value)), None)

    def of_row(self, row: Alias, findings: Findings) -> GivenValue | None:
        """Return a field by any of its names; a second name with another value is lost."""
        found = [entry for name in row.names if (entry := self._entries.pop(name, None))]
        written = [entry for entry in found if not is_null(entry.value)]
        for other in written[1:]:
            if plain(other.value) != plain(written[0].value):
                findings.conflict(other.key, written[0].key)
        return written[0] if written else None

    def restore(self, entry: GivenValue) -> None:
        """Give a field back that was taken to look at it."""
        self._entries[form(entry.key.text)] = entry

    @property
    def rest(self) -> Iterator[GivenValue]:
        """The fields that nothing took, except null ones."""
        return (entry for entry in self._entries.values() if not is_null(entry.value))


def is_null(node: Node) -> bool:
    """Whether a value is null, or not written at all."""
    return isinstance(node, Scalar) and node.value is None


def is_empty(node: Node) -> bool:
    """Whether nothing but null and empty text is at and below a node."""
    if isinstance(node, Scalar):
        return node.value is None or node.value == ""
    if isinstance(node, Mapping):
        return all(is_empty(value) for _, value in node.entries.values())
    return all(map(is_empty, node.items))
