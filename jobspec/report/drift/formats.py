"""The formats of a drift check; each is imported only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never, get_args

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.report.drift.view import DriftView, UnknownDriftView

Form = Literal["text", "json", "markdown", "html", "junit", "prometheus"]
FORMATS: tuple[Form, ...] = get_args(Form)


def render(
    view: DriftView, form: Form, *, now: datetime, colour: bool = False, limit: int | None = None
) -> str:
    """Return the check in a format.

    Only text has colour, only metrics contain the time `now`, and only Markdown has a limit of its size.
    Raises `UsageError` for a limit that is too small.
    """
    match form:
        case "json":
            return f"{view.to_json()}\n"
        case "markdown":
            from jobspec.report.drift import markdown  # noqa: PLC0415

            return markdown.render(view, limit=limit or markdown.LIMIT)
        case "html":
            from jobspec.report.drift import html_page  # noqa: PLC0415

            return html_page.render(view)
        case "junit":
            from jobspec.report.drift import junit  # noqa: PLC0415

            return junit.render(view)
        case "prometheus":
            from jobspec.report.drift import prometheus  # noqa: PLC0415

            return prometheus.render(view, now=now)
        case "text":
            from jobspec.report.drift import text  # noqa: PLC0415

            return text.render(view, colour=colour)
        case _:
            assert_never(form)


def render_unknown(view: UnknownDriftView, form: Form) -> str:
    """Return a check that decided nothing in a format; as metrics, it is empty: they stay as they are."""
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
        case "text":
            from jobspec.report.drift import text  # noqa: PLC0415

            return text.render_unknown(view)
        case "prometheus":
            return ""
        case _:
            assert_never(form)
