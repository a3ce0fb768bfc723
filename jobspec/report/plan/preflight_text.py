"""The sentences about the preflight and about GPU-hours. All formats share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from jobspec.report.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobspec.report.plan.preflight_view import FactView, HoursView, RunUsageView
    from jobspec.report.plan.view import NewRunView, PlanView

_MOST_FACTS = 20
_MOST_SUBJECTS = 5
_MOST_TASKS = 3
_MOST_QUEUES = 10


def facts(view: PlanView) -> list[str]:
    """Return the lines about the facts, without those that a guard of the plan reports.

    Facts that need no attention share a line for each reason.
    """
    if view.preflight is UNSET:
        return []
    found = view.preflight.facts
    loud = [one for one in found if one.status in {"warning", "note"}]
    lines = [_loud(one) for one in loud[:_MOST_FACTS]]
    more = len(loud) - len(lines)
    lines += [f"note: {count(more, 'more finding')} of the preflight"] if more > 0 else []
    return [*lines, *_quiet(found)]


def _loud(one: FactView) -> str:
    word = f"{one.status}[{one.code}]" if one.code else one.status
    return f"{word}: {printable(one.subject)}: {printable(one.message)} ({_tasks(one.tasks)})"


def _tasks(tasks: tuple[str, ...]) -> str:
    named = ", ".join(map(printable, tasks[:_MOST_TASKS]))
    more = f" and {len(tasks) - _MOST_TASKS} more" if len(tasks) > _MOST_TASKS else ""
    return f"{named}{more}"


def _quiet(found: Iterable[FactView]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    verified: list[str] = []
    for one in found:
        if one.status == "not-checked":
            reasons.setdefault(one.message, []).append(one.subject)
        elif one.status == "verified":
            verified.append(one.subject)
    for reason, subjects in list(reasons.items())[:_MOST_FACTS]:
        yield f"not checked: {_subjects(subjects)}: {printable(reason)}"
    if verified:
        yield f"verified: {_subjects(verified)}"


def _subjects(subjects: list[str]) -> str:
    named = ", ".join(map(printable, subjects[:_MOST_SUBJECTS]))
    more = f" and {len(subjects) - _MOST_SUBJECTS} more" if len(subjects) > _MOST_SUBJECTS else ""
    return f"{named}{more}"


def hours(view: PlanView) -> list[str]:
    """Return a line for each queue with the GPU-hours that the plan throws away and may use."""
    if view.usage is UNSET:
        return []
    lines = []
    for one in view.usage.queues[:_MOST_QUEUES]:
        parts = [_used(one.lost, "{} lost by stops"), _used(one.submitted, "up to {} for new runs")]
        lines.append(f"use of {printable(one.queue)}: {', '.join(filter(None, parts)) or 'nothing'}")
    more = len(view.usage.queues) - len(lines)
    return [*lines, f"use of {count(more, 'more queue')}: see the JSON output"] if more > 0 else lines


def _used(found: HoursView, sentence: str) -> str:
    parts = []
    if found.gpu_hours is None or found.gpu_hours:
        parts.append(_amount(found.gpu_hours, "GPU-hours"))
    if found.unknown_flavors and found.replica_hours != 0:
        parts.append(_amount(found.replica_hours, "replica-hours"))
    each = "" if found.per_attempt is UNSET else " per attempt"
    text = sentence.format(f"{' and '.join(parts)}{each}") if parts else ""
    return text.replace("up to unlimited", "unlimited")


def _amount(value: float | None, unit: str) -> str:
    return f"unlimited {unit}" if value is None else f"{number(value)} {unit}"


def number(value: float) -> str:
    """Return hours with two digits, as for replica-hours; large ones without."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}".removesuffix(".00")


def lost(view: PlanView, run: str, hours_: float, replicas: int) -> str:
    """Return what stopping a run after some hours loses, in GPU-hours as far as its GPUs are known."""
    known = _usage_of(view, run)
    if known is None or not known.gpus:
        return f"{hours_ * replicas:.2f} replica-hours"
    gpu = f"{hours_ * known.gpus:.2f} GPU-hours"
    return f"{gpu} and {hours_ * known.replicas:.2f} replica-hours" if known.replicas else gpu


def _usage_of(view: PlanView, run: str) -> RunUsageView | None:
    return None if view.usage is UNSET else view.usage.runs.get(run)


def looked_up(run: NewRunView) -> str:
    """Return the names that were looked up for a new run, with their ids; empty without any."""
    if run.names is UNSET:
        return ""
    kinds = {"queue": "queue", "vepfs": "vePFS"}
    found = (
        f"{kinds.get(one.kind, one.kind)} {printable(one.name)} is {printable(one.id)}" for one in run.names
    )
    return f"looked up: {', '.join(found)}"
