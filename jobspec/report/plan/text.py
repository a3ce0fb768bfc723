"""A plan as terminal text, rendered from its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.plan import attribution, fold_details, folding, preflight_text, words
from jobspec.report.plan.folding import Fold
from jobspec.report.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from jobspec.report.plan.view import ChangeView, PlanView

_STYLES = {"submit": "green", "replace": "yellow", "cancel": "red", "delete": "red", "none": "yellow"}


def render(view: PlanView, *, now: datetime, colour: bool) -> str:
    """Return the plan as text: the changes, what a stop would lose, the guards, and a count."""
    lines = [*since(view, colour=colour), f"{words.scope(view)} on {words.where(view.platform)}", ""]
    is_brief = words.are_many(view)
    for title, changes in attribution.groups(view):
        lines += [paint(f"{title}:", "bold", colour=colour)] if title else []
        for row in folding.rows(view, changes):
            found = details(view, row, now, is_brief=is_brief)
            lines += [_head(row, colour=colour), *(f"    {detail}" for detail in found)]
        lines += [""] if changes else []
    lines += [*_foot(view, colour=colour)]
    return "\n".join(lines) + "\n"


def since(view: PlanView, *, colour: bool) -> Iterator[str]:
    """Yield what this change causes: the first lines of the plan."""
    if view.since is not None:
        yield paint(attribution.verdict(view), "bold", colour=colour)
        yield f"({attribution.compared(view)})"
        if unread := attribution.unread(view):
            yield paint(unread, "yellow", colour=colour)
        yield ""


def details(view: PlanView, row: ChangeView | Fold, now: datetime, *, is_brief: bool) -> Iterator[str]:
    """Yield the lines below a row."""
    if isinstance(row, Fold):
        return fold_details.details(view, row, now)
    return words.details(view, row, now, is_brief=is_brief)


def _head(row: ChangeView | Fold, *, colour: bool) -> str:
    change = row.first if isinstance(row, Fold) else row
    subject, reason = (
        (row.title, row.reason) if isinstance(row, Fold) else (printable(row.task), words.reason(row))
    )
    head = f"{words.SIGNS[change.action]} {words.action(change):<8} {subject}"
    at = f"  {place}" if (place := words.place(change)) else ""
    painted = paint(head, _STYLES.get(change.action, "blue"), colour=colour)
    return f"{painted}  {reason}{paint(at, 'dim', colour=colour)}"


def _foot(view: PlanView, *, colour: bool) -> Iterator[str]:
    if values := words.values(view):
        yield values
    if capacity := words.capacity(view):
        yield capacity
    yield from preflight_text.hours(view)
    yield from preflight_text.facts(view)
    yield from words.leftovers(view)
    yield from attribution.prevented(view)
    for line in (*words.loosened(view), *words.refused_before(view)):
        yield paint(f"loosened[JS423]: {line}", "yellow", colour=colour)
    for guard in view.guards:
        yield paint(f"refused[{guard.code}]: {words.refused(guard)}", "red", colour=colour)
        yield f"help: {printable(guard.help)}"
    yield paint(words.summary(view), "bold", colour=colour)
    if view.digest and words.is_pending(view):
        yield paint(f"digest: {view.digest}", "dim", colour=colour)
