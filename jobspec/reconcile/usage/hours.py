"""GPU-hours: what stops throw away and what submits may use, with replica-hours for unknown flavors. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile.runs import Phase
from jobspec.reconcile.usage.sizes import number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from jobspec.reconcile.planning.plan import Change, SeenRun
    from jobspec.reconcile.usage.sizes import Size, Sizes


class Hours(Struct, frozen=True):
    """Use in hours: of GPUs, and of replicas whose flavor is unknown. Infinite without a deadline."""

    gpu: float = 0.0
    replica: float = 0.0
    unknown: frozenset[str] = frozenset()
    """The unknown flavors, and the claims that may mean more GPUs."""
    is_per_attempt: bool = False
    """Whether the platform may retry a run any number of times, of which only one is counted."""

    def __add__(self, other: Hours) -> Hours:
        return Hours(
            self.gpu + other.gpu,
            self.replica + other.replica,
            self.unknown | other.unknown,
            self.is_per_attempt or other.is_per_attempt,
        )


NOTHING = Hours()


class QueueHours(Struct, frozen=True):
    """What the stops of a plan throw away in a queue, and what its submits may use at most."""

    lost: Hours = NOTHING
    submitted: Hours = NOTHING


def by_queue(changes: Iterable[Change], sizes: Sizes, now: datetime) -> dict[str, QueueHours]:
    """Return the hours of each queue, or resource group, that the changes affect."""
    lost: defaultdict[str, Hours] = defaultdict(Hours)
    submitted: defaultdict[str, Hours] = defaultdict(Hours)
    for change in changes:
        for run in change.stops:
            lost[run.queue] += of_stop(run, sizes, now)
        for step in change.submits:
            submitted[queue_of(step.payload)] += of_submit(step.payload, sizes)
    return {
        queue: QueueHours(lost[queue], submitted[queue]) for queue in sorted(lost.keys() | submitted.keys())
    }


def submitted(changes: Iterable[Change], sizes: Sizes) -> Hours:
    """Return what the submits of the changes may use at most, also those that wait."""
    return sum((of_submit(step.payload, sizes) for one in changes for step in one.adds), NOTHING)


def of_stop(run: SeenRun, sizes: Sizes, now: datetime) -> Hours:
    """Return what stopping a run throws away, counted from its launch."""
    if run.launched is None or run.phase is not Phase.RUNNING:
        return NOTHING
    hours = max(0.0, (now - run.launched).total_seconds()) / 3600
    sized = ((role.replicas, role.flavor, sizes.of_live(role)) for role in run.roles)
    return _hours(sized, hours)


def of_submit(payload: Mapping[str, object], sizes: Sizes) -> Hours:
    """Return what a new run may use, with the platform's retries: each is a run with its own deadline."""
    sized = (
        (int(number(role.get("RoleReplicas")) or 0), _flavor(role), sizes.of_role(role))
        for role in roles_of(payload)
    )
    attempts = attempts_of(payload)
    found = _hours(sized, (attempts or 1) * _attempt_hours(payload))
    return replace(found, is_per_attempt=attempts is None)


def attempts_of(payload: Mapping[str, object]) -> int | None:
    """Return how often the platform may start a run; None if it retries and the payload gives no number."""
    options = payload.get("RetryOptions")
    if not isinstance(options, Mapping) or options.get("EnableRetry") is not True:
        return 1
    if not options.get("PolicySets"):
        return 1
    most = number(options.get("MaxRetryTimes"))
    return None if most is None else 1 + int(most)


def _attempt_hours(payload: Mapping[str, object]) -> float:
    """Return how long one attempt may hold its GPUs, in hours: `delayExit` comes after the deadline."""
    return deadline_hours(payload) + (number(payload.get("DelayExitTimeSeconds")) or 0.0) / 3600


def deadline_hours(payload: Mapping[str, object]) -> float:
    """Return how long a run may take, in hours; infinite if its deadline is switched off."""
    seconds = number(payload.get("ActiveDeadlineSeconds"))
    return inf if seconds == 0 else (seconds or 0.0) / 3600


def roles_of(payload: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the roles of a create payload."""
    roles = payload.get("TaskRoleSpecs")
    return [role for role in roles if isinstance(role, Mapping)] if isinstance(roles, list) else []


def queue_of(payload: Mapping[str, object]) -> str:
    """Return the queue of a payload, or its group."""
    return str(payload.get("ResourceQueueId") or payload.get("ResourceGroupId") or "")


def _flavor(role: Mapping[str, object]) -> str:
    return str(role.get("ResourceSpecId") or "")


def _hours(sized: Iterable[tuple[int, str, Size]], hours: float) -> Hours:
    gpu = replica = 0.0
    unknown = set()
    for replicas, flavor, size in sized:
        if size.gpus is None:
            replica += _times(replicas, hours)
        else:
            gpu += _times(replicas * size.gpus, hours)
        if size.gpus is None or size.beyond:
            unknown.add(size.beyond or flavor)
    return Hours(gpu, replica, frozenset(unknown))


def _times(amount: float, hours: float) -> float:
    return amount * hours if amount else 0.0  # 0 * inf is nan
