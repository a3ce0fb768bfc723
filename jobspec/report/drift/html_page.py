"""A drift check as one HTML file: no script, nothing from the network, readable without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.drift import words
from jobspec.report.html import page, safe
from jobspec.report.plan import attribution
from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import words as plan_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.drift.view import DriftView, FindingView, UnknownDriftView

_STYLE = """\
.refused { border-left: 4px solid #c33; padding-left: .8rem; }
.drift { color: #c33; } .pending { color: #a86b00; } .resolved { color: #2a7f3f; }
"""


def render(view: DriftView) -> str:
    """Return the check as a complete HTML document."""
    return page(
        f"{view.scope}: {attribution.verdict(view) or words.verdict(view)}",
        [
            *plan_html.since(view),
            f"<h1>jobspec drift: {safe(plan_words.scope(view))}</h1>",
            f"<p>on {safe(plan_words.where(view.platform))}</p>",
            *_guards(view),
            f"<p><strong>{safe(words.verdict(view))}</strong></p>",
            *_table(view),
            *_notes(view),
        ],
        style=_STYLE,
    )


def render_unknown(view: UnknownDriftView) -> str:
    """Return the check that decided nothing."""
    help_ = f"<p>help: {safe(view.help)}</p>" if view.help else ""
    body = f"<p><strong>{safe(words.unknown(view))}</strong></p>{help_}"
    return page("jobspec drift: unknown", ["<h1>jobspec drift</h1>", body], style=_STYLE)


def _guards(view: DriftView) -> Iterator[str]:
    for guard in view.guards:
        message = f"refused[{guard.code}]: {plan_words.refused(guard)}"
        yield f'<p class="refused"><strong>{safe(message)}</strong><br>help: {safe(guard.help)}</p>'


def _table(view: DriftView) -> Iterator[str]:
    listed = [("resolved", finding) for finding in view.resolved]
    listed = [
        *(("drift", one) for one in view.findings),
        *(("pending", one) for one in view.pending),
        *listed,
    ]
    if listed:
        yield "<table><thead><tr><th></th><th>kind</th><th>task</th><th>what</th><th>manifest</th></tr>"
        yield "</thead><tbody>"
        yield from (_row(state, finding) for state, finding in listed)
        yield "</tbody></table>"


def _row(state: str, finding: FindingView) -> str:
    items = (
        "".join(f"<li>{safe(line)}</li>" for line in words.details(finding)) if state != "resolved" else ""
    )
    cells = (
        f'<td class="{state}">{state}</td>',
        f"<td>{safe(finding.kind)}</td><td>{safe(words.subject(finding))}</td>",
        f"<td>{f'<ul>{items}</ul>' if items else ''}</td><td>{safe(words.place(finding))}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _notes(view: DriftView) -> Iterator[str]:
    yield from (f"<p>{safe(line)}</p>" for line in attribution.prevented(view))
    yield from (f"<p>acknowledged: {safe(line)}</p>" for line in words.acknowledged(view))
    yield from (f"<p>stale acknowledgement: {safe(line)}</p>" for line in words.stale(view))
    for line in (*plan_words.loosened(view), *plan_words.refused_before(view)):
        yield f"<p>loosened: {safe(line)}</p>"
