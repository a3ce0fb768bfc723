"""Carries out a plan on a terminal: show, prompt, carry out, wait, summarise.

Apply, cancel and destroy share these steps with different plans.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.cli import consent, messages, terminal
from jobspec.cli.applying.rounds import Rounds
from jobspec.cli.applying.turns import prepared
from jobspec.cli.applying.walking import show
from jobspec.cli.exits import Exit, of_apply, of_broken_output
from jobspec.cli.interrupts import interruptible
from jobspec.cli.terminal import OutputBroken
from jobspec.errors import JobspecError, UsageError
from jobspec.quoting import quote
from jobspec.report.apply import text as apply_text
from jobspec.report.wait import text as wait_text
from jobspec.report.wait.view import Waited
from jobspec.workflow.planning.planning import (
    EVERYTHING,
    Planned,
    PlanOptions,
    check_guards,
)
from jobspec.workflow.project.whole_files import write_whole
from jobspec.workflow.runs.ledger import tasks_after

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.apply.turn import Turn
    from jobspec.report.apply.view import ApplyView, TaskRunView
    from jobspec.workflow.planning.applying import Applier

__all__ = ["ApplyOptions", "carry_out", "prepared"]


class ApplyOptions(Struct, frozen=True):
    """The user's options: the command, whether to prompt, the forced guards, and the output format.

    `wait` is the state to wait for, empty for no wait; `timeout` is its limit in seconds. `wanted` are the
    options for later plans. `json_into` is a file that also receives the result as JSON.
    """

    verb: str
    yes: bool
    output: str
    wait: str = ""
    timeout: float | None = None
    forced: tuple[str, ...] = ()
    wanted: PlanOptions = EVERYTHING
    json_into: Path | None = None

    @property
    def is_json(self) -> bool:
        """Whether the result is one JSON document."""
        return self.output == "json"


def carry_out(applier: Applier, turn: Turn, planned: Planned, options: ApplyOptions) -> ApplyView:
    """Show a plan, prompt, carry it out, wait if requested, and print a summary."""
    if not options.is_json or not options.yes:
        show(planned, is_json=options.is_json)
    check_guards(planned, options.forced)
    applier.check(planned.plan)
    may_write = not planned.plan.is_empty or (options.wait and any(one.later for one in planned.plan.changes))
    if may_write and not options.yes:
        consent.confirm(apply_text.question(planned.plan, options.verb))
    rounds = Rounds(applier, options)
    waited = Waited()
    with interruptible(applier.clock):
        rounds.carry_out(planned)
        turn.release()
        try:
            if options.wait and rounds.problem is None:
                waited = rounds.wait(planned)
        except (JobspecError, OutputBroken) as error:  # the summary is still printed
            rounds.problem = error
    view = replace(rounds.view(waited), tasks=_tasks(rounds, planned, options))
    is_any_waiting = not options.wait and any(one.later for one in planned.plan.changes)
    hint = apply_text.waiting_hint(applier.workspace.option) if is_any_waiting else ""
    return _ended(rounds, view, options, hint)


def _ended(rounds: Rounds, view: ApplyView, options: ApplyOptions, hint: str) -> ApplyView:
    """Print the summary, and raise the error that ended the command early."""
    problem = rounds.problem
    try:
        if not isinstance(problem, OutputBroken):
            _sum_up(view, options, hint)
    except OutputBroken as error:
        problem = error
    problem = problem or _unwritten(view, options.json_into)
    if isinstance(problem, OutputBroken):
        raise _report_on_stderr(view, options, problem) from problem
    if problem and of_apply(view) is Exit.UNKNOWN:  # which matters more than a later error
        messages.print_error(problem)
    elif problem:
        raise problem
    return view


def _tasks(rounds: Rounds, planned: Planned, options: ApplyOptions) -> tuple[TaskRunView, ...] | None:
    """Return the tasks with their runs for the JSON of an apply; None if they cannot be read any more."""
    is_wanted = options.verb == "apply" and (options.is_json or options.json_into is not None)
    if not is_wanted or rounds.problem or rounds.applier.clock.is_interrupted:
        return None
    names = {change.task for plan, _ in rounds.done for change in plan.changes}
    is_unchanged = not rounds.outcomes and not options.wait
    return tasks_after(rounds.applier.workspace, names, planned.runs if is_unchanged else None)


def _unwritten(view: ApplyView, path: Path | None) -> UsageError | None:
    """Write the result to the file of `--json-into`; return the error if that fails."""
    try:
        if path is not None:
            write_whole(path, view.to_json())
    except OSError as error:
        why = error.strerror or type(error).__name__
        what = f"the changes were carried out, but {quote(path)} could not be written: {why}"
        return UsageError(what, help="to see the runs, run: jobspec status", code="JS604")
    return None


def _sum_up(view: ApplyView, options: ApplyOptions, hint: str) -> None:
    if options.is_json:
        terminal.result(view.to_json())
        if view.timed_out:
            terminal.message(wait_text.late(view.waited, view.waited_for))
    elif view.outcomes or view.waited or view.interrupted or view.left:
        terminal.result(apply_text.summary(view, options.verb, colour=terminal.colour_out()))
    if hint and not options.is_json and not view.interrupted:
        terminal.result(f"next: {hint}\n")


def _report_on_stderr(view: ApplyView, options: ApplyOptions, broken: OutputBroken) -> OutputBroken:
    """Print the completed work to stderr, as far as possible; return the error that ends the process."""
    with suppress(OutputBroken):
        terminal.message("Output can no longer be written. Completed so far:")
        for outcome in view.outcomes:
            terminal.message(apply_text.outcome_line(outcome, colour=terminal.colour_err()))
        terminal.message(apply_text.summary(view, options.verb, colour=terminal.colour_err()))
    return OutputBroken(broken.cause, of_broken_output(of_apply(view)))
