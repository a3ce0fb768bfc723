"""A plan as terminal text, rendered from its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.plan import words
from jobspec.report.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from jobspec.report.plan.view import ChangeView, PlanView

_STYLES = {"submit": "green", "replace": "yellow", "cancel": "red", "delete": "red", "none": "yellow"}


def render(view: PlanView, *, now: datetime, colour: bool) -> str:
    """Return the plan as text: the changes, what a stop would lose, the guards, and a count."""
    shown = words.shown(view)
    lines = [f"{words.scope(view)} on {words.where(view.platform)}", ""]
    for change in shown:
        lines.append(_head(change, colour=colour))
        lines += [f"    {detail}" for detail in words.details(view, change, now)]
    lines += [""] if shown else []
    lines += [*_foot(view, colour=colour)]
    return "\n".join(lines) + "\n"


def _head(change: ChangeView, *, colour: bool) -> str:
    head = f"{words.SIGNS[change.action]} {words.action(change):<8} {printable(change.task)}"
    at = f"  {place}" if (place := words.place(change)) else ""
    painted = paint(head, _STYLES.get(change.action, "blue"), colour=colour)
    return f"{painted}  {words.reason(change)}{paint(at, 'dim', colour=colour)}"


def _foot(view: PlanView, *, colour: bool) -> Iterator[str]:
    if view.capacity:
        yield words.capacity(view)
    yield from words.leftovers(view)
    for line in (*words.loosened(view), *words.refused_before(view)):
        yield paint(f"loosened[JS423]: {line}", "yellow", colour=colour)
    for guard in view.guards:
        yield paint(f"refused[{guard.code}]: {guard.message}", "red", colour=colour)
        yield f"help: {guard.help}"
    yield paint(words.summary(view), "bold", colour=colour)
    if view.digest and words.is_pending(view):
        yield paint(f"digest: {view.digest}", "dim", colour=colour)
