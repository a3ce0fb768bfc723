"""A plan as one HTML file: no script, nothing from the network, readable in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.html import page, safe
from jobspec.report.plan import attribution, fold_details, folding, preflight_text, words
from jobspec.report.plan.folding import Fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from jobspec.report.plan.view import ChangeView, PlanView

_STYLE = """\
.refused { border-left: 4px solid #c33; padding-left: .8rem; }
.loosened { border-left: 4px solid #a86b00; padding-left: .8rem; }
.submit { color: #2a7f3f; } .replace, .none { color: #a86b00; } .cancel, .delete { color: #c33; }
"""


def render(view: PlanView, *, now: datetime) -> str:
    """Return the plan as a complete HTML document."""
    verdict = attribution.verdict(view)
    title = f"{view.scope}: {verdict or words.summary(view)}"
    body = (
        *since(view),
        f"<h1>{safe(words.scope(view))}</h1>",
        f"<p>on {safe(words.where(view.platform))}</p>",
        *_guards(view),
        f"<p><strong>{safe(words.summary(view))}</strong></p>",
        *_table(view, now),
        *_foot(view),
    )
    return page(title, body, style=_STYLE)


def since(view: PlanView) -> Iterator[str]:
    """Yield what this change causes: the first lines of the page."""
    if view.since is not None:
        verdict, compared = safe(attribution.verdict(view)), safe(attribution.compared(view))
        yield f"<p><strong>{verdict}</strong><br>{compared}</p>"
        if unread := attribution.unread(view):
            yield f'<p class="refused">{safe(unread)}</p>'


def _guards(view: PlanView) -> Iterator[str]:
    for guard in view.guards:
        message = f"refused[{guard.code}]: {words.refused(guard)}"
        yield f'<p class="refused"><strong>{safe(message)}</strong><br>help: {safe(guard.help)}</p>'
    for line in (*words.loosened(view), *words.refused_before(view)):
        yield f'<p class="loosened">{safe(f"loosened[JS423]: {line}")}</p>'


def _table(view: PlanView, now: datetime) -> Iterator[str]:
    is_brief = words.are_many(view)
    for title, changes in attribution.groups(view):
        if changes:
            yield from [f"<h2>{safe(title)}</h2>"] if title else []
            yield "<table><thead><tr><th>action</th><th>task</th><th>why</th><th>manifest</th></tr></thead>"
            yield "<tbody>"
            yield from (_row(view, row, now, is_brief=is_brief) for row in folding.rows(view, changes))
            yield "</tbody></table>"


def _row(view: PlanView, row: ChangeView | Fold, now: datetime, *, is_brief: bool) -> str:
    if isinstance(row, Fold):
        return _cells(row.first, row.title, row.reason, fold_details.details(view, row, now))
    return _cells(row, row.task, words.reason(row), words.details(view, row, now, is_brief=is_brief))


def _cells(change: ChangeView, subject: str, reason: str, details: Iterable[str]) -> str:
    items = "".join(f"<li>{safe(detail)}</li>" for detail in details)
    why = safe(reason) + (f"<ul>{items}</ul>" if items else "")
    action = f'<td class="{safe(change.action)}">{safe(words.action(change))}</td>'
    return f"<tr>{action}<td>{safe(subject)}</td><td>{why}</td><td>{safe(words.place(change))}</td></tr>"


def _foot(view: PlanView) -> Iterator[str]:
    if values := words.values(view):
        yield f"<p>{safe(values)}</p>"
    if capacity := words.capacity(view):
        yield f"<p>{safe(capacity)}</p>"
    for line in (*preflight_text.hours(view), *preflight_text.facts(view)):
        yield f"<p>{safe(line)}</p>"
    for line in (*words.leftovers(view), *attribution.prevented(view)):
        yield f"<p>{safe(line)}</p>"
    if view.digest and words.is_pending(view):
        yield f"<p>digest: <code>{safe(view.digest)}</code></p>"
