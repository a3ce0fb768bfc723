"""The diagnostics of sets. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.diagnostics import Diagnostic, Related, Severity
from jobspec.manifest.resolve.headers import first_key
from jobspec.manifest.schema.limits import MAX_CELLS, MAX_COMPARED
from jobspec.manifest.yaml.tree import Extent, Mapping, Node, Scalar
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.diagnostics import Place
    from jobspec.manifest.resolve.sets.axes import Axis
    from jobspec.manifest.resolve.sets.cells import Cell


_ALIKE = 0.75
_MOST_COUNTED = 10**15


def no_values(key: Scalar) -> Diagnostic:
    """Return the error for an axis with an empty list."""
    return Diagnostic(
        "JS391",
        f"the axis {quote(key.text)} has no values",
        place=key.at.place,
        label="an empty list makes no task",
        help="add a value, or remove the axis",
    )


def no_step(at: Extent) -> Diagnostic:
    """Return the error for a range with the step 0."""
    return Diagnostic(
        "JS391",
        "the step of a range is 0",
        place=at.place,
        label="never reaches its end",
        help="write a step such as 1",
    )


def empty_range(key: Scalar, at: Extent, *, leads_away: bool) -> Diagnostic:
    """Return the error for a range that leaves out its only number, or whose step leads away from its end."""
    label, advice = "the end is left out", "raise the end, or add `inclusive: true`"
    if leads_away:
        label, advice = "the step leads away from the end", "change the sign of the step, or swap the ends"
    return Diagnostic(
        "JS391",
        f"the range of the axis {quote(key.text)} has no values",
        place=at.place,
        label=label,
        help=advice,
    )


def impossible_distribution(key: Scalar, why: str) -> Diagnostic:
    """Return the error for a distribution without values."""
    return Diagnostic(
        "JS391",
        f"no value of the axis {quote(key.text)} can be drawn",
        place=key.at.place,
        label=why,
        help="write the smaller number first, as in `logUniform: [0.0001, 0.1]`",
    )


def repeated_value(key: Scalar, value: Node, first: Node) -> Diagnostic:
    """Return the error for a value that an axis has twice."""
    return Diagnostic(
        "JS392",
        f"duplicate value in the axis {quote(key.text)}",
        place=value.at.place,
        label="equal to an earlier value",
        help="remove one of them",
        related=(Related(first.at.place, "first defined here"),),
    )


def repeated_axis(key: Scalar, first: Scalar) -> Diagnostic:
    """Return the error for a name that two axes have."""
    return Diagnostic(
        "JS392",
        f"two axes have the name {quote(key.text)}",
        place=key.at.place,
        label="duplicate",
        help="rename one of them",
        related=(Related(first.at.place, "the other is here"),),
    )


def unequal_lengths(first: Axis, other: Axis) -> Diagnostic:
    """Return the error for axes of `zip` whose lists do not have the same length."""
    counts = len(other.values), len(first.values)
    return Diagnostic(
        "JS393",
        f"{quote(other.name)} has {counts[0]} values, and {quote(first.name)} has {counts[1]}",
        place=other.key.at.place,
        label="the lists in `zip` must have the same length",
        help="add the missing values, or move one of the axes to `matrix`",
        related=(Related(first.key.at.place, f"{len(first.values)} values"),),
    )


def _amount(count: int) -> str:
    return f"{count:,}" if count < _MOST_COUNTED else f"more than {_MOST_COUNTED:,}"


def too_many_cells(count: int, spec: Mapping) -> Diagnostic:
    """Return the error for a set with too many tasks."""
    return Diagnostic(
        "JS394",
        f"the set has {_amount(count)} tasks; the limit is {MAX_CELLS:,}",
        place=first_key(spec).place,
        label="too many combinations",
        help="remove values or axes, or draw random cells with `samples`",
    )


def too_long_range(key: Scalar, count: int, at: Extent) -> Diagnostic:
    """Return the error for a range with too many numbers."""
    return Diagnostic(
        "JS394",
        f"the axis {quote(key.text)} has {_amount(count)} values; the limit is {MAX_CELLS:,}",
        place=at.place,
        label="too many values",
        help="shorten the range, or use a larger step",
    )


def unknown_axis(key: Scalar, names: Iterable[str]) -> Diagnostic:
    """Return the error for a key of `exclude` that is not an axis."""
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    known = list(names)
    close = get_close_matches(key.text[:MAX_COMPARED], known, 1)
    listed = ", ".join(map(quote, known)) or "none"
    return Diagnostic(
        "JS395",
        f"{quote(key.text)} in `exclude` is not an axis",
        place=key.at.place,
        label="no such axis",
        help=f"did you mean {quote(close[0])}?" if close else f"the axes are {listed}",
    )


def excludes_nothing(entry: Mapping) -> Diagnostic:
    """Return the error for an entry of `exclude` that matches no combination."""
    return Diagnostic(
        "JS395",
        "an entry of `exclude` matches nothing",
        place=first_key(entry).place,
        label="no combination has these values",
        help='correct the values, or remove the entry; values are compared with their type: 1 is not `"1"`',
    )


def second_without_axis(entry: Mapping, first: Mapping) -> Diagnostic:
    """Return the error for a second entry of `include` that would extend every cell."""
    return Diagnostic(
        "JS396",
        "two entries of `include` name no axis",
        place=first_key(entry).place,
        label="would also extend every cell",
        help="merge the two entries, or name an axis in them",
        related=(Related(first_key(first).place, "the first one is here"),),
    )


def two_values(key: Scalar, first: Scalar) -> Diagnostic:
    """Return the error for two entries of `include` that extend a cell with different values."""
    return Diagnostic(
        "JS396",
        f"two entries of `include` set {quote(key.text)} of the same cell",
        place=key.at.place,
        label="a cell has one value only",
        help="name one more axis in the entries, so that they match different cells",
        related=(Related(first.at.place, "the other value is here"),),
    )


def trailing_zero(value: Scalar) -> Diagnostic:
    """Return the warning for a number such as 3.10, which may be meant as a version."""
    short = value.text.rstrip("0").rstrip(".")
    return Diagnostic(
        "JS397",
        f"{quote(value.text)} is a number that ends in a zero",
        place=value.at.place,
        label=f"the same number as {short}",
        help=f'write `"{value.text}"` if it is a version, or {short}',
        severity=Severity.WARNING,
    )


def no_cells(spec: Mapping) -> Diagnostic:
    """Return the error for a set without a single task."""
    return Diagnostic(
        "JS398",
        "the set has no tasks",
        place=first_key(spec).place,
        label="no cell is left" if spec.get("exclude") is not None else "no axis",
        help="add `matrix`, `zip`, `samples` or `include`",
    )


def same_task_name(name: str, place: Place, cells: tuple[Cell, Cell]) -> Diagnostic:
    """Return the error for two cells whose tasks have the same name."""
    first, second = cells
    return Diagnostic(
        "JS390",
        f"two cells have the task name {quote(name)}: {first} and {second}",
        place=place if second.added is None else first_key(second.added).place,
        label="not unique" if second.added is None else "adds a cell",
        help=_to_distinguish(first, second),
    )


def _to_distinguish(first: Cell, second: Cell) -> str:
    """Return how to give two cells different names, or to avoid the second one."""
    texts = dict(first.texts)
    for key, text in second.texts:
        if key in texts and texts[key] == text and not _is_same(first, second, key):
            return f"{quote(text)} is text in one of the cells and a number in the other; write both alike"
    if second.added is not None and all(texts.get(key) == text for key, text in second.texts):
        return "remove one of the entries of `include`, which add the same cell"
    differing = [key for key, text in second.texts if texts.get(key) != text]
    return f"add `${{{{ slug(matrix.{differing[0]}) }}}}` to the name" if differing else "rename one of them"


def _is_same(first: Cell, second: Cell, key: str) -> bool:
    one, other = first.values.get(key), second.values.get(key)
    values = [node.value if isinstance(node, Scalar) else None for node in (one, other)]
    return type(values[0]) is type(values[1])


def unread_name(key: Scalar, known: Iterable[str]) -> Diagnostic:
    """Return the warning for a name in `include` that has no effect."""
    from difflib import get_close_matches  # noqa: PLC0415 - only to explain

    close = get_close_matches(key.text[:MAX_COMPARED], list(known), 1, _ALIKE)
    return Diagnostic(
        "JS378",
        f"{quote(key.text)} in `include` is not an axis, and no expression reads it",
        place=key.at.place,
        label="has no effect",
        help=f"did you mean {quote(close[0])}?" if close else "remove it, or use it in the template",
        severity=Severity.WARNING,
    )


def reserved_axis(key: Scalar) -> Diagnostic:
    """Return the error for an axis with the name of the number of a draw."""
    return Diagnostic(
        "JS392",
        f"{quote(key.text)} is the name of the number of the draw",
        place=key.at.place,
        label="reserved",
        help="rename the axis",
    )


def same_set_name(name: str, place: Place, first: Place) -> Diagnostic:
    """Return the error for two sets with the same name."""
    return Diagnostic(
        "JS399",
        f"the set {quote(name)} is declared twice",
        place=place,
        label="duplicate",
        help="rename one of the two",
        related=(Related(first, "first defined here"),),
    )


def in_cell(problem: Diagnostic, cell: Cell) -> Diagnostic:
    """Return a problem of a template with the first cell that has it."""
    return replace(problem, message=f"{problem.message}, first in the cell {quote(str(cell))}")
