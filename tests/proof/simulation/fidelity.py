"""Invariant 6: apply does what the plan showed, or less; each change is reported once, and as it was."""

from __future__ import annotations

from collections.abc import Mapping

from jobspec.reconcile.planning.plan import Cancel, Change, Delete, Submit, Update
from jobspec.reconcile.protocol.outcome import Outcome, Status
from jobspec.workflow.planning.planning import Planned
from tests.proof.simulation.faults import WRITES
from tests.proof.simulation.history import Caller, Event, Kind
from tests.proof.simulation.service import STOPPABLE, Stored
from tests.proof.simulation.truth import Truth, intended, is_own, run_tag, steps_of, task_of

_ROUNDING = 0.001
_ALLOWS: Mapping[str, type[Cancel | Update] | tuple[type[Cancel], type[Update]] | type[Delete]] = {
    "StopCustomTask": Cancel,
    "DeleteCustomTask": Delete,
    "UpdateCustomTask": (Cancel, Update),
}


def an_apply_does_what_its_plan_showed(truth: Truth, event: Event) -> str | None:
    """6: apply does what the plan showed, or less; each change is reported once, and as it was."""
    if event.kind is Kind.SENT and event.action in WRITES and event.caller.machine >= 0:
        planned = truth.planned(event.caller)
        if planned is not None and not _is_planned(truth, event, planned):
            return f"{event.action} {event.run} is not in the plan"
    if event.kind is Kind.ENDED and "outcomes" in event.data:
        return _each_told_once(truth, event)
    if event.kind is Kind.TOLD:
        return _untrue(truth, event)
    return None


def _is_planned(truth: Truth, event: Event, planned: Planned) -> bool:
    steps = steps_of(planned.plan.changes)
    runs = (
        {s.run for s in steps if isinstance(s, _ALLOWS[event.action])} if event.action in _ALLOWS else set()
    )
    if event.action == "CreateCustomTask":
        return run_tag(event.data) in intended(truth, event)
    return event.run in runs or (event.action != "DeleteCustomTask" and is_own(truth, event))


def _each_told_once(truth: Truth, event: Event) -> str | None:
    planned = truth.planned(event.caller)
    if planned is None:
        return None
    told = [outcome.change for outcome in event.data["outcomes"]]
    for change in planned.plan.pending:
        if told.count(change) != 1:
            return f"the {change.action} of {change.task} was told {told.count(change)} times"
    return None


def _untrue(truth: Truth, event: Event) -> str | None:
    outcome: Outcome = event.data["outcome"]
    if outcome.status is Status.DONE:
        return _not_done(truth, outcome)
    if outcome.status is Status.UNKNOWN:
        return _given_up_early(truth, event)
    return _done_after_all(truth, event.caller, outcome.change) or _stopped_after_all(truth, event)


def _given_up_early(truth: Truth, event: Event) -> str | None:
    """Whether a create took effect is unknown only once it cannot take effect any more."""
    task = event.data["outcome"].change.task
    traits = truth.service.traits
    events = truth.history.by_caller[Caller(event.caller.machine, event.caller.apply, task)]
    is_submit = any(isinstance(step, Submit) for step in event.data["outcome"].change.steps)
    is_sent = is_submit and any(e.kind is Kind.SENT and e.action == "CreateCustomTask" for e in events)
    is_cut = any(
        e.kind is Kind.DEED and e.caller.machine == event.caller.machine for e in truth.history.events
    )
    if not is_sent or is_cut:
        return None
    waited = event.time - max(
        e.time for e in events if e.kind is Kind.SENT and e.action == "CreateCustomTask"
    )
    if waited + _ROUNDING < traits.commit_window + traits.list_lag:
        return f"the submit of {task} was told to be unknown after {waited:.1f} s"
    return None


def _not_done(truth: Truth, outcome: Outcome) -> str | None:
    known = truth.service.records.keys() | truth.service.gone.keys()
    if outcome.result.run not in known and any(isinstance(step, Submit) for step in outcome.change.steps):
        return f"{outcome.result.run} was told to be submitted, and there is no such run"
    told = truth.service.records.get(outcome.result.run)
    if told and not told.is_touched and task_of(told.wire) != outcome.change.task:
        return f"{outcome.result.run} was told to be submitted, and is no run of {outcome.change.task}"
    for step in outcome.change.steps:
        record = truth.service.records.get(getattr(step, "run", ""))
        if isinstance(step, Cancel) and record is not None and record.state in STOPPABLE:
            return f"{record.id} was told to be stopped, and is {record.state}"
        if isinstance(step, Update) and record is not None and _is_unwritten(truth, step, record):
            return f"{record.id} was told to be updated, and is not"
        if isinstance(step, Delete) and record is not None and _can_be_read(truth, record):
            return f"the record of {record.id} was told to be deleted, and is there"
    return None


def _can_be_read(truth: Truth, record: Stored) -> bool:
    return record.shows.get("id", record.born) <= truth.service.time


def _is_unwritten(truth: Truth, step: Update, record: Stored) -> bool:
    """Where one applier writes, and no person."""
    if truth.appliers > 1 or record.is_touched or step.becomes is None:
        return False
    return task_of(record.wire) != step.becomes.task


def _stopped_after_all(truth: Truth, event: Event) -> str | None:
    """A change whose first step was a stop or a delete that took effect is not told as failed or skipped."""
    outcome: Outcome = event.data["outcome"]
    step = outcome.change.steps[0] if outcome.change.steps and not outcome.steps_done else None
    if not isinstance(step, (Cancel, Delete)):
        return None
    action = "StopCustomTask" if isinstance(step, Cancel) else "DeleteCustomTask"
    lane = Caller(event.caller.machine, event.caller.apply, outcome.change.task)
    events = (e for e in truth.history.by_run[step.run] if e.kind is Kind.WRITTEN)
    if any(e.action == action and e.caller == lane for e in events):
        return f"{action} {step.run} took effect, and was told to be {outcome.status}"
    return None


def _done_after_all(truth: Truth, caller: Caller, change: Change) -> str | None:
    for step in change.steps:
        if not isinstance(step, Submit):
            continue
        tag = f"jobspec-run_{step.marks.run}"
        for one in (*truth.service.records.values(), *truth.service.gone.values()):
            if (
                run_tag(one.wire) == tag
                and one.maker.machine == caller.machine
                and one.maker.apply == caller.apply
            ):
                return f"{one.id} was submitted, and told not to be"
    return None
