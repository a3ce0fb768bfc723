"""The JUnit format: a test case for each problem, or a single one that passes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from jobspec.diagnostics import Severity
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.diagnostics import Diagnostic

_SUITE = "jobspec validate"


def render_junit(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the document as XML with a final newline. Warnings are cases that pass with an output."""
    errors = sum(one.severity is Severity.ERROR for one in diagnostics)
    suite = Element(
        "testsuite", name=_SUITE, tests=str(len(diagnostics) or 1), failures=str(errors), errors="0"
    )
    if not diagnostics:  # a report without any case is an error for some readers
        SubElement(suite, "testcase", classname=_SUITE, name="no problems")
    seen: dict[tuple[str, str], int] = {}
    for one in diagnostics:
        key = (_class(one), printable(f"{one.code}: {one.message}"))
        seen[key] = seen.get(key, 0) + 1
        suite.append(_case(one, key, seen[key]))
    root = Element("testsuites")
    root.append(suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(diagnostic: Diagnostic, key: tuple[str, str], number: int) -> Element:
    """Return a case; `number` distinguishes equal ones, which some readers would merge."""
    name = key[1] if number == 1 else f"{key[1]} ({number})"
    case = Element("testcase", classname=key[0], name=name)
    text = printable("; ".join(filter(None, (_where(diagnostic), diagnostic.label, diagnostic.help))))
    if diagnostic.severity is Severity.ERROR:
        SubElement(case, "failure", message=printable(diagnostic.message), type=diagnostic.code).text = text
    else:
        SubElement(case, "system-out").text = text
    return case


def _class(diagnostic: Diagnostic) -> str:
    return printable(diagnostic.place.file) if diagnostic.place else _SUITE


def _where(diagnostic: Diagnostic) -> str:
    place = diagnostic.place
    return f"{place.file}:{place.span.start.line}:{place.span.start.column}" if place else ""
