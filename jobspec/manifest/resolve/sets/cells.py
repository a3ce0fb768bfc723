"""The cells of a set: its combinations, without `exclude`, and with `include`. Pure.

Equality is typed: null, `""`, 0 and `false` are four values. `include` matches the combinations that
`exclude` leaves, never the cells that other entries add, so the order of its entries has no meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.resolve.sets import problems
from jobspec.manifest.resolve.sets.axes import Axes, Entry, identity, text_of, trailing_zero
from jobspec.manifest.schema.limits import MAX_CELLS
from jobspec.manifest.yaml.tree import Mapping, Node, Sequence
from jobspec.redaction.names import may_be_secretive

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator

    from jobspec.diagnostics import Diagnostic


_HIDDEN = "(hidden)"


class Cell(Struct, frozen=True):
    """The values of one task of a set, by name."""

    values: Mapping
    added: Mapping | None = None
    """The entry of `include` that added it; None for a combination."""
    hidden: frozenset[str] = frozenset()
    """The names of values that must not be shown."""

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Each name and its value as text."""
        return tuple(
            (name, _HIDDEN if name in self.hidden or may_be_secretive(name) else text_of(value))
            for name, (_, value) in self.values.entries.items()
        )

    def __str__(self) -> str:
        """`lr=0.1, seed=0`."""
        return ", ".join(f"{name}={text}" for name, text in self.texts)


def cells_of(
    spec: Mapping, axes: Axes, count: Callable[[int], None], *, hidden: frozenset[str] = frozenset()
) -> tuple[list[Cell], list[Diagnostic]]:
    """Return the cells of a valid set, and the problems of `exclude` and `include`.

    `count` is called with the number of combinations that are looked at; it limits the work. `hidden` are the
    names of values that must not be shown.
    """
    found: list[Diagnostic] = []
    kept = _Combinations(axes.names, list(axes.combinations()), count)
    kept = kept.without(_excluded(spec, axes, kept, found))
    extended, added = _included(spec, axes, kept, found)
    cells = [Cell(Mapping(values, spec.at), hidden=hidden) for values in extended]
    cells += [Cell(Mapping(dict(entry.entries), spec.at), entry, hidden) for entry in added]
    if len(cells) > MAX_CELLS:
        found.append(problems.too_many_cells(len(cells), spec))
    if not cells and not found:
        found.append(problems.no_cells(spec))
    return cells, found


class _Combinations:
    """The combinations of the axes, found by the values on some of the axes."""

    def __init__(
        self, names: tuple[str, ...], values: list[dict[str, Entry]], count: Callable[[int], None]
    ) -> None:
        self.names = names
        self.values = values
        self._count = count
        self._known: dict[tuple[str, ...], dict[tuple[Hashable, ...], list[int]]] = {}

    def matching(self, entry: Mapping) -> list[int]:
        """Return the numbers of the combinations that have the values of an entry on the axes it names."""
        named = tuple(name for name in self.names if name in entry.entries)
        if named not in self._known:
            self._count(len(self.values))
            self._known[named] = self._by(named)
        found = self._known[named].get(tuple(identity(entry.entries[name][1]) for name in named), [])
        self._count(len(found))
        return found

    def _by(self, named: tuple[str, ...]) -> dict[tuple[Hashable, ...], list[int]]:
        found: dict[tuple[Hashable, ...], list[int]] = {}
        for number, values in enumerate(self.values):
            found.setdefault(tuple(identity(values[name][1]) for name in named), []).append(number)
        return found

    def without(self, numbers: set[int]) -> _Combinations:
        """Return the other combinations."""
        kept = [values for number, values in enumerate(self.values) if number not in numbers]
        return _Combinations(self.names, kept, self._count)


def _excluded(spec: Mapping, axes: Axes, combinations: _Combinations, found: list[Diagnostic]) -> set[int]:
    removed: set[int] = set()
    for entry in _items(spec, "exclude"):
        unknown = [key for key, _ in entry.entries.values() if key.text not in axes.names]
        found += (problems.unknown_axis(key, axes.names) for key in unknown)
        if unknown:
            continue
        numbers = combinations.matching(entry) if entry.entries else []
        if not numbers:
            found.append(problems.excludes_nothing(entry))
        removed.update(numbers)
    return removed


def _included(
    spec: Mapping, axes: Axes, kept: _Combinations, found: list[Diagnostic]
) -> tuple[list[dict[str, Entry]], list[Mapping]]:
    """Return the combinations with what `include` adds to them, and the entries that add a cell."""
    extended = [dict(values) for values in kept.values]
    added: list[Mapping] = []
    unnamed: Mapping | None = None
    for entry in _items(spec, "include"):
        found += (one for _, value in entry.entries.values() for one in trailing_zero(value))
        if axes.names and not any(name in entry.entries for name in axes.names):
            if unnamed is not None:
                found.append(problems.second_without_axis(entry, unnamed))
                continue
            unnamed = entry
        numbers = kept.matching(entry) if axes.names else []
        if not numbers:
            added.append(entry)
        for number in numbers:
            conflict = next(_extend(extended[number], entry, axes.names), None)
            if conflict is not None:
                found.append(conflict)
                break
    return extended, added


def _extend(values: dict[str, Entry], entry: Mapping, names: tuple[str, ...]) -> Iterator[Diagnostic]:
    for name, (key, value) in entry.entries.items():
        if name in names:
            continue
        before = values.setdefault(name, (key, value))
        if identity(before[1]) != identity(value):
            yield problems.two_values(key, before[0])


def unread_names(spec: Mapping, axes: tuple[str, ...], read: Collection[str]) -> Iterator[Diagnostic]:
    """Yield a warning for each name in `include` that is no axis and that no expression reads."""
    reported: set[str] = set()
    for entry in _items(spec, "include"):
        for name, (key, _) in entry.entries.items():
            if name not in axes and name not in read and name not in reported:
                reported.add(name)
                yield problems.unread_name(key, (*axes, *sorted(read)))


def _items(spec: Mapping, field: str) -> list[Mapping]:
    node: Node | None = spec.get(field)
    return [item for item in node.items if isinstance(item, Mapping)] if isinstance(node, Sequence) else []
