"""A drift check as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.drift import words
from jobspec.report.plan import attribution
from jobspec.report.plan import text as plan_text
from jobspec.report.plan import words as plan_words
from jobspec.report.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.drift.view import DriftView, FindingView, UnknownDriftView

_STYLES = {"clean": "bold green", "pending": "bold yellow", "drifted": "bold red"}


def render(view: DriftView, *, colour: bool) -> str:
    """Return the check as text: drift first, then what is pending, and the counts at the end."""
    head = f"{plan_words.scope(view)} on {plan_words.where(view.platform)}"
    lines = [*plan_text.since(view, colour=colour), head, ""]
    for finding in view.findings:
        lines += _finding("!", "red", finding, colour=colour)
    for finding in view.pending:
        lines += _finding("~", "yellow", finding, colour=colour)
    for finding in view.resolved:
        lines.append(paint(f"✓ resolved {finding.kind}  {words.subject(finding)}", "green", colour=colour))
    lines += [""] if view.findings or view.pending or view.resolved else []
    lines += [*_foot(view, colour=colour)]
    return "\n".join(lines) + "\n"


def render_unknown(view: UnknownDriftView) -> str:
    """Return the check that decided nothing."""
    return f"{words.unknown(view)}\n"


def _finding(sign: str, style: str, finding: FindingView, *, colour: bool) -> Iterator[str]:
    kind = f"pending {finding.kind}" if words.is_pending(finding) else finding.kind
    at = f"  {place}" if (place := words.place(finding)) else ""
    head = paint(f"{sign} {kind}", style, colour=colour)
    yield f"{head}  {words.subject(finding)}{paint(at, 'dim', colour=colour)}"
    yield from (f"    {line}" for line in words.details(finding))


def _foot(view: DriftView, *, colour: bool) -> Iterator[str]:
    yield from attribution.prevented(view)
    yield from (f"acknowledged: {line}" for line in words.acknowledged(view))
    for line in words.stale(view):
        yield paint(f"stale acknowledgement: {line}", "yellow", colour=colour)
    for guard in view.guards:
        yield paint(f"refused[{guard.code}]: {plan_words.refused(guard)}", "red", colour=colour)
        yield f"help: {printable(guard.help)}"
    for line in (*plan_words.loosened(view), *plan_words.refused_before(view)):
        yield paint(f"loosened[JS423]: {line}", "yellow", colour=colour)
    yield paint(words.verdict(view), _STYLES[view.status], colour=colour)
