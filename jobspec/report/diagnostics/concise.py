"""The concise format: one line each, `file:line:column: error[JS204]: headline`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.diagnostics import Diagnostic


def render_concise(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one line per diagnostic; empty if there are none."""
    return "".join(f"{_line(diagnostic)}\n" for diagnostic in diagnostics)


def _line(diagnostic: Diagnostic) -> str:
    headline = printable(f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}")
    place = diagnostic.place
    if place is None:
        return headline
    return f"{printable(place.file)}:{place.span.start.line}:{place.span.start.column}: {headline}"
