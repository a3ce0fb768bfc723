"""Builders for tasks and runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from jobspec.diagnostics import Place, Position, Span
from jobspec.manifest.task import Scope, Task
from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare
from jobspec.reconcile.planning.plan import Change, Plan
from jobspec.reconcile.planning.planner import plan
from jobspec.reconcile.runs import LiveRole, Run
from jobspec.reconcile.tags import Keep, Marks
from tests.manifest.tasks import task_from

SCOPE = Scope("vision")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place("tasks/train.yaml", Span(Position(4, 9), Position(4, 14)))
SPEC = {
    "image": "ml_platform/pytorch:1.7",
    "entrypoint": "python train.py",
    "roles": [{"name": "worker", "replicas": 2, "flavor": "ml.g1e.large"}],
}


def task(name: str = "train", *, spec: dict[str, Any] | None = None, **fields: Any) -> Task:
    """A declared task; `fields` are those of its lifecycle, or `description` and `tags` of its metadata."""
    metadata: dict[str, Any] = {key: fields.pop(key) for key in ("description", "tags") if key in fields}
    return task_from(
        {**SPEC, **(spec or {})},
        scope=SCOPE,
        metadata={"name": name, **metadata},
        lifecycle=fields,
        place=PLACE,
    )


def run(  # noqa: PLR0913 - all properties of a run
    declared: Task,
    state: str,
    number: int = 1,
    *,
    keep: Keep = Keep.CANCEL,
    stop: str = "",
    hours: float = 0,
    name: str | None = None,
    spec: str | None = None,
) -> Run:
    """A run of a task in a platform state; `number` orders runs, `spec` is another spec hash."""
    item = declare(declared)
    rerun = tags.encoding(tags.TagKey.RERUN, declared.lifecycle.rerun) if declared.lifecycle.rerun else ""
    marks = Marks(item.scope, item.name, spec or item.spec, f"{number:016x}", item.core, keep, stop, rerun)
    user = declared.tags
    return Run(
        id=f"t-2026010100000{number}-abcde",
        name=name or declared.name,
        state=state,
        tags=tags.write(marks, user),
        description=declared.description,
        created=EPOCH + timedelta(minutes=number),
        launched=EPOCH - timedelta(hours=hours) if state in {"Running", "Killing"} else None,
        roles=(LiveRole("worker", 2, "ml.g1e.large"),),
        queue="default",
        spec={},
        marks=marks,
    )


def unmanaged(name: str, state: str, number: int = 1) -> Run:
    """A task that another user submitted."""
    return Run(id=f"t-2026010100000{number}-other", name=name, state=state, created=EPOCH)


def planned(tasks: list[Task], runs: list[Run]) -> Plan:
    """The plan for these tasks and runs."""
    return plan(SCOPE, tasks, runs)


def only(plan_: Plan) -> Change:
    """The only change of a plan."""
    [change] = plan_.changes
    return change
