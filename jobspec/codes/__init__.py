"""What each diagnostic code means, for `jobspec explain JS204` and the generated page of all codes.

Codes by phase: JS1xx YAML text, JS2xx shape, JS3xx meaning, JS4xx plan and guards, JS5xx platform,
JS6xx local platform, JS9xx our bug. A code is never used for something else later.
"""

from __future__ import annotations

import re

from jobspec.codes import (
    composition,
    conversion,
    meaning,
    order,
    planning,
    platforms,
    sets,
    text_and_shape,
    values,
)
from jobspec.codes.code import DiagnosticCode

PHASES = {
    "JS1": "YAML text",
    "JS2": "Shape of a manifest",
    "JS3": "Meaning of a manifest",
    "JS4": "Plan and guards",
    "JS5": "Platform",
    "JS6": "Local platform",
    "JS9": "A bug in jobspec",
}

_ALL = (
    *text_and_shape.CODES,
    *meaning.CODES,
    *conversion.CODES,
    *values.CODES,
    *composition.CODES,
    *order.CODES,
    *sets.CODES,
    *planning.CODES,
    *platforms.CODES,
)
CODES = tuple(sorted(_ALL, key=lambda one: one.code))

_COMMAND = re.compile(r"jobspec |[A-Z_]+=")
_BY_CODE = {code.code: code for code in CODES}


def explain_code(code: str) -> str | None:
    """A code's meaning as text of a few lines; None for one that does not exist."""
    known = _BY_CODE.get(code.upper())
    if known is None:
        return None
    parts = [f"{known.code}: {known.title}", known.explanation]
    if known.example:
        parts.append("For example:\n\n" + "\n".join(f"    {line}" for line in known.example.splitlines()))
    return "\n\n".join([*parts, known.remedy]) + "\n"


def codes_page() -> str:
    """All codes as a Markdown page, by phase."""
    parts = [
        "# Diagnostics",
        "Generated from `jobspec/codes`. `jobspec explain JS204` prints the section of one code.",
    ]
    for prefix, phase in PHASES.items():
        parts.append(f"## {prefix}xx: {phase}")
        parts += [_section(code) for code in CODES if code.code.startswith(prefix)]
    return "\n\n".join(parts) + "\n"


def _section(code: DiagnosticCode) -> str:
    language = "sh" if _COMMAND.match(code.example) else "yaml"
    example = f"\n\n```{language}\n{code.example}\n```" if code.example else ""
    return f"### {code.code}: {code.title}\n\n{code.explanation}{example}\n\n{code.remedy}"
