"""A plan as terminal text, rendered from its view."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from jobspec.reconcile import twins
from jobspec.report.text import count, duration, environment_option, paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.plan_view import ChangeView, DifferenceView, PlanView, PlatformView, RunView

_SIGNS = {
    "submit": ("+", "green"),
    "replace": ("±", "yellow"),
    "cancel": ("-", "red"),
    "delete": ("-", "red"),
    "update": ("~", "blue"),
    "rename": ("~", "blue"),
    "adopt": ("~", "blue"),
    "release": ("~", "blue"),
    "none": ("!", "yellow"),
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


def render(view: PlanView, *, now: datetime, colour: bool) -> str:
    """Return the plan for people: the changes, what a stop would lose, guards, and a count."""
    shown = [change for change in view.changes if change.action != "none" or change.attention]
    lines = [f"{view.scope} on {platform_name(view.platform)}", ""]
    for change in shown:
        lines += [*_change(change, now, environment_option(view.scope), colour=colour)]
    if shown:
        lines.append("")
    lines += [_capacity(view)] if view.capacity else []
    for guard in view.guards:
        lines += [
            paint(f"refused[{guard.code}]: {guard.message}", "red", colour=colour),
            f"help: {guard.help}",
        ]
    lines.append(paint(summary(view), "bold", colour=colour))
    lines += (
        [paint(f"digest: {view.digest}", "dim", colour=colour)] if view.digest and _is_pending(view) else []
    )
    return "\n".join(lines) + "\n"


def _is_pending(view: PlanView) -> bool:
    return any(change.action != "none" for change in view.changes)


def platform_name(platform: PlatformView) -> str:
    """Return where the tasks run, in words."""
    if platform.kind == "local":
        return f"the local platform ({printable(platform.endpoint)})"
    return f"{platform.kind} {printable(platform.region)} ({printable(platform.endpoint)})"


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


def _change(change: ChangeView, now: datetime, option: str, *, colour: bool) -> Iterator[str]:
    sign, style = _SIGNS[change.action]
    action = change.action if change.action != "none" else ("blocked" if change.blocked else "look")
    place = f"  {printable(change.file)}:{change.line}" if change.file else ""
    head = f"{sign} {action:<8} {printable(change.task)}"
    yield f"{paint(head, style, colour=colour)}  {_reason(change)}{paint(place, 'dim', colour=colour)}"
    for run in change.runs:
        if run.stops:
            yield f"    {_stopped(run, now)}"
    for difference in change.differences:
        yield f"    {difference_text(difference)}"
    if change.action == "none" and (advice := _HELP.get(change.blocked) or _HELP.get(change.reason)):
        yield f"    help: {advice.format(task=printable(change.task) + option, run=_run(change))}"


def _run(change: ChangeView) -> str:
    return change.runs[0].id if change.runs else ""


def _reason(change: ChangeView) -> str:
    reason = f"{change.reason}: {printable(change.detail)}" if change.detail else change.reason
    return f"{reason} [{change.blocked}]" if change.blocked not in {"", change.reason} else reason


def _stopped(run: RunView, now: datetime) -> str:
    if run.launched is None or run.phase != "running":
        return f"stops {run.id}, which is {run.phase}"
    seconds = (now - datetime.fromisoformat(run.launched)).total_seconds()
    hours = max(0.0, seconds) * run.replicas / 3600
    replicas = count(run.replicas, "replica")
    return f"stops {run.id} after {duration(seconds)} on {replicas}: {hours:.2f} replica-hours are lost"


def difference_text(difference: DifferenceView) -> str:
    """Return one field that differs, with both values cut to what is around their first difference."""
    before, after = _text(difference.before), _text(difference.after)
    same = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    return f"{difference.field}: {_cut(before, same)} → {_cut(after, same)}"


def _text(value: object) -> str:
    return "(none)" if value is None else printable(json.dumps(value, ensure_ascii=False))


def _cut(text: str, same: int) -> str:
    """The text, or what of a long one is around its first difference."""
    if len(text) <= _LONGEST_VALUE:
        return text
    start = max(0, same - _LONGEST_VALUE // 4)
    end = start + _LONGEST_VALUE
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _capacity(view: PlanView) -> str:
    parts = [
        f"{' '.join(filter(None, (f'+{c.adds}' if c.adds else '', f'-{c.frees}' if c.frees else '')))} "
        f"{printable(c.flavor)} in {printable(c.queue)}"
        for c in view.capacity
    ]
    return f"replicas: {', '.join(parts)}"
