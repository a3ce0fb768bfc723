"""The GitHub format: workflow commands, which GitHub shows as annotations on the changed files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.diagnostics import Diagnostic


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one command per diagnostic; empty if there are none."""
    return "".join(f"{_command(diagnostic)}\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{key}={_property(value)}" for key, value in _properties(diagnostic))
    parts = [diagnostic.message, diagnostic.label, diagnostic.help and f"help: {diagnostic.help}"]
    message = "\n".join(printable(part) for part in parts if part)
    return f"::{diagnostic.severity} {properties}::{_escaped(message)}"


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


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
