"""The nine invariants, each a function over what happened: not over what the code says of itself.

A checker is shown every event as it comes and says what is wrong, or nothing. Whether records are ours,
match a manifest or are active is read from the wire here, with none of the code under test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TypeAlias

from jobspec.reconcile.planning.plan import Action, Cancel, Change, Submit
from tests.proof.simulation.deeds import FALSE_ENTRYPOINT
from tests.proof.simulation.faults import WRITES
from tests.proof.simulation.fidelity import an_apply_does_what_its_plan_showed
from tests.proof.simulation.history import Event, Kind
from tests.proof.simulation.manifests import PROJECT, SECRET_VALUE
from tests.proof.simulation.order import (
    a_dependent_starts_after_its_dependencies,
    a_set_has_its_slots,
    a_set_stops_starting_after_its_failures,
)
from tests.proof.simulation.service import FINISHED, STOPPABLE, SUCCEEDED, Json, Stored
from tests.proof.simulation.truth import (
    Broken,
    Truth,
    is_own,
    is_write,
    main_of,
    run_tag,
    steps_of,
    task_of,
)

LOOK_VALID = 10.0
# A slow answer to the read, and a machine that stands still for 15 s again and again before it writes:
# no protocol can keep a machine from doing so between its last look and the write that follows.
LAST_MOMENTS = 200.0
_ROUNDING = 0.001
_SECRETS = (SECRET_VALUE, hashlib.sha256(SECRET_VALUE.encode()).hexdigest())


Checker: TypeAlias = Callable[[Truth, Event], str | None]


def foreign_tasks_are_never_written_to(truth: Truth, event: Event) -> str | None:
    """1: nothing without this scope's tags, read within the last moments by its id, is ever written to."""
    if not is_write(event) or event.action == "CreateCustomTask":
        return None
    shown = truth.shown_before(event, "GetCustomTask")[:2]
    reads = [one for one in shown if one.run == event.run]
    if not reads:
        return f"{event.action} {event.run} without reading it just before"
    age = truth.sent(event).time - reads[0].time
    if age > LAST_MOMENTS:
        return f"{event.action} {event.run} on a read that was {age:.1f} s old"
    if not task_of(reads[0].data):
        return f"{event.action} {event.run}, which showed no sound tags of ours"
    if _is_false(truth, event):
        return f"{event.action} {event.run}, which bears our tags and runs something else"
    return None


def _is_false(truth: Truth, event: Event) -> bool:
    """Whether a run bears the tags of what is declared, and runs what nobody declares."""
    record = _record(truth, event)
    declared = truth.declared(event.caller, task_of(record))
    is_of_spec = declared is not None and record.get("Args") == declared.args
    return is_of_spec and record.get("EntrypointPath") == FALSE_ENTRYPOINT


def matching_runs_are_preserved(truth: Truth, event: Event) -> str | None:
    """2: a run that matches its manifest is never cancelled or deleted, but for younger duplicates."""
    if not is_write(event) or event.action not in {"StopCustomTask", "DeleteCustomTask"}:
        return None
    careless = _stopped_carelessly(truth, event) if event.action == "StopCustomTask" else None
    if careless:
        return careless
    record = _record(truth, event)
    declared = truth.declared(event.caller, task_of(record))
    if declared is None or declared.is_suspended or record.get("Args") != declared.args:
        return None
    if event.action == "StopCustomTask" and any(_is_older_twin(e, record) for e in _reads(truth, event)):
        return None
    return f"{event.action} {event.run}, which is as {declared.name} is declared, and no duplicate"


def _stopped_carelessly(truth: Truth, event: Event) -> str | None:
    """Before a stop the run is marked, and what would keep out the one that replaces it is looked for."""
    first = truth.sent(event).number
    before = [e for e in truth.history.by_caller[event.caller] if e.number < first]
    if not any(e.kind is Kind.SENT and e.action == "UpdateCustomTask" and e.run == event.run for e in before):
        return f"{event.run} was stopped without a mark that says why"
    change = _change_of(truth, event)
    if change is None or not any(isinstance(step, Submit) for step in change.steps):
        return None
    looks = [e for e in before if e.kind is Kind.SHOWN and e.data.get("asked", {}).get("Name") == change.task]
    if not looks:
        return f"{event.run} was stopped without a look for a twin of what replaces it"
    shown = looks[-1].data["runs"].items()
    twins = [run for run, r in shown if "jobspec-" not in str(r.get("Tags")) and r["State"] in STOPPABLE]
    return f"{event.run} was stopped although {twins[0]} keeps its replacement out" if twins else None


def _change_of(truth: Truth, event: Event) -> Change | None:
    """The planned change that stops a run."""
    planned = truth.planned(event.caller)
    changes = planned.plan.changes if planned else ()
    return next(
        (c for c in changes if any(isinstance(s, Cancel) and s.run == event.run for s in c.steps)), None
    )


def there_is_one_run_of_a_task(truth: Truth, event: Event) -> str | None:
    """3: one applier never has two active runs of a task; several have one each for a moment at most."""
    if not is_write(event) or event.action != "CreateCustomTask":
        return None
    task = task_of(truth.sent(event).data)
    active = [one for one in truth.runs_of(task) if one.is_active and not one.is_touched]
    restarts = sum(e.kind is Kind.CRASHED for e in truth.restarts) if truth.appliers > 1 else 0
    if len(active) > truth.appliers + restarts:
        return f"{len(active)} runs of {task} are active: {', '.join(one.id for one in active)}"
    return _twice(truth, event) or _intended_otherwise(truth, event) or _unlooked(truth, event, task)


def _twice(truth: Truth, event: Event) -> str | None:
    """One intention of one applier is carried out once; what people delete or give away is not there."""
    tag = run_tag(truth.sent(event).data)
    own = [
        one
        for one in truth.service.records.values()
        if run_tag(one.wire) == tag and one.maker.machine == event.caller.machine and not one.is_touched
    ]
    return f"{tag} was submitted twice by one applier" if len(own) > 1 else None


def _intended_otherwise(truth: Truth, event: Event) -> str | None:
    """Who saw the same runs and wants the same has the same intention."""
    mine, tag = _view(truth, event), run_tag(truth.sent(event).data)
    for other in truth.history.events:
        is_create = is_write(other) and other.action == "CreateCustomTask"
        if is_create and _view(truth, other) == mine and run_tag(truth.sent(other).data) != tag:
            return f"{event.run} and {other.run} come from one view, and have different run ids"
    return None


def _view(truth: Truth, event: Event) -> tuple[str, object, tuple[str, ...]]:
    planned = truth.planned(event.caller)
    task = task_of(truth.sent(event).data)
    seen = {run.id for run in (planned.runs if planned else ()) if f"jobspec-task_{task}" in run.tags}
    renames = (c for c in (planned.plan.changes if planned else ()) if c.action is Action.RENAME)
    seen |= {run.id for change in renames if change.task == task for run in change.runs}
    return task, event.data.get("Args"), tuple(sorted(seen))


def _unlooked(truth: Truth, event: Event, task: str) -> str | None:
    """Before a create there is a look, by tag and by name, that is young and showed nothing in the way."""
    looks = truth.shown_before(event, "ListCustomTasks")
    name = truth.sent(event).data["Name"]
    by_tag = next((e for e in looks if e.data["asked"].get("Tags") == [f"jobspec-task_{task}"]), None)
    by_name = next((e for e in looks if e.data["asked"].get("Name") == name), None)
    if by_tag is None or by_name is None:
        return f"{task} was submitted without a look by tag and by name"
    age = truth.sent(event).time - min(by_tag.time, by_name.time)
    if age > LOOK_VALID + _ROUNDING:
        return f"{task} was submitted on a look that was {age:.1f} s old"
    return _in_the_way(truth, event, task)


def _in_the_way(truth: Truth, event: Event, task: str) -> str | None:
    """What any look showed as active, and nothing as ended: pages of one look may differ in age."""
    shown = truth.shown_before(event, "ListCustomTasks")
    reads = [(e.run, e.data) for e in truth.shown_before(event, "GetCustomTask")]
    listed = [(run, record) for look in shown for run, record in look.data["runs"].items()]
    ended = {run for run, record in (*reads, *listed) if record["State"] in FINISHED}
    for run, record in listed:
        is_active = record["State"] in {*STOPPABLE, "Killing"}
        now = truth.service.records.get(run)
        is_there = now is not None and not now.is_touched and run not in ended
        if task_of(record) == task and is_active and is_there:
            return f"{task} was submitted beside {run}, which the look showed as {record['State']}"
    return None


def nobody_leaves_none(truth: Truth, event: Event) -> str | None:
    """3: of duplicates one survives: never is the last one stopped as a duplicate of one that we stopped."""
    if not is_write(event) or event.action != "StopCustomTask" or not _is_duplicate(truth, event):
        return None
    task = task_of(_record(truth, event))
    if any(one.state in STOPPABLE and one.id != event.run for one in truth.runs_of(task)):
        return None
    winners = [e.run for e in _reads(truth, event) if e.run != event.run]
    if winners and _was_ended_by_others(truth, winners[0]):
        return None
    return f"{event.run} was stopped as a duplicate, and no run of {task} is left"


def _is_duplicate(truth: Truth, event: Event) -> bool:
    planned = truth.planned(event.caller)
    steps = steps_of(planned.plan.changes if planned else ())
    cancels = [step for step in steps if isinstance(step, Cancel) and step.run == event.run]
    return any(step.winner is not None for step in cancels) if cancels else is_own(truth, event)


def _was_ended_by_others(truth: Truth, run: str) -> bool:
    """By people or by itself; not because an applier stopped it."""
    events = [e for e in truth.history.by_run[run] if e.kind is Kind.WRITTEN]
    return not any(e.action == "StopCustomTask" and e.caller.machine >= 0 for e in events)


def planning_writes_nothing(truth: Truth, event: Event) -> str | None:
    """5: planning writes nothing, and an apply with nothing to do writes nothing."""
    if event.kind is Kind.SENT and event.action in WRITES and event.caller.machine >= 0:
        planned = truth.planned(event.caller)
        if planned is None:
            return f"{event.action} before there was a plan"
        if planned.plan.is_empty:
            return f"{event.action} although the plan was empty"
    return None


def secrets_stay_secret(truth: Truth, event: Event) -> str | None:
    """7: no secret value, and no unkeyed hash of one, in any tag, outcome, error or note."""
    match event.kind:
        case Kind.TOLD:
            said = str(event.data["outcome"].result)
        case Kind.ENDED:
            said = f"{event.action} {event.data.get('error')}"
        case Kind.WRITTEN:
            said = str([event.data.get("Tags"), event.data.get("Description"), event.data.get("Name")])
        case Kind.NOTED:
            said = event.action
        case _:
            return None
    return f"a secret is in: {said}" if any(secret in said for secret in _SECRETS) else None


def success_is_kept(truth: Truth, event: Event) -> str | None:
    """8: success is never run again by itself; the newest record of a declared task is never deleted."""
    if not is_write(event):
        return None
    if event.action == "CreateCustomTask":
        return _run_again(truth, event)
    if event.action == "DeleteCustomTask":
        return _newest_deleted(truth, event)
    return None


def _run_again(truth: Truth, event: Event) -> str | None:
    task = task_of(truth.sent(event).data)
    main = [e for e in truth.history.by_caller[main_of(event.caller)] if e.number < event.number]
    listings = [e for e in main if e.kind is Kind.SHOWN and e.action == "ListCustomTasks"]
    for look in (*truth.shown_before(event, "ListCustomTasks"), *listings):
        for run, record in look.data["runs"].items():
            is_same = task_of(record) == task and record.get("Args") == event.data.get("Args")
            now = truth.service.records.get(run)
            is_there = now is not None and task_of(now.wire) == task
            if is_same and is_there and record["State"] in SUCCEEDED:
                return f"{task} was submitted again although {run} was shown to have succeeded"
    return None


def _newest_deleted(truth: Truth, event: Event) -> str | None:
    record = _record(truth, event)
    task = task_of(record)
    if truth.declared(event.caller, task) is None:
        return None
    own = (str(record["CreateTime"]), event.run)
    others = (*truth.service.records.values(), *truth.service.gone.values())
    if any(one.age > own and _was_of(one, task) for one in others if one.id != event.run):
        return None
    return f"{event.run} was the newest record of {task}, and was deleted"


def _was_of(one: Stored, task: str) -> bool:
    """A person may have changed its tags after the plan: it was the newer record all the same."""
    return any(version and task_of(version) == task for _, version in one.versions)


def writes_need_a_whole_view(truth: Truth, event: Event) -> str | None:
    """9: no write unless every manifest loaded and the listing was complete."""
    is_sent = event.kind is Kind.SENT and event.action in WRITES and event.caller.machine >= 0
    if is_sent and any(one.is_broken for one in truth.commit(event.caller)):
        return f"{event.action} although a manifest is broken"
    if event.kind is Kind.PLANNED:
        return _overlooked(truth, event)
    return None


def _overlooked(truth: Truth, event: Event) -> str | None:
    seen = {run.id for run in event.data["planned"].runs}
    begun = next(e.time for e in truth.history.by_caller[event.caller] if e.kind is Kind.SENT)
    for one in truth.service.records.values():
        is_there = one.shows.get("scope", one.born) <= begun and one.born <= begun and not one.is_touched
        if is_there and f"jobspec-scope_{PROJECT}" in one.tags and one.id not in seen:
            return f"the plan was made without {one.id}, which was there all the time"
    return None


CHECKERS: Mapping[str, Checker] = {
    "1 foreign tasks": foreign_tasks_are_never_written_to,
    "2 preservation": matching_runs_are_preserved,
    "3 at most one": there_is_one_run_of_a_task,
    "3 never none": nobody_leaves_none,
    "5 no needless write": planning_writes_nothing,
    "6 as planned": an_apply_does_what_its_plan_showed,
    "7 secrets": secrets_stay_secret,
    "8 success": success_is_kept,
    "9 whole view": writes_need_a_whole_view,
    "10 dependencies": a_dependent_starts_after_its_dependencies,
    "11 slots": a_set_has_its_slots,
    "12 failures": a_set_stops_starting_after_its_failures,
}


def watch(truth: Truth) -> Callable[[Event], None]:
    """What shows every event to every checker. Raises `Broken` at the first that says something."""

    def see(event: Event) -> None:
        if event.kind is Kind.CRASHED:
            truth.restarts.append(event)
        for invariant, checker in CHECKERS.items():
            wrong = checker(truth, event)
            if wrong:
                raise Broken(invariant, wrong)

    return see


def _reads(truth: Truth, event: Event) -> list[Event]:
    return truth.shown_before(event, "GetCustomTask")[:2]


def _record(truth: Truth, event: Event) -> Json:
    """The record as it was just before the write."""
    before = event.data.get("before", event.data)
    assert isinstance(before, dict)
    return before


def _is_older_twin(read: Event, record: Json) -> bool:
    other = read.data
    is_same = task_of(other) == task_of(record) and other.get("Args") == record.get("Args")
    is_older = (str(other["CreateTime"]), read.run) < (str(record["CreateTime"]), str(record["Id"]))
    return is_same and is_older and other["State"] in STOPPABLE
