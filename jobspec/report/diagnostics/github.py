"""The GitHub format: workflow commands, which GitHub shows as annotations on the changed files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.diagnostics import Severity
from jobspec.report.ci.annotations import annotation, escaped
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobspec.diagnostics import Diagnostic


_MOST = 10
"""GitHub shows so many annotations of each severity for a step, and drops the others without a message."""


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one command per diagnostic, errors first; empty if there are none.

    If there are too many of a severity, the last command of it counts those that are left out.
    """
    levels = [[one for one in diagnostics if one.severity is severity] for severity in Severity]
    return "".join(f"{line}\n" for level in levels for line in _commands(level))


def _commands(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    is_cut = len(diagnostics) > _MOST
    shown = diagnostics[: _MOST - 1] if is_cut else diagnostics
    yield from map(_command, shown)
    if is_cut:
        severity, more = diagnostics[0].severity, len(diagnostics) - len(shown)
        what = "error" if severity is Severity.ERROR else "warning"
        yield annotation(severity, f"{count(more, f'more {what}')}; to see all, run: jobspec validate")


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{key}={_property(value)}" for key, value in _properties(diagnostic))
    parts = [diagnostic.message, diagnostic.label, diagnostic.help and f"help: {diagnostic.help}"]
    message = "\n".join(printable(part) for part in parts if part)
    return f"::{diagnostic.severity} {properties}::{escaped(message)}"


def _properties(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    title = [("title", diagnostic.code)]
    if diagnostic.place is None:
        return title
    start, end = diagnostic.place.span.start, diagnostic.place.span.end
    place = [
        ("file", printable(diagnostic.place.file)),
        ("line", str(start.line)),
        ("endLine", str(end.line)),
    ]
    if start.line == end.line:  # GitHub accepts columns only for a single line
        place += [("col", str(start.column)), ("endColumn", str(end.column))]
    return place + title


def _property(text: str) -> str:
    return escaped(text).replace(":", "%3A").replace(",", "%2C")
