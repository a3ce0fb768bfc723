"""The sentences of a plan that every format says alike; formats only lay them out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from jobspec.reconcile import twins
from jobspec.report.text import count, duration, environment_option, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.plan_view import ChangeView, DifferenceView, PlanView, PlatformView, RunView

SIGNS = {
    "submit": "+",
    "replace": "±",
    "cancel": "-",
    "delete": "-",
    "update": "~",
    "rename": "~",
    "adopt": "~",
    "release": "~",
    "none": "!",
}
_HELP = {
    "unclear-rename": "say which with `lifecycle.previousNames`, or run anew with another `lifecycle.rerun`",
    "unknown-state": "jobspec does nothing beside a state it does not know; look in the platform's console",
    "inconsistent-tags": "such a run is never touched; correct its `jobspec-` tags in the platform's console",
    "failed": "see why: jobspec logs {task}; a changed spec or another `lifecycle.rerun` runs it again",
    "cancelled-outside": "it stays stopped; to run it again, give it another `lifecycle.rerun`",
    **twins.HELP,
    "manual": "to replace the run now: jobspec cancel {task}, then apply",
}
_SUMMARY = ("submit", "replace", "cancel", "delete", "update", "rename", "adopt", "release")
_LONGEST_VALUE = 80


def is_pending(view: PlanView) -> bool:
    """Whether the plan would write anything."""
    return any(change.action != "none" for change in view.changes)


def shown(view: PlanView) -> list[ChangeView]:
    """Return the changes that a person should read, in the order of the plan: the biggest risk first."""
    return [change for change in view.changes if change.action != "none" or change.attention]


def where(platform: PlatformView) -> str:
    """Return where the tasks run."""
    if platform.kind == "local":
        return f"the local platform ({printable(platform.endpoint)})"
    return f"{platform.kind} {printable(platform.region)} ({printable(platform.endpoint)})"


def scope(view: PlanView) -> str:
    """Return whose tasks these are, and what named the environment when no option did."""
    return f"{view.scope} (by {view.environment_from})" if view.environment_from else view.scope


def summary(view: PlanView) -> str:
    """Return the one line that counts."""
    counts = [f"{view.summary[action]} to {action}" for action in _SUMMARY if view.summary.get(action)]
    same = sum(change.action == "none" and not change.attention for change in view.changes)
    look = sum(change.action == "none" and change.attention for change in view.changes)
    counts += [f"{look} to look at"] if look else []
    unchanged = f"{same} unchanged"
    left_out = f"; {count(view.left_out, 'task')} not selected" if view.left_out else ""
    if not counts:
        return f"plan: nothing to do; {unchanged}{left_out}"
    return f"plan: {', '.join(counts)}; {unchanged}{left_out}"


def action(change: ChangeView) -> str:
    """Return what becomes of the task, in a word."""
    if change.action != "none":
        return change.action
    return "blocked" if change.blocked else "look"


def reason(change: ChangeView) -> str:
    """Return why, with what keeps it from being done."""
    said = f"{change.reason}: {printable(change.detail)}" if change.detail else change.reason
    return f"{said} [{change.blocked}]" if change.blocked not in {"", change.reason} else said


def place(change: ChangeView) -> str:
    """Return the file and line of the manifest; empty when there is none."""
    return f"{printable(change.file)}:{change.line}" if change.file else ""


def details(view: PlanView, change: ChangeView, now: datetime) -> Iterator[str]:
    """Yield what a change costs, in which fields it differs, and what a person can do about it."""
    for run in change.runs:
        if run.stops:
            yield stopped(run, now)
    for found in change.differences:
        yield difference(found)
    advice = _HELP.get(change.blocked) or _HELP.get(change.reason)
    if change.action == "none" and advice:
        task = printable(change.task) + environment_option(view.scope)
        yield f"help: {advice.format(task=task, run=change.runs[0].id if change.runs else '')}"


def stopped(run: RunView, now: datetime) -> str:
    """Return what is lost with a run."""
    if run.launched is None or run.phase != "running":
        return f"stops {run.id}, which is {run.phase}"
    seconds = (now - datetime.fromisoformat(run.launched)).total_seconds()
    hours = max(0.0, seconds) * run.replicas / 3600
    replicas = count(run.replicas, "replica")
    return f"stops {run.id} after {duration(seconds)} on {replicas}: {hours:.2f} replica-hours are lost"


def difference(found: DifferenceView) -> str:
    """Return one field that differs, with both values cut to what is around their first difference."""
    before, after = _text(found.before), _text(found.after)
    same = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    return f"{found.field}: {_cut(before, same)} → {_cut(after, same)}"


def capacity(view: PlanView) -> str:
    """Return what the plan adds to and frees from each queue and flavor; empty when nothing."""
    parts = [
        f"{' '.join(filter(None, (f'+{c.adds}' if c.adds else '', f'-{c.frees}' if c.frees else '')))} "
        f"{printable(c.flavor)} in {printable(c.queue)}"
        for c in view.capacity
    ]
    return f"replicas: {', '.join(parts)}" if parts else ""


def _text(value: object) -> str:
    return "(none)" if value is None else printable(json.dumps(value, ensure_ascii=False))


def _cut(text: str, same: int) -> str:
    """The text, or what of a long one is around its first difference."""
    if len(text) <= _LONGEST_VALUE:
        return text
    start = max(0, same - _LONGEST_VALUE // 4)
    end = start + _LONGEST_VALUE
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
