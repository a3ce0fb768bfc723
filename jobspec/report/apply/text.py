"""An apply as terminal text: one line per outcome, then what was done, what was not, and the next step."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from jobspec.errors import UnknownAction
from jobspec.manifest.task import environment_option
from jobspec.reconcile.planning.plan import Cancel, Delete, Plan
from jobspec.report.plan.difference import difference
from jobspec.report.text import PAST, count, paint, printable
from jobspec.report.wait import text as wait_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.report.apply.view import ApplyView, LeftView, OutcomeView
    from jobspec.report.plan.view import DifferenceView

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "unknown": ("?", "red"), "skipped": ("!", "yellow")}
_MOST_LEFT = 5
_NOT_STARTED = {
    "blocked-by-failure": "blocked",
    "outdated": "not started",
    "waiting": "still waiting",
}
"""Why a task did not start, as a stable word, and the word for it."""


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
    lines += _left(view)
    lines += [f"next: {step}" for step in _next(view, verb)]
    return "\n".join(paint(line, "bold", colour=colour) for line in lines) + "\n"


def _left(view: ApplyView) -> list[str]:
    """Return a line for what the next apply does, and one for each reason why tasks did not start."""
    lines = []
    later = [one for one in view.left if one.action != "none"]
    if later:
        shown = [f"{one.action} {printable(one.task)} ({one.reason})" for one in later[:_MOST_LEFT]]
        lines.append(f"left to the next apply: {', '.join(shown)}{_more(len(later))}")
    for reason, word in _NOT_STARTED.items():
        groups = _by_detail(one for one in view.left if one.action == "none" and one.reason == reason)
        lines += [f"{word}: {_named(found)} ({detail})" for detail, found in groups[:_MOST_LEFT]]
        lines += [f"{word}:{_more(len(groups)).removeprefix(',')}"] if len(groups) > _MOST_LEFT else []
    return lines


def _more(number: int) -> str:
    return f", and {number - _MOST_LEFT} more" if number > _MOST_LEFT else ""


def _by_detail(left: Iterable[LeftView]) -> list[tuple[str, list[LeftView]]]:
    groups: dict[str, list[LeftView]] = {}
    for one in left:
        groups.setdefault(printable(one.detail or one.reason), []).append(one)
    return list(groups.items())


def _named(left: Iterable[LeftView]) -> str:
    """Return the tasks; those of one set are counted."""
    by_set: dict[str, list[str]] = {}
    for one in left:
        by_set.setdefault(f"set/{one.set}" if one.set else one.task, []).append(one.task)
    names = [
        printable(tasks[0] if len(tasks) == 1 else f"{len(tasks)} tasks of {name}")
        for name, tasks in by_set.items()
    ]
    return f"{', '.join(names[:_MOST_LEFT])}{_more(len(names))}"


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
    return steps + _to_go_on(view, option)


def _to_go_on(view: ApplyView, option: str) -> list[str]:
    """Return what to do about tasks that did not start, and about runs that did not end in time."""
    reasons = {one.reason for one in view.left}
    if "outdated" in reasons:
        return [
            f"another command has intervened: update your checkout, and run: jobspec apply --wait{option}"
        ]
    if "waiting" in reasons and (view.timed_out or view.waited_for == "running"):
        return [] if view.interrupted else [waiting_hint(option)]
    if view.timed_out:
        return wait_text.commands_to_continue(view.waited, view.waited_for, option)
    return [] if view.interrupted else _why_waiting(view, option)


def _why_waiting(view: ApplyView, option: str) -> list[str]:
    waiting = [one for one in view.left if one.reason == "waiting"]
    needed: dict[str, list[LeftView]] = {}
    for one in waiting:
        for name in one.not_selected or ():
            needed.setdefault(name, []).append(one)
    steps = [
        f"{_named(found)} {'waits' if len(found) == 1 else 'wait'} for {printable(name)}, which is not "
        f"selected: select it as well (--only {shlex.quote(printable(name))}), or run: "
        f"jobspec apply --wait{option}"
        for name, found in list(needed.items())[:_MOST_LEFT]
    ]
    if waiting and not steps:
        steps.append(f"to see what the tasks wait for, run: jobspec plan{option}")
    return steps


def waiting_hint(option: str) -> str:
    """Return the next step while tasks wait for others."""
    return f"to go on until everything has run, run: jobspec apply --wait{option}"
