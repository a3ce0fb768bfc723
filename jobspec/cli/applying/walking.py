"""One plan on a terminal: shown, then carried out with progress and a line for each outcome."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from jobspec.cli import terminal
from jobspec.cli.messages import show_plan
from jobspec.cli.progress import (
    Progress,
    progress,
)
from jobspec.cli.terminal import OutputBroken
from jobspec.reconcile.planning import twins
from jobspec.reconcile.protocol.stages import (
    Ended,
    Event,
    Started,
    Submitted,
)
from jobspec.report.apply import text as apply_text
from jobspec.report.apply import view as apply_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobspec.reconcile.protocol.outcome import Outcome
    from jobspec.report.apply.view import OutcomeView
    from jobspec.workflow.planning.applying import Applier
    from jobspec.workflow.planning.planning import Planned


def writer(*, is_json: bool) -> Callable[[str], None]:
    """Return the writer for text lines: stdout, or stderr if the result is JSON."""
    return terminal.message if is_json else terminal.result


def show(planned: Planned, *, is_json: bool) -> None:
    """Show a plan before it is carried out, without guards and digest.

    The error reports a guard that refuses the plan, and the digest is only useful before an apply.
    """
    view = replace(planned.view, guards=(), digest="")
    try:
        show_plan(view, writer(is_json=is_json))
    except OutputBroken:
        with suppress(OutputBroken):
            terminal.message("the plan could not be printed; nothing was done")
        raise


def walk(applier: Applier, planned: Planned, *, is_json: bool) -> tuple[list[Outcome], OutputBroken | None]:
    """Carry out a plan; once output fails, no new step starts, and calls in flight complete."""
    outcomes: list[Outcome] = []
    broken: OutputBroken | None = None
    total = len(planned.plan.pending) + sum(map(twins.is_held, planned.plan.changes))
    with progress("apply", total) as bars:
        shown = _ShownEvents(bars, writer(is_json=is_json))
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


class _ShownEvents(Struct):
    """The events shown so far: a line for each outcome, and the changes in progress."""

    bars: Progress
    write: Callable[[str], None]
    outcomes: list[OutcomeView] = field(default_factory=list)
    going: dict[str, str] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        terminal.check_read()  # submits are reported once all are confirmed: too late to stop
        _follow(event, self.going)
        if isinstance(event, Ended):
            outcome = apply_view.outcome(event.outcome)
            if not apply_text.is_repeated(outcome, self.outcomes):
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
