"""The axes of a set, from a valid document: which values each has. Pure."""

from __future__ import annotations

import re
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from jobspec.manifest.resolve.sets import problems
from jobspec.manifest.resolve.sets.drawing import drawn, is_impossible
from jobspec.manifest.resolve.sets.ranges import Range
from jobspec.manifest.schema.limits import MAX_CELLS
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence, child, plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from jobspec.diagnostics import Diagnostic

SAMPLE = "sample"
"""The axis that numbers the draws of `samples`."""
_TRAILING_ZERO = re.compile(r"[-+]?[0-9]*\.[0-9]*0")
Entry: TypeAlias = "tuple[Scalar, Node]"


class Axis(Struct, frozen=True):
    """An axis, the key that names it, and its values."""

    key: Scalar
    values: tuple[Node, ...]

    @property
    def name(self) -> str:
        """The name of the axis."""
        return self.key.text


class Axes(Struct, frozen=True):
    """Groups of axes. The values of a group go together; the groups are combined, each with each."""

    groups: tuple[tuple[Axis, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all axes, in order."""
        return tuple(axis.name for group in self.groups for axis in group)

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return prod(len(group[0].values) for group in self.groups) if self.groups else 0

    def combinations(self) -> Iterator[dict[str, Entry]]:
        """Yield the values of each combination by axis; the last axis changes fastest."""
        if not self.groups:
            return
        for chosen in product(*map(_steps, self.groups)):
            yield {name: entry for step in chosen for name, entry in step.items()}


def _steps(group: tuple[Axis, ...]) -> list[dict[str, Entry]]:
    return [
        {axis.name: (axis.key, axis.values[index]) for axis in group} for index in range(len(group[0].values))
    ]


def axes_of(spec: Mapping) -> tuple[Axes, list[Diagnostic]]:
    """Return the axes of a valid set, and their problems; with an error, they must not be combined."""
    found: list[Diagnostic] = []
    matrix = [_axis(key, value, found) for key, value in _entries(spec, "matrix")]
    together = tuple(_axis(key, value, found) for key, value in _entries(spec, "zip"))
    random = tuple(_samples(spec.get("samples"), found))
    others = (axis for axis in together[1:] if len(axis.values) != len(together[0].values))
    found += (problems.unequal_lengths(together[0], axis) for axis in others)
    groups = (*((axis,) for axis in matrix), *filter(None, (together, random)))
    axes = Axes(groups)
    found += _repeated_names(axes)
    if axes.size > MAX_CELLS:
        found.append(problems.too_many_cells(axes.size, spec))
    return axes, found


def _entries(spec: Mapping, field: str) -> list[Entry]:
    node = child(spec, field)
    return list(node.entries.values()) if isinstance(node, Mapping) else []


def _axis(key: Scalar, value: Node, found: list[Diagnostic]) -> Axis:
    if isinstance(value, Mapping):
        return Axis(key, tuple(_numbers(Range.of(value), key, found)))
    values = value.items if isinstance(value, Sequence) else ()
    if not values:
        found.append(problems.no_values(key))
    found += islice(_doubtful(key, values), 100)
    return Axis(key, values)


def _numbers(numbers: Range, key: Scalar, found: list[Diagnostic]) -> Iterator[Node]:
    if not numbers.step:
        found.append(problems.no_step(numbers.at))
    elif not numbers.size:
        found.append(problems.empty_range(key, numbers.at, leads_away=numbers.leads_away))
    elif numbers.size > MAX_CELLS:
        found.append(problems.too_long_range(key, numbers.size, numbers.at))
    else:
        yield from numbers.values()


def _doubtful(key: Scalar, values: tuple[Node, ...]) -> Iterator[Diagnostic]:
    first: dict[Hashable, Node] = {}
    for value in values:
        same = first.setdefault(identity(value), value)
        if same is not value:
            yield problems.repeated_value(key, value, same)
        else:
            yield from trailing_zero(value)


def trailing_zero(value: Node) -> Iterator[Diagnostic]:
    """Yield a warning for an unquoted number such as 3.10."""
    if isinstance(value, Scalar) and not value.style and _TRAILING_ZERO.fullmatch(value.text):
        yield problems.trailing_zero(value)


def _samples(samples: Node | None, found: list[Diagnostic]) -> Iterator[Axis]:
    distributions = child(samples, "of")
    if samples is None or not isinstance(distributions, Mapping):
        return
    count, seed = _whole(child(samples, "count")), _whole(child(samples, "seed"))
    own = Scalar(SAMPLE, SAMPLE, "", distributions.at)
    yield Axis(own, tuple(Scalar(index, str(index), "", own.at) for index in range(count)))
    for name, (key, distribution) in distributions.entries.items():
        why = is_impossible(distribution) if isinstance(distribution, Mapping) else "it has no kind"
        if why:
            found.append(problems.impossible_distribution(key, why))
        elif isinstance(distribution, Mapping):
            choice = distribution.get("choice")
            for value in choice.items if isinstance(choice, Sequence) else ():
                found += trailing_zero(value)
            yield Axis(key, tuple(drawn(distribution, seed, name, index) for index in range(count)))


def _whole(node: Node | None) -> int:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, int) else 0


def _repeated_names(axes: Axes) -> Iterator[Diagnostic]:
    first: dict[str, Axis] = {}
    for group in axes.groups:
        for axis in group:
            same = first.setdefault(axis.name, axis)
            if same is axis:
                continue
            is_number = axis.name == SAMPLE and len(group) > 1 and group[0].name == SAMPLE
            found = problems.reserved_axis(axis.key) if is_number else None
            yield found or problems.repeated_axis(axis.key, same.key)


def identity(node: Node) -> Hashable:
    """Return what is equal for equal values only: numbers by value, and null, text and `false` never."""
    if isinstance(node, Sequence):
        return ("list", *map(identity, node.items))
    if isinstance(node, Mapping):
        parts = ((key, identity(value)) for key, (_, value) in node.entries.items())
        return ("map", *sorted(parts, key=lambda part: part[0]))
    is_number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    return ("number" if is_number else type(node.value).__name__, node.value)


def text_of(node: Node) -> str:
    """Return a value for people: as it was written, or as JSON for a list or a map."""
    if isinstance(node, Scalar):
        return node.value if isinstance(node.value, str) else node.text or "null"
    from json import dumps  # noqa: PLC0415 - only for maps and lists

    return dumps(plain(node), ensure_ascii=False, sort_keys=True)
