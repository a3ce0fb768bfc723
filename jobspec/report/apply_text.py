"""An apply as terminal text: a line an outcome, then what happened, what did not, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.report.apply_view import OutcomeView
from jobspec.report.plan_text import difference_text
from jobspec.report.text import PAST, environment_option, paint, printable

if TYPE_CHECKING:
    from jobspec.report.apply_view import ApplyView, FinishedView
    from jobspec.report.plan_view import DifferenceView

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "unknown": ("?", "red"), "skipped": ("-", "yellow")}
_PHASES = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "cancelled": ("-", "yellow")}


def outcome_line(outcome: OutcomeView, *, colour: bool) -> str:
    """Return one line for one outcome, and its help line when it was not done."""
    mark, style = _MARKS[outcome.status]
    if outcome.status == "done":
        text = f"{mark} {PAST[outcome.action]} {printable(outcome.task)}"
    else:
        action = "submit" if outcome.action == "none" else outcome.action  # which a twin holds
        text = f"{mark} {outcome.status}: {action} {printable(outcome.task)}"
    parts = [paint(text, style, colour=colour), outcome.run or "", printable(outcome.detail)]
    line = "\n".join(["  ".join(filter(None, parts)), *map(_altered, outcome.altered)])
    if outcome.status == "done" or not outcome.help:
        return line
    code = f" ({outcome.code})" if outcome.code else ""
    return f"{line}\n  help: {printable(outcome.help)}{code}"


def _altered(found: DifferenceView) -> str:
    return f"  the platform altered {difference_text(found)}"


def finished_line(finished: FinishedView, *, colour: bool) -> str:
    """Return one line for a run that has ended."""
    mark, style = _PHASES.get(finished.phase, ("·", "dim"))
    head = paint(f"{mark} {printable(finished.task)} {finished.phase}", style, colour=colour)
    return "  ".join(filter(None, (head, finished.run, printable(finished.detail))))


def summary(view: ApplyView, verb: str, *, colour: bool) -> str:
    """Return the closing lines: the counts, and the next thing to type when something is left.

    `verb` is the command that carried out the plan.
    """
    counts = ", ".join(f"{number} {status}" for status, number in view.summary.items() if number)
    lines = [f"{verb}: {counts or 'nothing to do'}"]
    if view.waited:
        lines.append(f"runs: {_phases(view)}")
    lines += [f"next: {step}" for step in _next(view, verb)]
    return "\n".join(paint(line, "bold", colour=colour) for line in lines) + "\n"


def _phases(view: ApplyView) -> str:
    phases = [finished.phase for finished in view.waited]
    return ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))


def _next(view: ApplyView, verb: str) -> list[str]:
    steps = []
    option = environment_option(view.scope)
    if view.interrupted:
        steps.append(f"interrupted; done again, it continues from there: jobspec {verb}{option}")
    elif any(outcome.status != "done" for outcome in view.outcomes):
        steps.append(f"what is not done stays planned: jobspec plan{option}")
    failed = [finished.task for finished in view.waited if finished.phase == "failed"]
    steps += [f"see why it failed: jobspec logs {printable(task)}{option}" for task in failed[:3]]
    return steps
