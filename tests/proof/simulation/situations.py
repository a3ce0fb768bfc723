"""What can be the matter with one task at the start: what is declared, now and then, and what lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jobspec.manifest.payload.create import resolve
from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare, keep_of
from jobspec.reconcile.tags import Marks
from tests.proof.simulation.history import PERSON, Caller
from tests.proof.simulation.manifests import SECRET_VALUE, Declared, loaded
from tests.proof.simulation.service import Service, Stored

BEFORE = Caller(-1, lane="an apply long ago")
_LONG_AGO = -1000.0
ANCHOR = Declared("anchor")
"""A task that has succeeded, in every commit: where none is declared, a guard refuses every removal."""
OTHER_SCOPE = "speech"


@dataclass(frozen=True, slots=True)
class Existing:
    """A run that lives at the start. `number` orders the runs of a task."""

    declared: Declared
    state: str
    number: int = 1
    stop: str = ""
    scope: str = ""
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """A task as the present commit declares it, as the next one does, and the runs it has."""

    now: tuple[Declared, ...]
    then: tuple[Declared, ...] = ()
    runs: tuple[Existing, ...] = ()


def put(service: Service, existing: Existing) -> None:
    """Have the run on the platform, made a while ago."""
    [task] = loaded((existing.declared,)).tasks
    item = declare(task)
    scope = existing.scope or item.scope
    marks = Marks(
        scope, item.name, item.spec, f"{existing.number:016x}", item.core, keep_of(task), existing.stop
    )
    stamp = f"2099-12-31T00:{existing.number:02}:00+00:00"
    wire = {
        **resolve(task.payload, lambda _: SECRET_VALUE),
        "Id": f"t-2099123100{existing.number:02}00-{_digits(existing):05}",
        "State": existing.state,
        "Tags": list(tags.write(marks, ("team",))) if existing.is_ours else ["by-hand"],
        "CreateTime": stamp,
        "LaunchTime": stamp,
    }
    maker = BEFORE if existing.is_ours and not existing.scope else PERSON
    service.put(Stored(wire, maker, _LONG_AGO, {}, is_touched=maker is PERSON))


def put_anchor(service: Service) -> None:
    """Have the task on the platform that every commit declares."""
    put(service, Existing(ANCHOR, "Success"))


def _digits(existing: Existing) -> int:
    return sum(map(ord, existing.declared.name)) * 31 % 100_000


def _with(declared: Declared, **lifecycle: object) -> Declared:
    return replace(declared, lifecycle=tuple(lifecycle.items()))


def _changed(declared: Declared) -> Declared:
    return replace(declared, variant=declared.variant + 1)


def _new(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (_changed(task),))


def _running(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (_changed(task),), (Existing(task, "Running"),))


def _spec_changed(name: str) -> Situation:
    task = Declared(name, variant=2)
    return Situation((task,), (task,), (Existing(Declared(name), "Running"),))


def _queued_and_changed(name: str) -> Situation:
    task = Declared(name, variant=2)
    return Situation((task,), (_changed(task),), (Existing(Declared(name), "Queue"),))


def _relabelled(name: str) -> Situation:
    task = replace(Declared(name, description="longer"), lifecycle=(("onRemoval", "Retain"),))
    return Situation((task,), (), (Existing(Declared(name), "Running"),))


def _after_completion(name: str) -> Situation:
    task = _with(Declared(name, variant=2), onChange="AfterCompletion")
    return Situation((task,), (task,), (Existing(Declared(name), "Running"),))


def _manual(name: str) -> Situation:
    task = _with(Declared(name, variant=2), onChange="Manual")
    return Situation((task,), (task,), (Existing(Declared(name), "Running"),))


def _succeeded(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (_changed(task),), (Existing(task, "Success"),))


def _succeeded_then_failed(name: str) -> Situation:
    task = _with(Declared(name), restartPolicy="Always")
    return Situation((task,), (task,), (Existing(task, "Success"), Existing(task, "Failed", 2)))


def _failed(name: str) -> Situation:
    task = _with(Declared(name), restartPolicy="OnFailure", backoffLimit=2)
    return Situation((task,), (task,), (Existing(task, "Failed"),))


def _failed_too_often(name: str) -> Situation:
    task = _with(Declared(name), restartPolicy="OnFailure", backoffLimit=1)
    return Situation((task,), (task,), (Existing(task, "Failed"), Existing(task, "Failed", 2)))


def _failed_for_good(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (task,), (Existing(task, "Failed"),))


def _cancelled_by_us(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (task,), (Existing(task, "Cancelled", stop="replace"),))


def _cancelled_outside(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (task,), (Existing(task, "Killed"),))


def _stopping(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (task,), (Existing(task, "Running"), Existing(_changed(task), "Cancelled", 2)))


def _duplicates(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (task,), (Existing(task, "Running"), Existing(task, "Running", 2)))


def _three_of_two_specs(name: str) -> Situation:
    task = Declared(name)
    old = Existing(_changed(task), "Running")
    return Situation(
        (task,), (_changed(task),), (old, Existing(task, "Running", 2), Existing(task, "Queue", 3))
    )


def _removed(name: str) -> Situation:
    return Situation((), (Declared(name),), (Existing(Declared(name), "Running"),))


def _removed_with_records(name: str) -> Situation:
    task = _with(Declared(name), onRemoval="Delete")
    return Situation((), (), (Existing(task, "Failed"), Existing(task, "Running", 2)))


def _retained(name: str) -> Situation:
    task = _with(Declared(name), onRemoval="Retain")
    return Situation((), (task,), (Existing(task, "Running"),))


def _suspended(name: str) -> Situation:
    task = _with(Declared(name), suspend=True)
    return Situation((task,), (Declared(name),), (Existing(Declared(name), "Running"),))


def _renamed(name: str) -> Situation:
    old = Declared(f"{name}-old", variant=7)
    task = replace(_with(old, previousNames=(old.name,)), name=name)
    return Situation((task,), (task,), (Existing(old, "Failed"), Existing(old, "Running", 2)))


def _renamed_and_changed(name: str) -> Situation:
    old = Declared(f"{name}-old", variant=7)
    task = replace(_with(_changed(old), previousNames=(old.name,)), name=name)
    return Situation((task,), (task,), (Existing(old, "Running"),))


def _renamed_without_saying_so(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (_changed(task),), (Existing(Declared(f"{name}-old"), "Running"),))


def _history(name: str) -> Situation:
    task = _with(Declared(name, variant=4), historyLimit=1)
    old = [Existing(replace(task, variant=n), "Failed", n) for n in (1, 2, 3)]
    return Situation((task,), (_changed(task),), (*old, Existing(task, "Success", 4)))


def _history_and_change(name: str) -> Situation:
    task = _with(Declared(name, variant=4), historyLimit=1)
    old = [Existing(replace(task, variant=n), "Success", n) for n in (1, 2)]
    return Situation((task,), (task,), (*old, Existing(replace(task, variant=3), "Running", 3)))


def _twin(name: str) -> Situation:
    task = Declared(name)
    return Situation((task,), (task,), (Existing(task, "Running", is_ours=False),))


def _same_name_elsewhere(name: str) -> Situation:
    task = Declared(name, variant=2)
    elsewhere = Existing(Declared(name), "Running", scope=OTHER_SCOPE)
    return Situation((task,), (_changed(task),), (elsewhere,))


def _unknown_state(name: str) -> Situation:
    task = Declared(name, variant=2)
    return Situation((task,), (task,), (Existing(Declared(name), "Migrating"),))


SITUATIONS: Mapping[str, Callable[[str], Situation]] = {
    "new": _new,
    "running": _running,
    "spec changed": _spec_changed,
    "queued and changed": _queued_and_changed,
    "relabelled": _relabelled,
    "after completion": _after_completion,
    "manual": _manual,
    "succeeded": _succeeded,
    "succeeded, then failed": _succeeded_then_failed,
    "failed": _failed,
    "failed too often": _failed_too_often,
    "failed for good": _failed_for_good,
    "cancelled by us": _cancelled_by_us,
    "cancelled outside": _cancelled_outside,
    "replaced before": _stopping,
    "duplicates": _duplicates,
    "three of two specs": _three_of_two_specs,
    "removed": _removed,
    "removed with its records": _removed_with_records,
    "retained": _retained,
    "suspended": _suspended,
    "renamed": _renamed,
    "renamed and changed": _renamed_and_changed,
    "renamed without saying so": _renamed_without_saying_so,
    "history": _history,
    "history and change": _history_and_change,
    "twin": _twin,
    "same name elsewhere": _same_name_elsewhere,
    "unknown state": _unknown_state,
}
