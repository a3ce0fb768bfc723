"""The JUnit format: a test case for each problem, or a single one that passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.diagnostics import Severity
from jobspec.report.junit import Case, document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.diagnostics import Diagnostic

_SUITE = "jobspec validate"


def render_junit(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the document as XML with a final newline. Warnings are cases that pass with an output."""
    cases = tuple(map(_case, diagnostics))
    return document(_SUITE, cases or (Case(_SUITE, "no problems"),))  # some readers require a case


def _case(diagnostic: Diagnostic) -> Case:
    classname = diagnostic.place.file if diagnostic.place else _SUITE
    name = f"{diagnostic.code}: {diagnostic.message}"
    lines = ("; ".join(filter(None, (_where(diagnostic), diagnostic.label, diagnostic.help))),)
    if diagnostic.severity is Severity.ERROR:
        return Case(classname, name, "failure", diagnostic.message, diagnostic.code, lines)
    return Case(classname, name, "system-out", lines=lines)


def _where(diagnostic: Diagnostic) -> str:
    place = diagnostic.place
    return f"{place.file}:{place.span.start.line}:{place.span.start.column}" if place else ""
