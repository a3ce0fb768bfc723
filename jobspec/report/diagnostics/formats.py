"""Diagnostics as text in one of four formats, and a closing line. Pure.

All formats are rendered from the same values, so they have the same content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from jobspec.diagnostics import (
    Diagnostic,
    Severity,
)
from jobspec.report.diagnostics.concise import render_concise
from jobspec.report.diagnostics.full import render_full
from jobspec.report.diagnostics.github import render_github
from jobspec.report.diagnostics.json_document import render_json
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


MAX_SHOWN = 3
"""The maximum number of skipped files that a note names."""
Format = Literal["full", "concise", "json", "github"]


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
        case _:
            assert_never(format)


def skipped_note(skipped: Sequence[str]) -> str:
    """Return the note about YAML files that are not manifests; empty if there are none."""
    if not skipped:
        return ""
    shown = ", ".join(skipped[:MAX_SHOWN]) + (", …" if len(skipped) > MAX_SHOWN else "")

    return printable(
        f"note: skipped {count(len(skipped), 'YAML file')} without a manifest: {shown}; "
        "to select the manifests, set `spec.manifests`"
    )


def closing_line(diagnostics: Sequence[Diagnostic], manifests: int, *, consequence: str = "") -> str:
    """Return the count, such as "error:

    1 problem in 1 of 3 manifests; nothing was planned"; empty without any.

    `manifests` is the number of manifests; `consequence` is what the errors prevented.
    """
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity is Severity.ERROR]
    warnings = len(diagnostics) - len(errors)
    if not errors:
        return f"warning: {count(warnings, 'warning')}" if warnings else ""
    line = f"error: {count(len(errors), 'problem')}{_share(errors, manifests)}"
    if warnings:
        line += f", {count(warnings, 'warning')}"
    return f"{line}; {consequence}" if consequence else line


def _share(errors: list[Diagnostic], manifests: int) -> str:
    files = {diagnostic.place.file for diagnostic in errors if diagnostic.place is not None}
    if not files:
        return ""
    total = max(manifests, len(files))
    return f" in {len(files)} of {count(total, 'manifest')}"
