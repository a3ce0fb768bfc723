"""A drift check as JUnit XML: one failed case for each finding, and always one case for the check itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.drift import words
from jobspec.report.junit import Case, document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.drift.view import DriftView, FindingView, UnknownDriftView

_COMPLETE = "the check was complete"


def render(view: DriftView) -> str:
    """Return a document in which each case has a class and a name of its own."""
    return document(f"jobspec drift {view.scope}", tuple(_cases(view)))


def render_unknown(view: UnknownDriftView) -> str:
    """Return a document with one case, which is an error."""
    case = Case("jobspec.drift", _COMPLETE, "error", view.message, view.code, (view.help,))
    return document("jobspec drift", (case,))


def _cases(view: DriftView) -> Iterator[Case]:
    classname = f"jobspec.drift.{view.scope}"
    yield Case(classname, _COMPLETE)
    for one in (*view.findings, *view.pending):
        lines = (*words.details(one), *filter(None, [words.place(one)]))
        first = words.difference(one) or one.detail or one.kind
        yield Case(classname, _name(one), "failure", first, one.kind, lines)
    for silenced in view.acknowledged:
        yield Case(classname, _name(silenced.finding), "skipped", words.acknowledgement(silenced.by))


def _name(finding: FindingView) -> str:
    """Return a name that no other finding has: its id ends it."""
    parts = (finding.kind, finding.task, finding.field, finding.run, f"[{finding.id}]")
    return " ".join(filter(None, parts))
