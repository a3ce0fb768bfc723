"""The findings of the doctor as terminal text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.text import columns, count, paint, printable

if TYPE_CHECKING:
    from jobspec.report.doctor.view import CheckView, DoctorView

_STYLES = {"ok": "green", "warning": "yellow", "problem": "red"}


def render(found: DoctorView, *, colour: bool) -> str:
    """Return one line per check, its help below it, and the counts."""
    lines = columns((check.status, check.name, printable(check.message)) for check in found.checks)
    lines_with_help = [
        _check(line, check, colour=colour) for line, check in zip(lines, found.checks, strict=True)
    ]
    return "\n".join([*lines_with_help, _counts(found)]) + "\n"


def _check(line: str, check: CheckView, *, colour: bool) -> str:
    painted = paint(check.status, _STYLES[check.status], colour=colour) + line[len(check.status) :]
    return f"{painted}\n  help: {printable(check.help)}" if check.help else painted


def _counts(found: DoctorView) -> str:
    problems, warnings = found.count("problem"), found.count("warning")
    counts = [
        count(number, noun) for number, noun in ((problems, "problem"), (warnings, "warning")) if number
    ]
    return f"doctor: {', '.join(counts) or 'no problems'}"
