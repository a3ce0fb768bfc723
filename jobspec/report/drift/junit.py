"""A drift check as JUnit XML: one failed case for each finding, and always one case for the check itself.

What `printable` returns is valid in XML 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from jobspec.report.drift import words
from jobspec.report.text import printable

if TYPE_CHECKING:
    from jobspec.report.drift.view import DriftView, FindingView, UnknownDriftView


def render(view: DriftView) -> str:
    """Return a document that is valid XML 1.0, in which each case has a class and a name of its own."""
    listed = (*view.findings, *view.pending)
    cases = [_case(view.scope, "the check was complete", "")]
    cases += [_case(view.scope, _name(one), _failure(one)) for one in listed]
    cases += [
        _case(view.scope, _name(one.finding), f"<skipped message={_value(words.acknowledgement(one.by))}/>")
        for one in view.acknowledged
    ]
    return _suite(view.scope, cases, failures=len(listed), skipped=len(view.acknowledged))


def render_unknown(view: UnknownDriftView) -> str:
    """Return a document with one case, which is an error."""
    error = f"<error type={_value(view.code)} message={_value(view.message)}>{_text(view.help)}</error>"
    return _suite("", [_case("", "the check was complete", error)], errors=1)


def _suite(scope: str, cases: list[str], *, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    name = _value(" ".join(filter(None, ("jobspec drift", scope))))
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites {counts}><testsuite name={name} {counts} time="0">',
            *cases,
            "</testsuite></testsuites>\n",
        ]
    )


def _case(scope: str, name: str, inside: str) -> str:
    classname = _value(".".join(filter(None, ("jobspec.drift", scope))))
    return f'<testcase classname={classname} name={_value(name)} time="0">{inside}</testcase>'


def _name(finding: FindingView) -> str:
    """Return a name that no other finding has: its id ends it."""
    parts = (finding.kind, finding.task, finding.field, finding.run, f"[{finding.id}]")
    return " ".join(filter(None, parts))


def _failure(finding: FindingView) -> str:
    lines = [*words.details(finding), *filter(None, [words.place(finding)])]
    first = words.difference(finding) or finding.detail or finding.kind
    body = "\n".join(map(_text, lines))
    return f"<failure type={_value(finding.kind)} message={_value(first)}>{body}</failure>"


def _value(text: str) -> str:
    return quoteattr(printable(text))


def _text(text: str) -> str:
    return escape(printable(text))
