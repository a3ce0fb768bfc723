"""The formats of a drift check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.drift import html_page, junit, markdown, prometheus, text

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.report.drift.view import DriftView, UnknownDriftView

FORMATS = ("text", "json", "markdown", "html", "junit", "prometheus")


def render(view: DriftView, form: str, *, now: datetime, colour: bool = False) -> str:
    """Return the check in a format; only text has colour, and only metrics contain the time `now`."""
    match form:
        case "json":
            return f"{view.to_json()}\n"
        case "markdown":
            return markdown.render(view)
        case "html":
            return html_page.render(view)
        case "junit":
            return junit.render(view)
        case "prometheus":
            return prometheus.render(view, now=now)
        case _:
            return text.render(view, colour=colour)


def render_unknown(view: UnknownDriftView, form: str) -> str:
    """Return a check that decided nothing in a format."""
    match form:
        case "json":
            return f"{view.to_json()}\n"
        case "markdown":
            return markdown.render_unknown(view)
        case "html":
            return html_page.render_unknown(view)
        case "junit":
            return junit.render_unknown(view)
        case _:
            return text.render_unknown(view)
