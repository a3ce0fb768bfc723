"""From a plan to its end on a terminal: show, ask, carry out with progress, wait, sum up.

Apply, cancel and destroy are the same walk with different plans.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobspec.apply.run import Ended, Started, Submitted
from jobspec.apply.turn import Turn
from jobspec.cli import consent, terminal
from jobspec.cli.awaiting import watch
from jobspec.cli.exits import of_apply, of_broken_output
from jobspec.cli.interrupts import interruptible
from jobspec.cli.planning import show_plan
from jobspec.cli.progress import progress
from jobspec.cli.terminal import OutputBroken
from jobspec.errors import JobspecError
from jobspec.reconcile import twins
from jobspec.report import apply_text, apply_view, wait_text
from jobspec.report.text import duration
from jobspec.report.wait_view import Waited
from jobspec.workflow.planning import check_guards
from jobspec.workflow.waiting import Goal, Waiting, to_wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.apply.run import Event
    from jobspec.cli.progress import Progress
    from jobspec.reconcile.outcome import Outcome
    from jobspec.report.apply_view import ApplyView, OutcomeView
    from jobspec.workflow.applying import Applier
    from jobspec.workflow.planning import Planned


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user typed: the command, unasked, guards forced, the format of the result.

    `wait` is how far runs are waited for, empty for not at all; `timeout` for how many seconds at most.
    """

    verb: str
    yes: bool
    output: str
    wait: str = ""
    timeout: float | None = None
    forced: tuple[str, ...] = ()


@contextmanager
def prepared(applier: Applier) -> Iterator[Turn]:
    """The turn to write in this folder, once nothing of an earlier command is under way; then plan."""
    with Turn(applier.workspace.folder, _say_whose_turn_it_is) as turn:
        settle(applier)
        yield turn


def _say_whose_turn_it_is() -> None:
    terminal.talk("another command is writing to this project from this folder: waiting for it")


def carry_out(applier: Applier, turn: Turn, planned: Planned, wishes: Wishes) -> ApplyView:
    """Show a plan, ask, carry it out, wait if wished, and sum up."""
    is_json = wishes.output == "json"
    if not is_json or not wishes.yes:
        _show_plan(planned, is_json=is_json)
    check_guards(planned, wishes.forced)
    applier.check(planned.plan)
    if not planned.plan.is_empty and not wishes.yes:
        ask(planned)
    problem: JobspecError | OutputBroken | None = None
    waited = Waited()
    with interruptible(applier.clock):
        outcomes, problem = _walk(applier, planned, is_json=is_json)
        turn.release()
        try:
            if wishes.wait and problem is None:
                waited = _wait(applier, to_wait_for(planned.plan, outcomes), wishes)
        except (JobspecError, OutputBroken) as error:  # what was done is told all the same
            problem = error
    view = apply_view.view(planned.view, outcomes, waited, interrupted=applier.clock.is_interrupted)
    try:
        if not isinstance(problem, OutputBroken):
            _sum_up(view, wishes)
    except OutputBroken as error:
        problem = error
    if isinstance(problem, OutputBroken):
        raise _told_elsewhere(view, wishes, problem) from problem
    if problem:
        raise problem
    return view


def _show_plan(planned: Planned, *, is_json: bool) -> None:
    # Without the guards: if one refuses, the error tells it. And the digest is of use before, not now.
    view = planned.view.model_copy(update={"guards": (), "digest": ""})
    try:
        show_plan(view, _writer(is_json=is_json))
    except OutputBroken:
        with suppress(OutputBroken):
            terminal.talk("the plan could not be written, so nothing was done")
        raise


def _sum_up(view: ApplyView, wishes: Wishes) -> None:
    if wishes.output == "json":
        terminal.result(view.model_dump_json(by_alias=True, indent=2))
        if view.timed_out:
            terminal.talk(wait_text.late(view.waited, view.waited_for))
    elif view.outcomes or view.waited or view.interrupted:
        terminal.result(apply_text.summary(view, wishes.verb, colour=terminal.colour_out()))


def _told_elsewhere(view: ApplyView, wishes: Wishes, broken: OutputBroken) -> OutputBroken:
    """Tell on stderr what was done, as far as that can be written; returns how the process ends."""
    with suppress(OutputBroken):
        terminal.talk("the output cannot be written any more; what was done:")
        for outcome in view.outcomes:
            terminal.talk(apply_text.outcome_line(outcome, colour=terminal.colour_talk()))
        terminal.talk(apply_text.summary(view, wishes.verb, colour=terminal.colour_talk()))
    return OutputBroken(broken.cause, of_broken_output(of_apply(view)))


def settle(applier: Applier) -> None:
    """Wait until what an earlier command may have left under way shows; before any plan is made."""
    seconds = applier.unsettled_seconds()
    if seconds > 0:
        left = duration(seconds + 1)
        terminal.talk(f"an earlier apply ended with a submit under way: waiting {left} until it shows")
        applier.settle(seconds)


def ask(planned: Planned) -> None:
    """Ask whether to go on. Raises `UsageError` when there is nobody to ask."""
    consent.ask(f"Do this to {planned.plan.scope}?")


def _walk(applier: Applier, planned: Planned, *, is_json: bool) -> tuple[list[Outcome], OutputBroken | None]:
    """Carry out the plan; once nothing can be written any more, no step starts, and calls in flight end."""
    outcomes: list[Outcome] = []
    broken: OutputBroken | None = None
    total = len(planned.plan.pending) + sum(map(twins.is_held, planned.plan.changes))
    with progress("apply", total) as bars:
        shown = _Shown(bars, _writer(is_json=is_json))
        for event in applier.carry_out(planned.plan):
            if isinstance(event, Ended):
                outcomes.append(event.outcome)
            try:
                if broken is None:
                    shown.add(event)
            except OutputBroken as error:
                broken = error
                applier.clock.interrupt()
    return outcomes, broken


@dataclass(slots=True)
class _Shown:
    """What was shown of the events so far: a line for each outcome, and what goes on."""

    bars: Progress
    write: Callable[[str], None]
    outcomes: list[OutcomeView] = field(default_factory=list)
    going: dict[str, str] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        terminal.check_read()  # submits are told once all are confirmed: too late to stop for
        _follow(event, self.going)
        if isinstance(event, Ended):
            outcome = apply_view.outcome(event.outcome)
            if not apply_text.is_told(outcome, self.outcomes):
                line = apply_text.outcome_line(outcome, colour=terminal.colour_out())
                self.bars.write(line, self.write)
            self.outcomes.append(outcome)
        self.bars.show(len(self.outcomes), self.going)


def _follow(event: Event, going: dict[str, str]) -> None:
    match event:
        case Started():
            going[event.change.task] = f"{event.change.action}…"
        case Submitted():
            going[event.change.task] = f"submitted {event.run}"
        case Ended():
            going.pop(event.outcome.change.task, None)


def _writer(*, is_json: bool) -> Callable[[str], None]:
    """Where lines of the result go as text; beside a JSON result they are talk."""
    return terminal.talk if is_json else terminal.result


def _wait(applier: Applier, tasks: dict[str, str], wishes: Wishes) -> Waited:
    waiting = Waiting(tasks, Goal(wishes.wait), wishes.timeout)
    return watch(applier.workspace, waiting, _writer(is_json=wishes.output == "json"))
