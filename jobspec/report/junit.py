"""JUnit XML: one suite of cases, with the elements that the usual readers accept. Pure.

What `printable` returns is valid in XML 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from msgspec import Struct

from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

Outcome = Literal["failure", "error", "skipped", "system-out"]
_COUNTED: tuple[tuple[Outcome, str], ...] = (
    ("failure", "failures"),
    ("error", "errors"),
    ("skipped", "skipped"),
)


class Case(Struct, frozen=True):
    """A test case; without an outcome, it passes without output. `lines` are the content of the outcome."""

    classname: str
    name: str
    outcome: Outcome | None = None
    message: str = ""
    type: str = ""
    lines: tuple[str, ...] = ()


def document(name: str, cases: Sequence[Case]) -> str:
    """Return the document; equal names are numbered, because some readers would merge them."""
    counts = {"tests": str(len(cases))}
    counts |= {word: str(sum(case.outcome == one for case in cases)) for one, word in _COUNTED}
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", {"name": printable(name), **counts, "time": "0"})
    seen: dict[tuple[str, str], int] = {}
    for case in cases:
        key = (printable(case.classname), printable(case.name))
        seen[key] = seen.get(key, 0) + 1
        suite.append(_case(case, key, seen[key]))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(case: Case, key: tuple[str, str], number: int) -> Element:
    name = key[1] if number == 1 else f"{key[1]} ({number})"
    element = Element("testcase", {"classname": key[0], "name": name, "time": "0"})
    if case.outcome is not None:
        named = {"type": printable(case.type), "message": printable(case.message)}
        inside = SubElement(element, case.outcome, {key: value for key, value in named.items() if value})
        inside.text = "\n".join(map(printable, case.lines)) or None
    return element
