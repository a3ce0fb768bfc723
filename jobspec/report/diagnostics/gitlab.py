"""The GitLab format: a code quality report, which GitLab shows in the changes of a merge request.

Source: docs.gitlab.com, "Code Quality report format".
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from jobspec.diagnostics import Severity
from jobspec.report.text import escaped_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.diagnostics import Diagnostic

_SEVERITIES = {Severity.ERROR: "blocker", Severity.WARNING: "minor"}
_NO_FILE = "."


def render_gitlab(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the report as JSON with a final newline; an empty list if there are no diagnostics."""
    seen: dict[str, int] = {}
    entries = []
    for diagnostic in diagnostics:
        kind = _kind(diagnostic)
        seen[kind] = seen.get(kind, 0) + 1
        entries.append(_entry(diagnostic, kind, seen[kind]))
    return escaped_json(json.dumps(entries, ensure_ascii=False, indent=2)) + "\n"


def _kind(diagnostic: Diagnostic) -> str:
    """Return what stays the same when lines are inserted above: GitLab would report moved ones as new."""
    return "\0".join((diagnostic.code, _file(diagnostic), diagnostic.message))


def _entry(diagnostic: Diagnostic, kind: str, number: int) -> dict[str, object]:
    """Return an entry; `number` counts those of the same kind, whose fingerprints must differ."""
    parts = [diagnostic.message, diagnostic.label, diagnostic.help and f"help: {diagnostic.help}"]
    return {
        "description": "; ".join(printable(part) for part in parts if part),
        "check_name": diagnostic.code,
        "fingerprint": hashlib.sha256(f"{kind}\0{number}".encode()).hexdigest(),
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {
            "path": _file(diagnostic),
            "lines": {"begin": diagnostic.place.span.start.line if diagnostic.place else 1},
        },
    }


def _file(diagnostic: Diagnostic) -> str:
    return printable(diagnostic.place.file) if diagnostic.place else _NO_FILE
