"""The formats of a drift check; each is imported only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
            from jobspec.report.drift import markdown  # noqa: PLC0415

            return markdown.render(view)
        case "html":
            from jobspec.report.drift import html_page  # noqa: PLC0415

            return html_page.render(view)
        case "junit":
            from jobspec.report.drift import junit  # noqa: PLC0415

            return junit.render(view)
        case "prometheus":
            from jobspec.report.drift import prometheus  # noqa: PLC0415

            return prometheus.render(view, now=now)
        case _:
            from jobspec.report.drift import text  # noqa: PLC0415

            return text.render(view, colour=colour)


def render_unknown(view: UnknownDriftView, form: str) -> str:
    """Return a check that decided nothing in a format."""
    match form:
        case "json":
            return f"{view.to_json()}\n"
        case "markdown":
            from jobspec.report.drift import markdown  # noqa: PLC0415

            return markdown.render_unknown(view)
        case "html":
            from jobspec.report.drift import html_page  # noqa: PLC0415

            return html_page.render_unknown(view)
        case "junit":
            from jobspec.report.drift import junit  # noqa: PLC0415

            return junit.render_unknown(view)
        case _:
            from jobspec.report.drift import text  # noqa: PLC0415

            return text.render_unknown(view)
