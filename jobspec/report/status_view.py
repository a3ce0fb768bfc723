"""The tasks of a scope, declared or live, each with the run that counts now: as JSON and as text."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from jobspec.report.plan_view import PlatformView, View
from jobspec.report.text import columns, count, duration, paint, printable

if TYPE_CHECKING:
    from jobspec.reconcile.plan import Change, Plan
    from jobspec.reconcile.runs import Run

Version = Literal["jobspec/status.v1"]
_STYLES = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "yellow", "unknown": "red"}
_LONGEST_NOTE = 60


class TaskStatusView(View):
    """One task with the run that counts now."""

    task: str = Field(description="Name of the task.")
    declared: bool = Field(description="Whether a manifest declares it.")
    phase: str = Field(description="Phase of the run; `-` when there is none.")
    run: str | None = Field(default=None, description="Id of the run; null when there is none.")
    state: str = Field(default="", description="The platform's own word for its state.")
    created: str | None = Field(default=None, description="When it was created, RFC 3339 in UTC.")
    launched: str | None = Field(default=None, description="When it was launched, RFC 3339 in UTC.")
    finished: str | None = Field(default=None, description="When it finished, RFC 3339 in UTC.")
    exit_code: int | None = Field(default=None, description="Exit code of a finished run.")
    detail: str = Field(default="", description="What the platform says about it.")
    action: str = Field(description="What apply would do: none when it is as declared.")
    reason: str = Field(description="Why, as a stable word.")


class StatusView(View):
    """The tasks of a scope."""

    version: Version = Field(default="jobspec/status.v1", description="Name of this format.")
    scope: str = Field(description="The set of tasks: project or project/environment.")
    platform: PlatformView = Field(description="Where the tasks run.")
    tasks: tuple[TaskStatusView, ...] = Field(description="Every task, by name.")


def view(plan: Plan, runs: dict[str, Run], platform: PlatformView) -> StatusView:
    """Return the status of every task of a plan; `runs` has the run that counts, by task."""
    main = {change.task: change for change in plan.changes}
    tasks = tuple(_task(main[name], runs.get(name)) for name in sorted(main))
    return StatusView(scope=plan.scope, platform=platform, tasks=tasks)


def _task(change: Change, run: Run | None) -> TaskStatusView:
    head = {"task": change.task, "action": change.action.value, "reason": change.reason.value}
    if run is None:
        return TaskStatusView(**head, declared=change.place is not None, phase="-", detail=change.detail)
    return TaskStatusView(
        **head,
        declared=change.place is not None,
        phase=run.phase.value,
        run=run.id,
        state=run.state,
        created=_text(run.created),
        launched=_text(run.launched),
        finished=_text(run.finished),
        exit_code=None if run.is_active else run.exit_code,
        detail=run.diag_info,
    )


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def render(status: StatusView, *, now: datetime, colour: bool) -> str:
    """Return the status as a table for people."""
    if not status.tasks:
        return f"{status.scope}: no tasks\n"
    header = ("TASK", "PHASE", "RUN", "FOR", "NEXT", "NOTE")
    lines = columns([header, *(_row(task, now) for task in status.tasks)])
    painted = [paint(lines[0], "bold", colour=colour)]
    painted += [
        _painted(line, task, colour=colour) for line, task in zip(lines[1:], status.tasks, strict=True)
    ]
    return "\n".join([*painted, _counts(status)]) + "\n"


def _painted(line: str, task: TaskStatusView, *, colour: bool) -> str:
    style = _STYLES.get(task.phase)
    cell = f"  {task.phase}"  # a name holds no space, so this is the column and not a part of the name
    return line.replace(cell, paint(cell, style, colour=colour), 1) if style else line


def _row(task: TaskStatusView, now: datetime) -> tuple[str, ...]:
    then = task.reason if task.action == "none" else f"{task.action} ({task.reason})"
    note = printable(task.detail)
    short = note if len(note) <= _LONGEST_NOTE else f"{note[: _LONGEST_NOTE - 1]}…"
    return (printable(task.task), task.phase, task.run or "-", _lasted(task, now), then, short)


def _lasted(task: TaskStatusView, now: datetime) -> str:
    begun = task.launched or task.created
    if begun is None:
        return "-"
    end = datetime.fromisoformat(task.finished) if task.finished else now
    return duration((end - datetime.fromisoformat(begun)).total_seconds())


def _counts(status: StatusView) -> str:
    phases = [task.phase for task in status.tasks if task.run]
    told = ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))
    return f"{status.scope}: {count(len(status.tasks), 'task')}" + (f"; {told}" if told else "")
