"""What happens by itself: tasks end, are reclaimed or copied by the platform, and people act by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobspec.reconcile import tags
from tests.proof.simulation.history import PERSON, PLATFORM, Kind
from tests.proof.simulation.service import ENDED, STOPPABLE, Service, Stored

Deed = Callable[[Service, Stored], None]
NO_DEED = "nothing"
FALSE_ENTRYPOINT = "python something_else.py"
"""What no manifest declares: a run of it bears the tags of another one."""


def _running(one: Stored) -> bool:
    return one.state == "Running"


def _stoppable(one: Stored) -> bool:
    return one.state in STOPPABLE


def _ended(one: Stored) -> bool:
    return one.state in ENDED


def _any(one: Stored) -> bool:
    return bool(one.tags)


def _ends_as(state: str) -> Deed:
    def end(service: Service, one: Stored) -> None:
        service.write(one.id, {"State": state, "DiagInfo": f"it became {state}"}, "end", PLATFORM)

    return end


def _reclaim(service: Service, one: Stored) -> None:
    _ends_as("Killed")(service, one)


def _reclaim_and_copy(service: Service, one: Stored) -> None:
    _ends_as("Killed")(service, one)
    service.create(_without_identity(one), PLATFORM, is_touched=True)


def _reclaim_and_copy_bare(service: Service, one: Stored) -> None:
    _ends_as("Killed")(service, one)
    service.create({**_without_identity(one), "Tags": []}, PLATFORM, is_touched=True)


def _cancel(service: Service, one: Stored) -> None:
    service.stop(one.id, PERSON)


def _erase(service: Service, one: Stored) -> None:
    service.erase(one.id, PERSON)


def _retag(new: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Deed:
    def retag(service: Service, one: Stored) -> None:
        one.is_touched = True
        service.write(one.id, {"Tags": list(new(one.tags))}, "retag", PERSON)

    return retag


def _of_another_task(old: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("jobspec-task_other" if tag.startswith("jobspec-task_") else tag for tag in old)


def _copy(service: Service, one: Stored) -> None:
    service.create(_without_identity(one), PERSON, is_touched=True)


def _copy_for_something_else(service: Service, one: Stored) -> None:
    service.create({**_without_identity(one), "EntrypointPath": FALSE_ENTRYPOINT}, PERSON, is_touched=True)


def _submit_same_name(service: Service, one: Stored) -> None:
    service.create({**_without_identity(one), "Tags": ["by-hand"]}, PERSON, is_touched=True)


def _without_identity(one: Stored) -> dict[str, object]:
    return {key: value for key, value in one.wire.items() if key not in {"Id", "State", "CreateTime"}}


# To whom it can happen, and what it does.
DEEDS: Mapping[str, tuple[Callable[[Stored], bool], Deed]] = {
    "a run succeeds": (_stoppable, _ends_as("Success")),
    "a run fails": (_running, _ends_as("Failed")),
    "a run succeeds and holds its machines": (_running, _ends_as("SuccessHolding")),
    "a run comes into a state nobody knows": (_running, _ends_as("Migrating")),
    "a run is reclaimed": (_running, _reclaim),
    "a run is reclaimed and copied with its tags": (_running, _reclaim_and_copy),
    "a run is reclaimed and copied without tags": (_running, _reclaim_and_copy_bare),
    "a person cancels a run": (_stoppable, _cancel),
    "a person deletes a record": (_ended, _erase),
    "a person adds a contradicting tag": (_any, _retag(lambda old: (*old, "jobspec-task_other"))),
    "a person takes our tags away": (_any, _retag(tags.user_tags)),
    "a person adds a tag of his own": (_any, _retag(lambda old: (*old, "mine"))),
    "a person gives a run to another task": (_any, _retag(_of_another_task)),
    "a person copies a run": (_any, _copy),
    "a person copies a run's tags to something else": (_any, _copy_for_something_else),
    "a person submits a task of the same name": (_any, _submit_same_name),
}


def perhaps(service: Service) -> None:
    """Let one thing happen, if fate wants one and there is a record it can happen to."""
    deed = service.fate.pick("meanwhile", (NO_DEED, *DEEDS))
    if deed == NO_DEED:
        return
    fits, do = DEEDS[deed]
    targets = [run for run, one in sorted(service.records.items()) if fits(one)]
    if targets:
        run = service.fate.draw("to which", targets)
        by = PERSON if deed.startswith("a person") else PLATFORM
        service.history.note(Kind.DEED, deed, run, by=by)
        do(service, service.records[run])
