"""The JSON format: one versioned object, described by `schemas/diagnostics.v1.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jobspec.diagnostics import (
    Diagnostic,
    Place,
    Position,
    Severity,
)
from jobspec.report.text import escaped_json

if TYPE_CHECKING:
    from collections.abc import Sequence


FORMAT_VERSION = "jobspec/diagnostics.v1"
"""Raised when a field changes its meaning or is removed; not for a new field."""


def render_json(diagnostics: Sequence[Diagnostic], skipped: Sequence[str] = ()) -> str:
    """Return the document as text with a final newline; `skipped` are files that are not manifests."""
    document = diagnostics_document(diagnostics)
    if skipped:
        document["skippedFiles"] = list(skipped)
    return escaped_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def diagnostics_document(diagnostics: Sequence[Diagnostic]) -> dict[str, object]:
    """Return all diagnostics as one JSON value."""
    return {
        "version": FORMAT_VERSION,
        "errors": sum(d.severity is Severity.ERROR for d in diagnostics),
        "warnings": sum(d.severity is Severity.WARNING for d in diagnostics),
        "diagnostics": [_entry(diagnostic) for diagnostic in diagnostics],
    }


def _entry(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "place": None if diagnostic.place is None else _place(diagnostic.place),
        "related": [{"label": one.label, "place": _place(one.place)} for one in diagnostic.related],
    }


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "start": _position(place.span.start), "end": _position(place.span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


_POSITION = {
    "type": "object",
    "description": "A place in a file; both count from 1, columns in characters.",
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
    "required": ["line", "column"],
}
_PLACE = {
    "type": "object",
    "description": "A stretch of a file; `end` is the first position behind it.",
    "properties": {
        "file": {"type": "string"},
        "start": {"$ref": "#/$defs/position"},
        "end": {"$ref": "#/$defs/position"},
    },
    "required": ["file", "start", "end"],
}
_RELATED = {
    "type": "object",
    "description": "A related place.",
    "properties": {"label": {"type": "string"}, "place": {"$ref": "#/$defs/place"}},
    "required": ["label", "place"],
}
_DIAGNOSTIC = {
    "type": "object",
    "description": "One problem.",
    "properties": {
        "code": {"type": "string", "pattern": "^JS[0-9]{3}$", "description": "Stable; never reused."},
        "severity": {"enum": ["error", "warning"]},
        "message": {"type": "string", "description": "Summary of the problem."},
        "label": {"type": "string", "description": "What is wrong at this place."},
        "help": {"type": "string", "description": "How to fix the problem; can be empty."},
        "place": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
        "related": {"type": "array", "items": {"$ref": "#/$defs/related"}},
    },
    "required": ["code", "severity", "message", "label", "help", "place", "related"],
}


def diagnostics_schema() -> dict[str, object]:
    """Return the JSON Schema of the document; fields may be added within a version."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:jobspec:diagnostics.v1",
        "title": "jobspec diagnostics",
        "description": "Problems in manifests, as `--format json` prints them.",
        "type": "object",
        "properties": {
            "version": {"const": FORMAT_VERSION},
            "errors": {"type": "integer", "minimum": 0},
            "warnings": {"type": "integer", "minimum": 0},
            "diagnostics": {"type": "array", "items": {"$ref": "#/$defs/diagnostic"}},
            "skippedFiles": {
                "type": "array",
                "items": {"type": "string"},
                "description": "YAML files without a manifest, if any.",
            },
        },
        "required": ["version", "errors", "warnings", "diagnostics"],
        "$defs": {"position": _POSITION, "place": _PLACE, "related": _RELATED, "diagnostic": _DIAGNOSTIC},
    }
