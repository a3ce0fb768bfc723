"""Tables of views: named columns, selected and cut to fit, with one coloured cell per line."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.report.text import aligned, cut, duration, paint, printable, shortened, widths_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = TypeVar("Row")

LONGEST_CELL = 60
"""The maximum number of characters of a cell in short lines."""
_GAP = "  "  # between columns
_SHORT = 24  # an id has 22 characters
_LEAST_LONG = 12
PHASE_STYLES = {
    "running": "cyan",
    "stopping": "yellow",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "unknown": "red",
}
"""The colours of phases."""


class Column(Struct, Generic[Row], frozen=True):
    """One column: its name for the user, and the function for a row's cell; `empty` fills empty cells.

    With `phase`, which returns the phase of a row, its cells are coloured. A column that `is_whole` is only
    cut to fit a terminal, and one that `is_name` is then cut in the middle.
    """

    name: str
    cell: Callable[[Row, datetime], str]
    phase: Callable[[Row], str] | None = None
    empty: str = "-"
    is_whole: bool = False
    is_name: bool = False

    @property
    def header(self) -> str:
        """The header."""
        return self.name.upper().replace("-", " ")


class Look(Struct, frozen=True):
    """How to write a table: the current time, with or without colour, short cells and a header.

    `columns` is the width of the terminal to fit into; None for lines of any length.
    """

    now: datetime
    colour: bool = False
    is_wide: bool = False
    has_header: bool = True
    columns: int | None = None


def choose(names: Sequence[str], known: Mapping[str, Column[Row]]) -> tuple[Column[Row], ...]:
    """Return the columns by their names, in that order. Raises `UsageError` for an unknown one."""
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        close = get_close_matches(unknown, list(known), n=1)
        hint = f"did you mean {quote(close[0])}?" if close else f"available: {', '.join(known)}"
        raise UsageError(f"there is no column {quote(unknown)}", help=hint)
    return tuple(known[name] for name in names)


class TableLayout(Struct, Generic[Row], frozen=True):
    """A table whose rows may come later: its columns, their widths, and the room that cells are cut to.

    A cell of a later row that is wider than its column moves the rest of its line.
    """

    chosen: tuple[Column[Row], ...]
    look: Look
    widths: tuple[int, ...]
    allowed: tuple[int, ...] | None

    def header(self) -> list[str]:
        """Return the line of the header, or nothing if the table has none."""
        if not self.look.has_header:
            return []
        lines = aligned(self._cut([_header(self.chosen)]), self.widths)
        return [paint(line, "bold", colour=self.look.colour) for line in lines]

    def lines(self, rows: Sequence[Row]) -> list[str]:
        """Return the lines of some rows."""
        grid = self._cut([_cells(self.chosen, row, self.look) for row in rows])
        lines = aligned(grid, self.widths)
        place = next((n for n, column in enumerate(self.chosen) if column.phase is not None), None)
        if not self.look.colour or place is None:
            return lines
        phase = self.chosen[place].phase
        assert phase is not None  # noqa: S101 - of that column
        return _painted(lines, grid, [*map(phase, rows)], self.widths[: place + 1])

    def _cut(self, grid: list[list[str]]) -> list[list[str]]:
        return grid if self.allowed is None else _shortened(grid, self.chosen, self.allowed)


def layout(chosen: Sequence[Column[Row]], rows: Sequence[Row], look: Look) -> TableLayout[Row]:
    """Return the layout in which these rows fit."""
    grid = [_cells(chosen, row, look) for row in rows]
    if look.has_header:
        grid.insert(0, _header(chosen))
    allowed = None
    if look.columns is not None and not look.is_wide:
        room = look.columns - len(_GAP) * (len(chosen) - 1)
        allowed = tuple(fit(widths_of(grid), room))
        grid = _shortened(grid, chosen, allowed)
    return TableLayout(tuple(chosen), look, tuple(widths_of(grid)), allowed)


def table(chosen: Sequence[Column[Row]], rows: Sequence[Row], look: Look) -> list[str]:
    """Return the lines of a table, after its header if it has one."""
    found = layout(chosen, rows, look)
    return [*found.header(), *found.lines(rows)]


def _header(chosen: Sequence[Column[Row]]) -> list[str]:
    return [column.header for column in chosen]


def _cells(chosen: Sequence[Column[Row]], row: Row, look: Look) -> list[str]:
    return [_cell(column, row, look) for column in chosen]


def _shortened(
    grid: list[list[str]], chosen: Sequence[Column[Row]], allowed: Sequence[int]
) -> list[list[str]]:
    """Return the cells cut to what is allowed in their columns."""
    ways = [shortened if column.is_name else cut for column in chosen]
    return [[way(cell, most) for way, cell, most in zip(ways, cells, allowed, strict=True)] for cells in grid]


def fit(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths that fit into `room`: long columns are cut first, short ones only if necessary."""
    long = [place for place, width in enumerate(widths) if width > _SHORT]
    short = sum(width for width in widths if width <= _SHORT)
    if short + _LEAST_LONG * len(long) > room:
        return _capped(widths, room)
    capped = dict(zip(long, _capped([widths[place] for place in long], room - short), strict=True))
    return [capped.get(place, width) for place, width in enumerate(widths)]


def _capped(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths, the largest reduced to the same value so that all fit; at least one cell each."""
    capped = list(widths)
    order = sorted(range(len(widths)), key=widths.__getitem__)
    for rank, place in enumerate(order):
        capped[place] = min(widths[place], max(room // (len(order) - rank), 1))
        room -= capped[place]
    return capped


def _painted(lines: list[str], grid: list[list[str]], phases: list[str], widths: Sequence[int]) -> list[str]:
    """Return the lines with the last of the cells in `widths` in the colours of their phases."""
    ends = map(len, aligned([cells[: len(widths)] for cells in grid], widths))
    return [
        _paint(line, end - len(cells[len(widths) - 1]), end, PHASE_STYLES.get(phase))
        for line, cells, end, phase in zip(lines, grid, ends, phases, strict=True)
    ]


def _paint(line: str, start: int, end: int, style: str | None) -> str:
    return f"{line[:start]}{paint(line[start:end], style, colour=True)}{line[end:]}" if style else line


def _cell(column: Column[Row], row: Row, look: Look) -> str:
    text = printable(column.cell(row, look.now)) or column.empty
    is_cut_later = column.is_name and look.columns is not None
    is_whole = look.is_wide or column.is_whole or is_cut_later
    return text if is_whole or len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def lasted(begun: str | None, ended: str | None, now: datetime) -> str:
    """Return the duration between two RFC 3339 times, or until now; empty without a beginning."""
    if begun is None:
        return ""
    end = datetime.fromisoformat(ended) if ended else now
    return duration((end - datetime.fromisoformat(begun)).total_seconds())


def moment(time: str | None) -> str:
    """Return an RFC 3339 time in UTC, to the second."""
    return "" if time is None else f"{datetime.fromisoformat(time):%Y-%m-%dT%H:%M:%SZ}"
