"""The JSON Schemas of machine output, from the views."""

from __future__ import annotations

from typing import Any

from jobspec.report.apply.view import ApplyView
from jobspec.report.diagnostics.json_document import diagnostics_schema
from jobspec.report.doctor.view import DoctorView
from jobspec.report.history.view import HistoriesView, HistoryView
from jobspec.report.plan.view import PlanView
from jobspec.report.state.view import StateView
from jobspec.report.status.view import StatusView
from jobspec.report.tasks.view import InstancesView, TaskDetailView, TasksView, TimelineView
from jobspec.report.tasks.writes_view import TaskWritesView
from jobspec.report.view import View
from jobspec.report.wait.view import WaitView

_VIEWS: dict[str, tuple[type[View], str]] = {
    "plan.v1.json": (PlanView, "A plan, as `jobspec plan --output json` prints it."),
    "apply.v1.json": (ApplyView, "An apply, as `jobspec apply --output json` prints it."),
    "status.v1.json": (StatusView, "A status, as `jobspec status --output json` prints it."),
    "history.v1.json": (HistoryView, "A history, as `jobspec history --output json` prints it."),
    "histories.v1.json": (
        HistoriesView,
        "Histories, as `jobspec history --only … --output json` prints them.",
    ),
    "wait.v1.json": (WaitView, "A wait, as `jobspec wait --output json` prints it."),
    "doctor.v1.json": (DoctorView, "What `jobspec doctor --output json` prints."),
    "state.v1.json": (StateView, "What `jobspec state list --output json` prints."),
    "tasks.v1.json": (TasksView, "Live tasks, as `jobspec task list --output json` prints them."),
    "task-detail.v1.json": (TaskDetailView, "A live task, as `jobspec task get --output json` prints it."),
    "task-instances.v1.json": (
        InstancesView,
        "The replicas of a live task, as `jobspec task instances --output json` prints them.",
    ),
    "task-timeline.v1.json": (
        TimelineView,
        "How the state of a live task changed, as `jobspec task timeline --output json` prints it.",
    ),
    "task-writes.v1.json": (
        TaskWritesView,
        "What became of live tasks, as `jobspec task cancel`, `delete` and `update` print it as JSON.",
    ),
}


def output_schemas() -> dict[str, dict[str, Any]]:
    """Return each schema by the name of its file; other fields may be added to one within a version."""
    views = {name: _schema(name, view, about) for name, (view, about) in _VIEWS.items()}
    return {**views, "diagnostics.v1.json": diagnostics_schema()}


def _schema(name: str, view: type[View], about: str) -> dict[str, Any]:
    schema = view.model_json_schema(by_alias=True, mode="serialization")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:jobspec:{name.removesuffix('.json')}",
        "title": f"jobspec {name.partition('.')[0]}",
        "description": about,
    }
    rest = {key: value for key, value in schema.items() if key not in head}
    return {**head, **{key: _open(value) for key, value in rest.items() if key != "additionalProperties"}}


def _open(node: Any) -> Any:
    """Without `additionalProperties: false`: a reader of v1 must take fields that come later."""
    if isinstance(node, dict):
        return {
            key: _open(value)
            for key, value in node.items()
            if (key, value) != ("additionalProperties", False)
        }
    return [_open(item) for item in node] if isinstance(node, list) else node
