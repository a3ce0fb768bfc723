"""An apply as terminal text: one line per outcome, then what was done, what was not, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import UnknownAction
from jobspec.manifest.task import environment_option
from jobspec.reconcile.planning.plan import Cancel, Delete, Plan
from jobspec.report.plan.difference import difference
from jobspec.report.text import PAST, count, paint, printable
from jobspec.report.wait import text as wait_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.report.apply.view import ApplyView, OutcomeView
    from jobspec.report.plan.view import DifferenceView

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "unknown": ("?", "red"), "skipped": ("!", "yellow")}
_MOST_LEFT = 5


def question(plan: Plan, verb: str) -> str:
    """Return the prompt before a plan is carried out; it counts what a cancel or destroy takes away."""
    steps = [step for change in plan.pending for step in change.steps]
    stopped = sum(isinstance(step, Cancel) for step in steps)
    deleted = sum(isinstance(step, Delete) for step in steps)
    if verb not in {"cancel", "destroy"} or not stopped + deleted:
        return f"Apply these changes to {plan.scope}?"
    stop = f"stop {count(stopped, 'run')}" if stopped else ""
    delete = f"delete {count(deleted, 'record')} for good" if deleted else ""
    return f"{' and '.join(filter(None, (stop, delete))).capitalize()} in {plan.scope}?"


def outcome_line(outcome: OutcomeView, *, colour: bool) -> str:
    """Return one line for one outcome, and its help line if it was not done."""
    mark, style = _MARKS[outcome.status]
    if outcome.status == "done":
        text = f"{mark} {PAST[outcome.action]} {printable(outcome.task)}"
    else:
        action = "submit" if outcome.action == "none" else outcome.action  # blocked by a twin
        code = f"[{outcome.code}]" if outcome.code else ""
        text = f"{mark} {outcome.status}{code}: {action} {printable(outcome.task)}"
    parts = [paint(text, style, colour=colour), outcome.run or "", printable(outcome.detail)]
    line = "\n".join(["  ".join(filter(None, parts)), *map(_altered, outcome.altered)])
    if outcome.status == "done" or not outcome.help:
        return line
    return f"{line}\n  help: {printable(outcome.help)}"


def is_repeated(outcome: OutcomeView, before: Iterable[OutcomeView]) -> bool:
    """Return whether an earlier line has the same message, that the platform cannot update runs."""
    return _lacks_updates(outcome) and any(map(_lacks_updates, before))


def _lacks_updates(outcome: OutcomeView) -> bool:
    return outcome.status == "skipped" and outcome.code == UnknownAction.code


def _altered(found: DifferenceView) -> str:
    return f"  changed by the platform: {difference(found)}"


def summary(view: ApplyView, verb: str, *, colour: bool) -> str:
    """Return the closing lines: the counts, and the next command to run if something is left.

    `verb` is the command that carried out the plan.
    """
    counts = ", ".join(f"{number} {status}" for status, number in view.summary.items() if number)
    lines = [f"{verb}: {counts or 'nothing to do'}"]
    if view.waited:
        lines.append(wait_text.phases(view.waited))
    if view.timed_out:
        lines.append(wait_text.late(view.waited, view.waited_for))
    lines += [_left(view)] if view.left else []
    lines += [f"next: {step}" for step in _next(view, verb)]
    return "\n".join(paint(line, "bold", colour=colour) for line in lines) + "\n"


def _left(view: ApplyView) -> str:
    actions = ("" if change.action == "none" else f"{change.action} " for change in view.left)
    shown = [
        f"{action}{printable(change.task)} ({change.reason})"
        for action, change in zip(actions, view.left, strict=True)
    ]
    more = f", and {len(shown) - _MOST_LEFT} more" if len(shown) > _MOST_LEFT else ""
    return f"left to the next apply: {', '.join(shown[:_MOST_LEFT])}{more}"


def _next(view: ApplyView, verb: str) -> list[str]:
    steps = []
    option = environment_option(view.scope)
    left = [outcome for outcome in view.outcomes if outcome.status != "done"]
    stuck = sum(map(_lacks_updates, left))
    if view.interrupted:
        wait = " --wait" if view.waited_for else ""
        steps.append(f"interrupted; to continue, run: jobspec {verb}{option}{wait}")
    elif len(left) > stuck:
        steps.append(f"to see the remaining changes, run: jobspec plan{option}")
    if stuck:
        whose = count(stuck, "task")
        steps.append(
            f"no action possible: this platform cannot update runs, so the labels of {whose} stay unchanged"
        )
    steps += wait_text.why_failed(view.waited, option)
    steps += wait_text.commands_to_continue(view.waited, view.waited_for, option) if view.timed_out else []
    return steps
