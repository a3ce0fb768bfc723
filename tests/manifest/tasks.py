"""Tasks from plain values, for tests that need no files."""

from __future__ import annotations

from typing import Any

from jobspec.diagnostics import Place, Position, Span
from jobspec.manifest.resolve.declarations import declared_values, task_of
from jobspec.manifest.schema.task_model import MergedTask
from jobspec.manifest.task import ReadOrigin, Scope, Task

PLACE = Place("a.yaml", Span(Position(1, 1), Position(1, 2)))


def task_from(
    spec: dict[str, Any],
    *,
    scope: Scope,
    metadata: dict[str, Any],
    lifecycle: dict[str, Any] | None = None,
    place: Place = PLACE,
) -> Task:
    """The task of a document that the models accept."""
    document = {
        "apiVersion": "jobspec/v1",
        "kind": "Task",
        "metadata": metadata,
        "spec": spec,
        "lifecycle": lifecycle or {},
    }
    MergedTask.model_validate(document)
    values = declared_values(document)
    return task_of(values, scope, ReadOrigin(values.payload, place))
