"""A drift check as one HTML file: no script, nothing from the network, readable without colour."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from jobspec.report.drift import words
from jobspec.report.plan import attribution
from jobspec.report.plan import words as plan_words
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.report.drift.view import DriftView, FindingView, UnknownDriftView

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
code, td, li { font-family: ui-monospace, monospace; font-size: 13px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
.drift { color: #c33; } .pending { color: #a86b00; } .resolved { color: #2a7f3f; }
"""


def render(view: DriftView) -> str:
    """Return the check as a complete HTML document."""
    return _page(
        f"{view.scope}: {words.verdict(view)}",
        [
            f"<h1>jobspec drift: {_safe(plan_words.scope(view))}</h1>",
            f"<p>on {_safe(plan_words.where(view.platform))}</p>",
            *(f"<p>refused[{_safe(one.code)}]: {_safe(one.message)}</p>" for one in view.guards),
            f"<p><strong>{_safe(words.verdict(view))}</strong></p>",
            *_since(view),
            *_table(view),
            *_notes(view),
        ],
    )


def render_unknown(view: UnknownDriftView) -> str:
    """Return the check that decided nothing."""
    help_ = f"<p>help: {_safe(view.help)}</p>" if view.help else ""
    body = f"<p><strong>{_safe(words.unknown(view))}</strong></p>{help_}"
    return _page("jobspec drift: unknown", ["<h1>jobspec drift</h1>", body])


def _page(title: str, body: Iterable[str]) -> str:
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{_safe(title)}</title>",
            f"<style>\n{_STYLE}</style></head><body>",
            *body,
            "</body></html>\n",
        ]
    )


def _safe(text: str) -> str:
    return escape(printable(text))


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
        "".join(f"<li>{_safe(line)}</li>" for line in words.details(finding)) if state != "resolved" else ""
    )
    cells = (
        f'<td class="{state}">{state}</td>',
        f"<td>{_safe(finding.kind)}</td><td>{_safe(words.subject(finding))}</td>",
        f"<td>{f'<ul>{items}</ul>' if items else ''}</td><td>{_safe(words.place(finding))}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _since(view: DriftView) -> Iterator[str]:
    if view.since is not None:
        yield f"<p><strong>{_safe(attribution.verdict(view))}</strong></p>"
        lines = (attribution.compared(view), attribution.unread(view), *attribution.prevented(view))
        yield from (f"<p>{_safe(line)}</p>" for line in lines if line)


def _notes(view: DriftView) -> Iterator[str]:
    yield from (f"<p>acknowledged: {_safe(line)}</p>" for line in words.acknowledged(view))
    yield from (f"<p>stale acknowledgement: {_safe(line)}</p>" for line in words.stale(view))
    for line in (*plan_words.loosened(view), *plan_words.refused_before(view)):
        yield f"<p>loosened: {_safe(line)}</p>"
