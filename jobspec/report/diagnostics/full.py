"""The full format: headline, place, the user's own line with a caret under it, and a help line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.diagnostics import (
    Diagnostic,
    Place,
    Severity,
)
from jobspec.report.diagnostics.excerpt import excerpt
from jobspec.report.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_LINE_BREAK = re.compile("\r\n|\r|\n")
_STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "strong": "bold",
    "gutter": "bold blue",
    "help": "bold cyan",
}
_MIN_WIDTH = 40


class _Page(Struct, frozen=True):
    """The context for drawing a frame: the files' lines, the width, and whether to use colour."""

    lines: Mapping[str, list[str]]
    width: int
    colour: bool

    def paint(self, text: str, role: str) -> str:
        return paint(text, _STYLES[role], colour=self.colour)


class _Mark(Struct, frozen=True):
    """A range to show, the label beside it, and the sign that underlines it."""

    place: Place
    label: str
    sign: str
    arrow: str
    role: str


def render_full(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], *, colour: bool, width: int
) -> str:
    """Return all diagnostics with excerpts, separated by blank lines."""
    files = {place.file for diagnostic in diagnostics for place in _places(diagnostic)}
    lines = {file: _LINE_BREAK.split(sources[file]) for file in files if file in sources}
    page = _Page(lines, max(width, _MIN_WIDTH), colour)
    return "\n".join("".join(f"{line}\n" for line in _block(one, page)) for one in diagnostics)


def _places(diagnostic: Diagnostic) -> Iterator[Place]:
    if diagnostic.place is not None:
        yield diagnostic.place
    yield from (related.place for related in diagnostic.related)


def _block(diagnostic: Diagnostic, page: _Page) -> Iterator[str]:
    role = "error" if diagnostic.severity is Severity.ERROR else "warning"
    head = page.paint(f"{diagnostic.severity}[{diagnostic.code}]", role)
    yield f"{head}{page.paint(f': {printable(diagnostic.message)}', 'strong')}"
    marks = list(_marks(diagnostic, role))
    gutter = max((len(str(mark.place.span.start.line)) for mark in marks), default=1)
    for mark in marks:
        yield from _frame(mark, page, gutter)
    if diagnostic.help:
        yield f"{page.paint('help', 'help')}: {printable(diagnostic.help)}"


def _marks(diagnostic: Diagnostic, role: str) -> Iterator[_Mark]:
    if diagnostic.place is not None:
        yield _Mark(diagnostic.place, diagnostic.label, "^", "-->", role)
    for related in diagnostic.related:
        yield _Mark(related.place, related.label, "-", ":::", "gutter")


def _frame(mark: _Mark, page: _Page, gutter: int) -> Iterator[str]:
    start = mark.place.span.start
    place = f"{printable(mark.place.file)}:{start.line}:{start.column}"
    yield f"{' ' * gutter}{page.paint(mark.arrow, 'gutter')} {place}"
    lines = page.lines.get(mark.place.file, [])
    if not 0 < start.line <= len(lines) or not lines[start.line - 1].strip():
        return
    yield _bar(page, gutter)
    yield from _excerpt(mark, lines, page, gutter)
    if mark.arrow == "-->":
        yield _bar(page, gutter)


def _excerpt(mark: _Mark, lines: list[str], page: _Page, gutter: int) -> Iterator[str]:
    start, end = mark.place.span.start, mark.place.span.end
    line, room = lines[start.line - 1], page.width - gutter - 3
    behind = end.column - 1 if end.line == start.line else len(line.rstrip())
    shown = excerpt(line, start.column - 1, behind, width=room)
    above = lines[start.line - 2] if start.line > 1 else ""
    if above.strip() and not shown.text.startswith("…"):
        yield _numbered(start.line - 1, excerpt(above, 0, 0, width=room).text, page, gutter)
    yield _numbered(start.line, shown.text, page, gutter)
    underline = page.paint(f"{mark.sign * shown.length} {printable(mark.label)}".rstrip(), mark.role)
    yield f"{_bar(page, gutter)} {' ' * shown.indent}{underline}"


def _bar(page: _Page, gutter: int) -> str:
    return page.paint(f"{' ' * gutter} |", "gutter")


def _numbered(number: int, text: str, page: _Page, gutter: int) -> str:
    return f"{page.paint(f'{number:>{gutter}} |', 'gutter')} {text.rstrip()}"
