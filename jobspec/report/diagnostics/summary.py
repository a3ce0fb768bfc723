"""The lines after the diagnostics: their count, and the files that are not manifests. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.diagnostics import Severity
from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.diagnostics import Diagnostic

MAX_SHOWN = 3
"""The maximum number of skipped files that a note names."""


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
    """Return the count of the problems; empty without any.

    For example: "error: 1 problem in 1 of 3 manifests; nothing was planned". `manifests` is the number of
    manifests; `consequence` is what the errors prevented.
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
