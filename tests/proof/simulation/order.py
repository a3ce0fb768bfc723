"""The invariants of the order between tasks: dependencies, the slots of a set, and its failures."""

from __future__ import annotations

from collections.abc import Iterator

from jobspec.reconcile.planning.plan import Submit
from tests.proof.simulation.deeds import FALSE_ENTRYPOINT
from tests.proof.simulation.history import Event, Kind
from tests.proof.simulation.manifests import Declared
from tests.proof.simulation.service import FINISHED, SUCCEEDED, Json, tags_in
from tests.proof.simulation.truth import Truth, is_write, main_of, task_of

LOOK_VALID = 10.0
_ROUNDING = 0.001
_FAILED = frozenset({"Failed", "FailedHolding", "Exception"})


def a_dependent_starts_after_its_dependencies(truth: Truth, event: Event) -> str | None:
    """10: no task is submitted, or stopped for a replacement, before what it depends on has succeeded.

    A success may have been under another name, which the same plan changes: no two tasks run the same.
    """
    declared = _started(truth, event)
    if declared is None:
        return None
    for name in declared.depends_on:
        needed = truth.declared(event.caller, name)
        if needed is None or not any(
            task_of(one) and one.get("Args") == needed.args and one["State"] in SUCCEEDED
            for one in _shown(truth, event)
        ):
            return f"{event.action} for {declared.name}, although no success of {name} was shown"
    return None


def a_set_has_its_slots(truth: Truth, event: Event) -> str | None:
    """11: of a set never more runs are active because of one applier than its limit, and one look more."""
    if not is_write(event) or event.action != "CreateCustomTask":
        return None
    declared = truth.declared(event.caller, task_of(truth.sent(event).data))
    if declared is None or declared.group is None or declared.group.max_active is None:
        return None
    tag, limit = f"jobspec-set_{declared.group.name}", declared.group.max_active
    if tag not in tags_in(truth.sent(event).data):
        return f"a run of {declared.name} without the tag of its set"
    members = {one.name for one in truth.commit(event.caller) if one.group == declared.group}
    active = [
        one.id
        for one in truth.service.records.values()
        if one.is_active and not one.is_touched and (task_of(one.wire) in members or tag in one.tags)
    ]
    restarts = len(truth.restarts) if truth.appliers > 1 else 0
    if len(active) > limit * (truth.appliers + restarts):
        return f"{len(active)} runs of {declared.group.name} are active, and the limit is {limit}: {active}"
    return _unlooked(truth, event, tag, limit)


def _unlooked(truth: Truth, event: Event, tag: str, limit: int) -> str | None:
    """Just before the create, the active runs of the set were looked at, and were fewer than its limit."""
    looks = [
        one for one in truth.shown_before(event, "ListCustomTasks") if one.data["asked"].get("Tags") == [tag]
    ]
    if not looks:
        return f"{event.run} was submitted without a look at its set"
    age = truth.sent(event).time - looks[0].time
    if age > LOOK_VALID + _ROUNDING:
        return f"{event.run} was submitted on a look at its set that was {age:.1f} s old"
    own = task_of(truth.sent(event).data)
    others = [
        run
        for run, record in looks[0].data["runs"].items()
        if record["State"] not in FINISHED and tag in tags_in(record) and task_of(record) not in {own, ""}
    ]
    return (
        f"{event.run} was submitted beside {others}, and the limit is {limit}"
        if len(others) >= limit
        else None
    )


def a_set_stops_starting_after_its_failures(truth: Truth, event: Event) -> str | None:
    """12: after as many final failures as a set may have, none of its members is submitted."""
    declared = _started(truth, event)
    if declared is None or declared.group is None or declared.group.max_failed is None:
        return None
    members = {one.name: one.args for one in truth.commit(event.caller) if one.group == declared.group}
    listed = list(_listed(truth, event))
    doubtful = {name for one in listed for name in members if _is_doubtful(one, name)}
    failed = {
        task_of(one)
        for one in listed
        if one["State"] in _FAILED and members.get(task_of(one)) == one.get("Args")
    } - doubtful
    if len(failed) >= declared.group.max_failed:
        return f"{event.action} for {declared.name}, although {sorted(failed)} had failed"
    return None


def _is_doubtful(record: Json, name: str) -> bool:
    """Whether a record leaves open how a task stands, or shows that it has not failed after all."""
    if f"jobspec-task_{name}" not in tags_in(record):
        return False
    is_false = record.get("EntrypointPath") == FALSE_ENTRYPOINT
    return is_false or not task_of(record) or record["State"] not in _FAILED


def _started(truth: Truth, event: Event) -> Declared | None:
    """The task that is submitted, or whose run is stopped so that another can be."""
    if not is_write(event):
        return None
    if event.action == "CreateCustomTask":
        return truth.declared(event.caller, task_of(truth.sent(event).data))
    if event.action != "StopCustomTask":
        return None
    planned = truth.planned(event.caller)
    own = [change for change in planned.plan.changes if change.task == event.caller.lane] if planned else []
    is_replaced = any(isinstance(step, Submit) for change in own for step in change.steps)
    return truth.declared(event.caller, event.caller.lane) if is_replaced else None


def _listed(truth: Truth, event: Event) -> Iterator[Json]:
    """Every record that the apply was shown in lists before it planned."""
    for one in truth.history.by_caller[main_of(event.caller)]:
        if one.number < event.number and one.kind is Kind.SHOWN and one.action == "ListCustomTasks":
            yield from one.data["runs"].values()


def _shown(truth: Truth, event: Event) -> Iterator[Json]:
    yield from _listed(truth, event)
    yield from (
        record for one in truth.shown_before(event, "ListCustomTasks") for record in one.data["runs"].values()
    )
