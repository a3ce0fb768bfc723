"""The JSON Schemas of machine output, from the views: every view with a `version` is a document."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from msgspec import json

from jobspec import report
from jobspec.report.diagnostics.json_document import diagnostics_schema
from jobspec.report.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator


def output_schemas() -> dict[str, dict[str, Any]]:
    """Return each schema by its file name; fields may be added within a version."""
    documents = sorted(_documents(), key=lambda one: one[0])
    views = {name: _schema(name, view) for name, view in documents}
    if len(views) < len(documents):
        raise ValueError("two views have the same version")
    return {**views, "diagnostics.v1.json": diagnostics_schema()}


def _documents() -> Iterator[tuple[str, type[View]]]:
    for module in pkgutil.walk_packages(report.__path__, f"{report.__name__}."):
        for view in vars(importlib.import_module(module.name)).values():
            is_own = isinstance(view, type) and issubclass(view, View) and view.__module__ == module.name
            if is_own and "version" in view.__struct_fields__:
                version: str = view.__struct_defaults__[0]
                yield f"{version.removeprefix('jobspec/')}.json", view


def _schema(name: str, view: type[View]) -> dict[str, Any]:
    _, parts = json.schema_components([view], ref_template="#/$defs/{name}")
    whole = parts.pop(view.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:jobspec:{name.removesuffix('.json')}",
        "title": f"jobspec {name.partition('.')[0]}",
        "description": whole["description"],
        "$defs": _open(dict(sorted(parts.items()))),
        **{key: _open(whole[key]) for key in ("properties", "required", "type")},
    }


def _open(node: Any) -> Any:
    """Remove `additionalProperties: false`: a reader of v1 must accept fields that are added later."""
    if isinstance(node, dict):
        return {
            key: _open(value)
            for key, value in node.items()
            if (key, value) != ("additionalProperties", False)
        }
    return [_open(item) for item in node] if isinstance(node, list) else node
