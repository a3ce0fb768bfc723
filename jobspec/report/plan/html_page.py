"""A plan as one HTML file: no script, nothing from the network, readable in light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from jobspec.report.plan import attribution, words
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from jobspec.report.plan.view import ChangeView, PlanView

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
code, td, li { font-family: ui-monospace, monospace; font-size: 13px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
.refused { border-left: 4px solid #c33; padding-left: .8rem; }
.loosened { border-left: 4px solid #a86b00; padding-left: .8rem; }
.submit { color: #2a7f3f; } .replace, .none { color: #a86b00; } .cancel, .delete { color: #c33; }
"""


def render(view: PlanView, *, now: datetime) -> str:
    """Return the plan as a complete HTML document."""
    verdict = attribution.verdict(view)
    title = f"{view.scope}: {verdict or words.summary(view)}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{_safe(title)}</title>",
            f"<style>\n{_STYLE}</style></head><body>",
            *_since(view),
            f"<h1>{_safe(words.scope(view))}</h1>",
            f"<p>on {_safe(words.where(view.platform))}</p>",
            *_guards(view),
            f"<p><strong>{_safe(words.summary(view))}</strong></p>",
            *_table(view, now),
            *_foot(view),
            "</body></html>\n",
        ]
    )


def _safe(text: str) -> str:
    return escape(printable(text))


def _since(view: PlanView) -> Iterator[str]:
    if view.since is not None:
        verdict, compared = _safe(attribution.verdict(view)), _safe(attribution.compared(view))
        yield f"<p><strong>{verdict}</strong><br>{compared}</p>"
        if unread := attribution.unread(view):
            yield f'<p class="refused">{_safe(unread)}</p>'


def _guards(view: PlanView) -> Iterator[str]:
    for guard in view.guards:
        message = f"refused[{guard.code}]: {words.refused(guard)}"
        yield f'<p class="refused"><strong>{_safe(message)}</strong><br>help: {_safe(guard.help)}</p>'
    for line in (*words.loosened(view), *words.refused_before(view)):
        yield f'<p class="loosened">{_safe(f"loosened[JS423]: {line}")}</p>'


def _table(view: PlanView, now: datetime) -> Iterator[str]:
    for title, changes in attribution.groups(view):
        if changes:
            yield from [f"<h2>{_safe(title)}</h2>"] if title else []
            yield "<table><thead><tr><th>action</th><th>task</th><th>why</th><th>manifest</th></tr></thead>"
            yield "<tbody>"
            yield from (_row(view, change, now) for change in changes)
            yield "</tbody></table>"


def _row(view: PlanView, change: ChangeView, now: datetime) -> str:
    items = "".join(f"<li>{_safe(detail)}</li>" for detail in words.details(view, change, now))
    why = _safe(words.reason(change)) + (f"<ul>{items}</ul>" if items else "")
    action = f'<td class="{_safe(change.action)}">{_safe(words.action(change))}</td>'
    return (
        f"<tr>{action}<td>{_safe(change.task)}</td><td>{why}</td><td>{_safe(words.place(change))}</td></tr>"
    )


def _foot(view: PlanView) -> Iterator[str]:
    if view.capacity:
        yield f"<p>{_safe(words.capacity(view))}</p>"
    for line in (*words.leftovers(view), *attribution.prevented(view)):
        yield f"<p>{_safe(line)}</p>"
    if view.digest and words.is_pending(view):
        yield f"<p>digest: <code>{_safe(view.digest)}</code></p>"
