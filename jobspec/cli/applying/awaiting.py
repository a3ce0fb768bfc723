"""Waits for runs: shows progress, a line for each run that reaches the goal, and the log of failed ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.cli import terminal
from jobspec.cli.progress import progress
from jobspec.errors import JobspecError
from jobspec.reconcile.runs import (
    FINISHED,
    Phase,
    Run,
    state_text,
)
from jobspec.report import tail_text
from jobspec.report.text import printable
from jobspec.report.wait import text as wait_text
from jobspec.report.wait import view as wait_view
from jobspec.report.wait.view import Waited
from jobspec.workflow.runs.failures import read_tails
from jobspec.workflow.runs.waiting import (
    Waiting,
    until,
)

if TYPE_CHECKING:
    from jobspec.workflow.project.workspace import Workspace

_PAUSE = 1.0

FindNext = Callable[["Waiting", "tuple[Run, ...]"], "Waiting | None"]


class _Reported(Struct, frozen=True):
    """A printed run: its record is not kept, because a wait may see thousands of runs."""

    phase: Phase
    view: wait_view.FinishedView

    @property
    def has_ended(self) -> bool:
        return self.phase in FINISHED


def watch(
    workspace: Workspace, waiting: Waiting, write: Callable[[str], None], find_next: FindNext
) -> Waited:
    """Wait, and return the result; `write` gets a line whenever a run reaches the goal.

    Once a wait is over, `find_next` returns what to wait for next, or None. The timeout covers all of them
    together. Raises the errors of the platform, except after an interrupt.
    """
    clock = workspace.surroundings.clock
    end = math.inf if waiting.timeout is None else clock.monotonic() + waiting.timeout
    reported: dict[str, _Reported] = {}
    waited = Waited(waiting.goal)
    while True:
        found = _watched(workspace, waiting, reported, write)
        if found is None:  # nothing to wait for, or interrupted before anything was seen
            return waited
        is_late = clock.monotonic() >= end
        timed_out = is_late and not clock.is_interrupted and not waiting.is_settled(found)
        waited = Waited(waiting.goal, _results(waiting.tasks, found, reported), timed_out)
        following = None if is_late or clock.is_interrupted else find_next(waiting, found)
        if following is None:
            return waited
        if following.is_as_before(waiting):  # a lagging list shows nothing new yet
            clock.sleep(_PAUSE)
        waiting = replace(following, timeout=None if end == math.inf else max(0.0, end - clock.monotonic()))


def _watched(
    workspace: Workspace, waiting: Waiting, reported: dict[str, _Reported], write: Callable[[str], None]
) -> tuple[Run, ...] | None:
    """Return the runs as last seen, or None; `reported` collects the printed runs."""
    clock = workspace.surroundings.clock
    found: tuple[Run, ...] | None = None
    with progress("wait", len(waiting.tasks)) as bars:
        try:
            for found in until(workspace, waiting, clock) if waiting.tasks else ():
                for run in _news(waiting, found, reported):
                    view = wait_view.finished(waiting.tasks[run.id], run)
                    reported[run.id] = _Reported(run.phase, view)
                    for line in _lines(workspace, view, run):
                        bars.write(line, write)
                bars.show(sum(map(waiting.goal.is_reached_by, found)), _in_progress(waiting, found))
        except JobspecError:
            if not clock.is_interrupted:
                raise
    return found


def _news(waiting: Waiting, found: tuple[Run, ...], reported: Mapping[str, _Reported]) -> Iterator[Run]:
    for run in found:
        if waiting.goal.is_reached_by(run) and (
            run.id not in reported or reported[run.id].phase is not run.phase
        ):
            yield run


def _lines(workspace: Workspace, view: wait_view.FinishedView, run: Run) -> Iterator[str]:
    yield wait_text.finished_line(view, colour=terminal.colour_out())
    if run.phase is Phase.FAILED and not workspace.surroundings.clock.is_interrupted:
        tails = read_tails(workspace.connection.client, run.id)
        text = tail_text.render(tails, view.task, workspace.option)
        yield from filter(None, (text,))


def _in_progress(waiting: Waiting, found: tuple[Run, ...]) -> dict[str, str]:
    going = (run for run in found if not waiting.goal.is_reached_by(run))
    return {printable(waiting.tasks[run.id]): printable(state_text(run.state)) for run in going}


def _results(
    tasks: Mapping[str, str], found: tuple[Run, ...], reported: Mapping[str, _Reported]
) -> tuple[wait_view.FinishedView, ...]:
    """Return each run as last seen; its result stays known after its record is deleted."""
    last = {run.id: run for run in found}
    return tuple(
        _result(task, run_id, last.get(run_id), reported.get(run_id)) for run_id, task in tasks.items()
    )


def _result(task: str, run_id: str, last: Run | None, reported: _Reported | None) -> wait_view.FinishedView:
    if reported is not None and reported.has_ended:
        return reported.view
    return wait_view.gone(task, run_id) if last is None else wait_view.finished(task, last)
