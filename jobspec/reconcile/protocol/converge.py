"""The protocol of one change: its steps in order, and the check after a submit. Generators without I/O."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from jobspec.errors import BadAnswer, JobspecError, Unavailable
from jobspec.reconcile import contradictions, tags
from jobspec.reconcile.declared import marks_of
from jobspec.reconcile.planning.plan import (
    Cancel,
    Change,
    Delete,
    Step,
    Submit,
    Update,
    Wait,
    Winner,
)
from jobspec.reconcile.protocol import calls, steps
from jobspec.reconcile.protocol.outcome import DONE, Outcome, Result, Status
from jobspec.reconcile.protocol.submit import (
    Assumptions,
    look_for_twin,
    submit,
)
from jobspec.reconcile.runs import (
    STOPPABLE,
    Run,
)
from jobspec.reconcile.tags import Marks, StopReason, TagKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.protocol.calls import Protocol


def converge(change: Change, scope: str, assumptions: Assumptions) -> Protocol[Outcome]:
    """Carry out the steps of a change in order; stop at the first that is not done."""
    result = yield from _checked(_beforehand(change, scope, assumptions))
    if result.status is not Status.DONE:
        return Outcome(change, result, 0)
    for number, step in enumerate(change.steps):
        result = yield from _checked(_walk(step, f"{scope}/{change.task}", assumptions), step)
        if result.status is not Status.DONE:
            return Outcome(change, _after(change.steps[:number], result), number)
    return Outcome(change, result, len(change.steps))


def _after(done: tuple[Step, ...], result: Result) -> Result:
    """Add the runs that were already stopped to the detail, whatever the outcome."""
    stopped = [step.run for step in done if isinstance(step, Cancel)]
    if not stopped:
        return result
    return replace(result, detail=f"{result.detail}; {', '.join(stopped)} was already stopped")


def _beforehand(change: Change, scope: str, assumptions: Assumptions) -> Protocol[Result]:
    """Check what would block the new run of a replacement before the old run is stopped."""
    for step in change.steps[1:]:
        if isinstance(step, Submit):
            return (yield from look_for_twin(step, scope, assumptions)) or DONE
    return DONE


def _checked(protocol: Protocol[Result], step: Step | None = None) -> Protocol[Result]:
    try:
        return (yield from protocol)
    except calls.Interrupted:
        return Result(Status.SKIPPED, "interrupted", help="apply again to continue")
    except JobspecError as error:
        is_unclear = isinstance(error, (Unavailable, BadAnswer)) and isinstance(step, (Delete, Update))
        status = Status.UNKNOWN if is_unclear else Status.FAILED
        return Result(status, error.message, code=error.code, help=error.help)


def _walk(step: Step, address: str, assumptions: Assumptions) -> Protocol[Result]:
    match step:
        case Submit():
            return submit(step, address, assumptions)
        case Cancel():
            return steps.cancel(step, assumptions.list_lag)
        case Wait():
            return steps.wait(step, assumptions.list_lag)
        case Delete():
            return steps.delete(step)
        case Update():
            return steps.update(step)
        case _:
            assert_never(step)


def confirm(outcome: Outcome) -> Protocol[Outcome]:
    """Once a submit shows in lists, check whether another applier submitted the same task first.

    The intention is only settled now: if an apply ends earlier, the next one waits. The oldest active
    matching run stays. A run is only cancelled if this apply has certainly created it, and only while the
    winner, read by its id, is really active and matching: so at least one run always remains. Any other run
    beside it was in no plan, and is left to the next one.
    """
    step = _submit_of(outcome)
    try:
        active = yield from _matching(step)
        yield calls.Settle(step.marks.run)
        return (yield from _left_to_the_oldest(outcome, step, active))
    except calls.Interrupted:
        return outcome
    except JobspecError as error:
        detail = f"submitted, but the check for duplicates failed: {error.message}"
        return replace(
            outcome, result=replace(outcome.result, detail=detail, help="apply again to repeat the check")
        )


def contested(submitted: Iterable[Outcome]) -> Protocol[list[Outcome]]:
    """Return the submits of a plan beside which one listing of their scope shows another active run."""
    by_task = {(step := _submit_of(one)).marks.task: (one, step) for one in submitted}
    [scope] = {step.marks.scope for _, step in by_task.values()}
    active: Counter[str] = Counter()
    for run in (yield from calls.find(tag=tags.prefixed(TagKey.SCOPE, scope))):
        if isinstance(run.marks, Marks) and run.marks.task in by_task:
            active[run.marks.task] += _is_candidate(by_task[run.marks.task][1], run)
    return [one for task, (one, _) in by_task.items() if active[task] > 1]


def settled(outcome: Outcome) -> Protocol[None]:
    """Record that the outcome of a submit is known."""
    yield calls.Settle(_submit_of(outcome).marks.run)


def _submit_of(outcome: Outcome) -> Submit:
    return next(step for step in outcome.change.steps if isinstance(step, Submit))


def _matching(step: Submit) -> Protocol[tuple[Run, ...]]:
    """Return the listed matching runs, oldest first; the cancel reads the oldest by its id once more."""
    found = yield from calls.find(tag=tags.prefixed(TagKey.TASK, step.marks.task))
    return tuple(sorted((run for run in found if _is_candidate(step, run)), key=lambda run: run.age_key))


def _left_to_the_oldest(outcome: Outcome, step: Submit, active: tuple[Run, ...]) -> Protocol[Outcome]:
    """Cancel our own run beside an older one."""
    own = outcome.result.run
    if len(active) < 2:
        return outcome
    if not outcome.result.is_own:
        return _with_others(outcome, active)
    if own not in {run.id for run in active[1:]}:
        return outcome
    winner = Winner(active[0].id, marks_of(active[0]))
    # Every get shows it by now: `listLag` has passed since it was created.
    cancel = Cancel(own, step.marks, StopReason.DUPLICATE, winner)
    result = yield from steps.cancel(cancel, list_lag=0.0)
    if result.status is not Status.DONE:
        return outcome
    detail = f"another apply submitted {winner.run} first; {own} was cancelled"
    return replace(outcome, result=Result(Status.DONE, detail, run=winner.run))


def _with_others(outcome: Outcome, active: tuple[Run, ...]) -> Outcome:
    """Report other active runs; this apply may not stop them, and the next plan shows them."""
    others = ", ".join(run.id for run in active if run.id != outcome.result.run)
    detail = "; ".join(filter(None, (outcome.result.detail, f"{others} is also active: plan again")))
    return replace(outcome, result=replace(outcome.result, detail=detail))


def _is_candidate(step: Submit, run: Run) -> bool:
    return (
        isinstance(run.marks, Marks)
        and run.phase in STOPPABLE
        and (run.marks.scope, run.marks.task) == (step.marks.scope, step.marks.task)
        and step.fingerprint.matches(run.marks)
        and not contradictions.of_submit(step, run)
    )
