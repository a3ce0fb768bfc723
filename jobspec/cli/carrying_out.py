"""From a plan to its end on a terminal: show, ask, carry out with progress, wait, sum up.

Apply, cancel and destroy are the same walk with different plans.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobspec.apply.run import Ended, Started, Submitted
from jobspec.apply.turn import Turn
from jobspec.cli import consent, terminal
from jobspec.cli.awaiting import watch
from jobspec.cli.interrupts import interruptible
from jobspec.cli.planning import show_plan
from jobspec.cli.progress import progress
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
    from jobspec.reconcile.outcome import Outcome
    from jobspec.report.apply_view import ApplyView
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
        # Without the guards: if one refuses, the error tells it. And the digest is of use before, not now.
        show_plan(planned.view.model_copy(update={"guards": (), "digest": ""}), _writer(is_json=is_json))
    check_guards(planned, wishes.forced)
    applier.check(planned.plan)
    if not planned.plan.is_empty and not wishes.yes:
        ask(planned)
    problem: JobspecError | None = None
    with interruptible(applier.clock):
        outcomes = _walk(applier, planned, is_json=is_json)
        turn.release()
        waited = Waited()
        try:
            if wishes.wait:
                waited = _wait(applier, to_wait_for(planned.plan, outcomes), wishes)
        except JobspecError as error:  # what was done is told all the same
            problem = error
    view = apply_view.view(planned.view, outcomes, waited, interrupted=applier.clock.is_interrupted)
    if is_json:
        terminal.result(view.model_dump_json(by_alias=True, indent=2))
        if view.timed_out:
            terminal.talk(wait_text.late(view.waited, view.waited_for))
    elif view.outcomes or view.waited or view.interrupted:
        terminal.result(apply_text.summary(view, wishes.verb, colour=terminal.colour_out()))
    if problem:
        raise problem
    return view


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


def _walk(applier: Applier, planned: Planned, *, is_json: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    going: dict[str, str] = {}
    total = len(planned.plan.pending) + sum(map(twins.is_held, planned.plan.changes))
    write = _writer(is_json=is_json)
    with progress("apply", total) as bars:
        for event in applier.carry_out(planned.plan):
            _follow(event, going)
            if isinstance(event, Ended):
                outcome = apply_view.outcome(event.outcome)
                if not apply_text.is_told(outcome, map(apply_view.outcome, outcomes)):
                    bars.write(apply_text.outcome_line(outcome, colour=terminal.colour_out()), write)
                outcomes.append(event.outcome)
            bars.show(len(outcomes), going)
    return outcomes


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
