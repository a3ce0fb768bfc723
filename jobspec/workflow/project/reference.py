"""What `schema` and `explain` show: schemas, fields and codes, with the closest name for a misspelt one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from jobspec import codes
from jobspec.errors import UsageError
from jobspec.manifest import reference
from jobspec.manifest.json_schema import schemas as manifest_schemas
from jobspec.quoting import quote
from jobspec.report.output_schemas import output_schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

_ONE_OFF = 0.75
"""Similarity of two codes of five characters that differ in one."""


def schemas() -> dict[str, dict[str, Any]]:
    """Return every published JSON Schema by its file name."""
    return {**manifest_schemas(), **output_schemas()}


def explain_code(code: str) -> str:
    """Return what a diagnostic code means and what to do. Raises `UsageError` for an unknown one."""
    found = codes.explain_code(code)
    if found is None:
        close = get_close_matches(code.upper(), [known.code for known in codes.CODES], 1, _ONE_OFF)
        every = "all codes are listed in docs/diagnostics.md"
        raise UsageError(
            f"unknown code {quote(code)}", help=f"did you mean {quote(close[0])}?" if close else every
        )
    return found


def explain_field(path: str) -> str:
    """Return what a field of a manifest means, with the fields inside it. Raises `UsageError`."""
    page = reference.field_page(path)
    if page is None:
        raise UsageError(f"unknown field {quote(path)}", help=_closest(path, reference.field_names()))
    return page


def _closest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return (
        f"did you mean {quote(close[0])}?"
        if close
        else "fields look like `spec.roles.replicas`, codes like `JS204`"
    )
