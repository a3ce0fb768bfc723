"""What can be the matter with one task at the start: what is declared, now and then, and what lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from msgspec.structs import replace as msgspec_replace

from jobspec.manifest.payload.create import resolve
from jobspec.reconcile import tags
from jobspec.reconcile.declared import declare, keep_of, set_of
from jobspec.reconcile.tags import Marks
from tests.proof.simulation.history import PERSON, Caller
from tests.proof.simulation.manifests import SECRET_VALUE, Declared, Group, loaded
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
    marks = msgspec_replace(marks, set=set_of(task))
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


def _members(name: str, count: int, **limits: int) -> tuple[Declared, ...]:
    """The members of a set; no two of them run the same."""
    group = Group(f"{name}-set", **limits)
    return tuple(Declared(f"{name}-{n}", variant=10 * n, group=group) for n in range(1, count + 1))


def _after(declared: Declared, *names: str) -> Declared:
    return _with(declared, dependsOn=names)


def _one_slot(name: str) -> Situation:
    members = _members(name, 3, max_active=1)
    return Situation(members, (_changed(members[0]), *members[1:]))


def _half_full(name: str) -> Situation:
    members = _members(name, 4, max_active=2)
    return Situation(members, members[::-1], (Existing(members[2], "Running"),))


def _full_and_changed(name: str) -> Situation:
    first, second, third = _members(name, 3, max_active=2)
    runs = (Existing(first, "Running"), Existing(second, "Running"))
    return Situation((_changed(first), second, third), (first, second, third), runs)


def _former_member(name: str) -> Situation:
    gone, *members = _members(name, 3, max_active=1)
    return Situation(
        tuple(members), (gone, *members), (Existing(_with(gone, onRemoval="Retain"), "Running"),)
    )


def _slots_and_order(name: str) -> Situation:
    first, second, third = _members(name, 3, max_active=1)
    declared = (_after(first, second.name), second, third)
    return Situation(declared, declared)


def _chain(name: str) -> Situation:
    first, second, third = (Declared(f"{name}-{n}", variant=10 * n) for n in (1, 2, 3))
    declared = (first, _after(second, first.name), _after(third, second.name))
    return Situation(declared, (_changed(first), *declared[1:]))


def _dependency_succeeded(name: str) -> Situation:
    first, second = Declared(f"{name}-1", variant=10), Declared(f"{name}-2", variant=20)
    declared = (first, _after(second, first.name))
    return Situation(declared, (_changed(first), declared[1]), (Existing(first, "Success"),))


def _dependency_changed(name: str) -> Situation:
    first, second = Declared(f"{name}-1", variant=10), Declared(f"{name}-2", variant=20)
    declared = (_changed(first), _after(second, first.name))
    return Situation(declared, (first, declared[1]), (Existing(first, "Success"),))


def _held_replacement(name: str) -> Situation:
    first, second = Declared(f"{name}-1", variant=10), Declared(f"{name}-2", variant=20)
    declared = (first, _after(_changed(second), first.name))
    return Situation(declared, declared, (Existing(first, "Running"), Existing(second, "Running")))


def _dependency_failed(name: str) -> Situation:
    first, second = Declared(f"{name}-1", variant=10), Declared(f"{name}-2", variant=20)
    declared = (first, _after(second, first.name))
    return Situation(declared, (_changed(first), declared[1]), (Existing(first, "Failed"),))


def _too_many_failed(name: str) -> Situation:
    first, second, third = _members(name, 3, max_failed=1)
    return Situation((first, second, third), (_changed(first), second, third), (Existing(first, "Failed"),))


IN_ORDER: Mapping[str, Callable[[str], Situation]] = {
    "one slot": _one_slot,
    "half full": _half_full,
    "full and changed": _full_and_changed,
    "former member": _former_member,
    "slots and order": _slots_and_order,
    "chain": _chain,
    "dependency succeeded": _dependency_succeeded,
    "dependency changed": _dependency_changed,
    "held replacement": _held_replacement,
    "dependency failed": _dependency_failed,
    "too many failed": _too_many_failed,
}
"""Several tasks each, with an order between them; apart from the others, whose seeds they would change."""
ALL_SITUATIONS = {**SITUATIONS, **IN_ORDER}
