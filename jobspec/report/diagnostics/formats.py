"""Diagnostics as text in one of several formats. Pure.

All formats are rendered from the same values, so they have the same content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from jobspec.report.diagnostics.concise import render_concise
from jobspec.report.diagnostics.full import render_full
from jobspec.report.diagnostics.github import render_github
from jobspec.report.diagnostics.gitlab import render_gitlab
from jobspec.report.diagnostics.json_document import render_json
from jobspec.report.diagnostics.junit import render_junit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobspec.diagnostics import Diagnostic

Format = Literal["full", "concise", "json", "github", "gitlab", "junit"]


def render(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str],
    *,
    format: Format = "full",  # noqa: A002 - the name on the command line
    colour: bool = False,
    width: int = 100,
) -> str:
    """Return all diagnostics in order. `sources` are the files' texts for excerpts, without secrets.

    `colour` and `width` (in terminal cells) only affect the full format.
    """
    match format:
        case "full":
            return render_full(diagnostics, sources, colour=colour, width=width)
        case "concise":
            return render_concise(diagnostics)
        case "json":
            return render_json(diagnostics)
        case "github":
            return render_github(diagnostics)
        case "gitlab":
            return render_gitlab(diagnostics)
        case "junit":
            return render_junit(diagnostics)
        case _:
            assert_never(format)
