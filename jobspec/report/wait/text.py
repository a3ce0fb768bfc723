"""A wait as terminal text: one line per run, then the results and the next step."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobspec.manifest.task import environment_option
from jobspec.report.text import paint, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobspec.report.wait.view import FinishedView, WaitView

_PHASES = {
    "running": ("✓", "cyan"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "cancelled": ("-", "yellow"),
}
_MOST_NAMED = 5
_OVER = frozenset({"succeeded", "failed", "cancelled"})


def finished_line(finished: FinishedView, *, colour: bool) -> str:
    """Return one line for a run that has reached the goal or has ended."""
    mark, style = _PHASES.get(finished.phase, ("·", "dim"))
    head = paint(f"{mark} {printable(finished.task)} {finished.phase}", style, colour=colour)
    return "  ".join(filter(None, (head, finished.run, printable(finished.detail))))


def summary(view: WaitView, *, colour: bool) -> str:
    """Return the closing lines: the counts, what was not reached in time, and the next command."""
    lines = [phases(view.waited)] if view.waited else ["the state of the runs is not known"]
    lines += [late(view.waited, view.waited_for)] if view.timed_out else []
    lines += [_without_success(view.without_success)] if view.without_success else []
    lines += [f"next: {step}" for step in _next(view)]
    return "\n".join(paint(line, "bold", colour=colour) for line in lines) + "\n"


def _without_success(tasks: Sequence[str]) -> str:
    named = ", ".join(map(printable, tasks[:_MOST_NAMED]))
    more = f", and {len(tasks) - _MOST_NAMED} more" if len(tasks) > _MOST_NAMED else ""
    have = "task has" if len(tasks) == 1 else "tasks have"
    return f"{len(tasks)} {have} no run that succeeded with the present spec: {named}{more}"


def phases(runs: Sequence[FinishedView]) -> str:
    """Return the number of runs in each phase."""
    found = [run.phase for run in runs]
    return "runs: " + ", ".join(f"{found.count(phase)} {phase}" for phase in dict.fromkeys(found))


def late(runs: Sequence[FinishedView], goal: str) -> str:
    """Return what was not reached in time, and that it continues."""
    left = [f"{printable(run.task)} is {run.phase} ({run.run})" for run in _left(runs, goal)]
    return f"timed out: {', '.join(left) or 'a run may still be retried'}; nothing was stopped"


def why_failed(runs: Sequence[FinishedView], option: str) -> list[str]:
    """Return the commands that show more about the failures: one for all of a set if several failed."""
    failed = [run for run in runs if run.phase == "failed"]
    of_sets = Counter(run.set for run in failed if run.set)
    names = dict.fromkeys(
        f"set/{printable(run.set)} --failed" if run.set and of_sets[run.set] > 1 else printable(run.task)
        for run in failed
    )
    return [f"see the log: jobspec logs {name}{option}" for name in list(names)[:3]]


def commands_to_continue(runs: Sequence[FinishedView], goal: str, option: str) -> list[str]:
    """Return the command that waits for the rest."""
    found = _left(runs, goal)
    of_sets = Counter(run.set for run in found if run.set)
    names = " ".join(
        dict.fromkeys(
            f"set/{printable(run.set)}" if run.set and of_sets[run.set] > 1 else printable(run.task)
            for run in found
        )
    )
    how = "" if goal == "finished" else f" --for {goal}"
    return [f"to continue waiting, run: jobspec wait {names}{how}{option}"] if names else []


def _left(runs: Sequence[FinishedView], goal: str) -> list[FinishedView]:
    over = _OVER | {"running"} if goal == "running" else _OVER
    return [run for run in runs if run.phase not in over]


def _next(view: WaitView) -> list[str]:
    option = environment_option(view.scope)
    is_cut_short = view.timed_out or view.interrupted
    left = commands_to_continue(view.waited, view.waited_for, option) if is_cut_short else []
    return [*why_failed(view.waited, option), *left]
