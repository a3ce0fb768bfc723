"""The runs of a task as terminal text, rendered from their view."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from jobspec.reconcile.runs import state_text
from jobspec.report.plan import difference as plan_difference
from jobspec.report.plan import words as plan_words
from jobspec.report.table import PHASE_STYLES, lasted
from jobspec.report.text import count, duration, paint, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.report.history.view import HistoryView, PastRunView
    from jobspec.report.plan.view import DifferenceView

_STOPPERS = {
    "user": "`jobspec cancel`",
    "outside": "another user or the platform",
    "unknown": "an unknown user: its tags contradict each other",
}
_SPECS = {
    "first": "first recorded run",
    "same": "same spec",
    "not-echoed": "different spec, in a value that the platform does not return, such as "
    "`lifecycle.rerun` or a secret",
    "unknown": "spec not comparable: tags contradict each other",
}


def render(history: HistoryView, *, now: datetime, colour: bool) -> str:
    """Return the history as text: a few lines per run, then the number of runs."""
    lines = [f"{history.scope} on {plan_words.where(history.platform)}", ""]
    for run in history.runs:
        lines.append(_head(run, now, colour=colour))
        lines += [f"    {line}" for line in _details(run)]
    return "\n".join([*lines, "", paint(_count(history), "bold", colour=colour)]) + "\n"


def _count(history: HistoryView) -> str:
    shown = "" if len(history.runs) == history.total else f" {len(history.runs)} shown,"
    return f"{printable(history.task)}: {count(history.total, 'run')},{shown} newest first"


def _head(run: PastRunView, now: datetime, *, colour: bool) -> str:
    phase = paint(run.phase, PHASE_STYLES.get(run.phase, "dim"), colour=colour)
    state = printable(state_text(run.state).removeprefix(run.phase))
    parts = (f"{run.id}  {phase}{state}", _lasted(run, now), count(run.replicas, "replica"), _exit(run))
    return "  ".join(filter(None, parts))


def _lasted(run: PastRunView, now: datetime) -> str:
    if run.seconds is not None:
        return f"ran {duration(run.seconds)}"
    if run.launched is None:
        return "" if run.phase == "pending" else "never launched"
    if run.finished is None and run.phase in {"running", "stopping"}:
        return f"for {lasted(run.launched, None, now)}"
    return ""


def _exit(run: PastRunView) -> str:
    """Return the exit code; a stopped run has none of its own, whatever its record contains."""
    is_own = run.exit_code is not None and run.phase in {"succeeded", "failed"}
    return f"exit {run.exit_code}" if is_own else ""


def _details(run: PastRunView) -> Iterator[str]:
    times = (("created", run.created), ("launched", run.launched), ("finished", run.finished))
    listed = ", ".join(f"{word} {_clock(time)}" for word, time in times if time)
    if listed:
        yield f"{listed} UTC"
    if run.stopped_by:
        is_over = "stopped" if run.phase == "cancelled" else "is being stopped"
        yield f"{is_over} by {_STOPPERS.get(run.stopped_by, f'jobspec: {printable(run.stopped_by)}')}"
    if run.detail:
        yield printable(run.detail)
    if run.spec in _SPECS:
        yield _SPECS[run.spec]
    yield from map(_difference, run.differences)


def _clock(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S")


def _difference(difference: DifferenceView) -> str:
    if difference.before == difference.after:
        return f"{difference.field}: changed (hidden)"
    return plan_difference.difference(difference)
