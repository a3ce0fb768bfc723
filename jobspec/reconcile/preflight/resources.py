"""Findings about queues, flavors and directories: does each exist, and may it be used? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.cluster import Flavor, Mount, Queue
from jobspec.quoting import quote
from jobspec.reconcile.preflight.facts import NOT_READ, Facts, KnownFlavor, Missing, Unchecked
from jobspec.reconcile.preflight.finding import (
    DIRECTORY_REFUSED,
    FLAVOR_UNUSABLE,
    QUEUE_UNUSABLE,
    FactFinding,
    FactStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.reconcile.preflight.needs import FlavorNeed, MountNeed, Tasks

_RUNNING = "running"
_MOST_ZONES = 5


def of_queue(queue_id: str, tasks: Tasks, facts: Facts) -> FactFinding:
    """Return whether a queue exists, runs, and may be used."""
    known, subject = facts.queue(queue_id), f"queue {queue_id}"
    match known:
        case Unchecked():
            return FactFinding(FactStatus.NOT_CHECKED, subject, known.why, tasks)
        case Missing():
            return FactFinding(FactStatus.REFUSED, subject, "the queue does not exist", tasks, QUEUE_UNUSABLE)
        case Queue():
            wrong = _why_unusable(known)
            if wrong:
                return FactFinding(FactStatus.REFUSED, subject, wrong, tasks, QUEUE_UNUSABLE)
            return FactFinding(FactStatus.VERIFIED, subject, _what_is_known(known), tasks)


def _why_unusable(queue: Queue) -> str:
    if queue.state and queue.state.casefold() != _RUNNING:
        return f"the queue is in state {quote(queue.state)}, and only a running queue takes tasks"
    return "this key has no right to use the queue" if queue.role == "" else ""


def _what_is_known(queue: Queue) -> str:
    unknown = [] if queue.state else ["its state"]
    unknown += [] if queue.role else ["whether this key may use it"]
    if not unknown:
        return "the queue is running and may be used"
    return f"the queue exists; unknown: {' and '.join(unknown)}"


def of_flavor(need: FlavorNeed, tasks: Tasks, facts: Facts) -> FactFinding:
    """Return whether a flavor exists in the zone where it is needed, and is not deprecated."""
    subject = f"flavor {need.flavor}" + (f" in queue {need.queue}" if need.queue else "")
    status, message = _flavor_status(need, facts)
    code = FLAVOR_UNUSABLE if status is FactStatus.REFUSED else ""
    return FactFinding(status, subject, message, tasks, code)


def _flavor_status(need: FlavorNeed, facts: Facts) -> tuple[FactStatus, str]:
    one = facts.flavors.get(need.flavor)
    if isinstance(facts.listed, Unchecked):
        return _single(one) if one is not None else (FactStatus.NOT_CHECKED, facts.listed.why)
    found = [flavor for flavor in facts.listed if flavor.id == need.flavor]
    zone = need.zone or _zone_of(facts, need.queue)
    here = [flavor for flavor in found if zone in {"", flavor.zone} or not flavor.zone]
    if here:
        return _usable(here)
    if found and not any(flavor.zone == zone for flavor in facts.listed):
        return FactStatus.NOT_CHECKED, f"the platform lists no flavors of zone {zone}"
    if found:
        zones = ", ".join(sorted({flavor.zone for flavor in found})[:_MOST_ZONES])
        return FactStatus.REFUSED, f"the flavor does not exist in zone {zone}, only in {zones}"
    return _single(one) if one is not None else (FactStatus.NOT_CHECKED, "the platform lists no flavors")


def _zone_of(facts: Facts, queue_id: str) -> str:
    queue = facts.queue(queue_id)
    return queue.zone if isinstance(queue, Queue) else ""


def _single(one: KnownFlavor) -> tuple[FactStatus, str]:
    match one:
        case Unchecked():
            return FactStatus.NOT_CHECKED, one.why
        case Missing():
            return FactStatus.REFUSED, "the flavor does not exist"
        case Flavor():
            return _usable([one])


def _usable(found: Iterable[Flavor]) -> tuple[FactStatus, str]:
    if all(flavor.is_deprecated for flavor in found):
        return FactStatus.REFUSED, "the flavor is deprecated"
    return FactStatus.VERIFIED, "the flavor exists"


def of_mount(need: MountNeed, tasks: Tasks, facts: Facts) -> FactFinding:
    """Return whether a vePFS directory is permitted with the access that is needed."""
    where = f" in queue {need.queue}" if need.queue else ""
    subject = f"directory {need.path or '/'} of vePFS {need.vepfs}{where}"
    status, message = _mount_status(need, facts)
    code = DIRECTORY_REFUSED if status is FactStatus.REFUSED else ""
    return FactFinding(status, subject, message, tasks, code)


def _mount_status(need: MountNeed, facts: Facts) -> tuple[FactStatus, str]:
    if need.unlisted:
        return FactStatus.NOT_CHECKED, f"mounts are listed by `vepfsId`; the storage has {need.unlisted}"
    known = facts.mounts.get(need.queue, NOT_READ)
    if isinstance(known, Unchecked):
        return FactStatus.NOT_CHECKED, known.why
    if not known:
        return FactStatus.NOT_CHECKED, "the platform lists no file systems"
    own = [mount for mount in known if mount.vepfs_id == need.vepfs]
    if not own:
        return FactStatus.REFUSED, "the file system cannot be mounted here"
    if not any(mount.read_write or mount.read_only for mount in own):
        return FactStatus.NOT_CHECKED, "the platform lists no directories of the file system"
    return _access_status(need, own)


def _access_status(need: MountNeed, own: Iterable[Mount]) -> tuple[FactStatus, str]:
    written, read = _permitted(own, need.path)
    access = "read" if need.is_read_only else "read and write"
    if written or (read and need.is_read_only):
        return FactStatus.VERIFIED, f"permitted to {access}"
    if read:
        return FactStatus.REFUSED, "the directory may only be read; mount it with `readOnly: true`"
    return FactStatus.REFUSED, f"the directory is not one that may be mounted to {access}"


def _permitted(mounts: Iterable[Mount], path: str) -> tuple[bool, bool]:
    """Return whether a path may be written, and whether it may at least be read."""
    written = read = False
    for mount in mounts:
        written |= any(is_below(path, directory) for directory in mount.read_write or ())
        read |= any(is_below(path, directory) for directory in mount.read_only or ())
    return written, read


def is_below(path: str, directory: str) -> bool:
    """Return whether a path is a directory or below it; both count from the root of the file system."""
    wanted, outer = _steps(path), _steps(directory)
    return wanted[: len(outer)] == outer


def _steps(path: str) -> list[str]:
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in {"", "."}:
            steps.append(step)
    return steps
