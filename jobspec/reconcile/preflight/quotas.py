"""Findings about quotas: do the new runs fit into a queue at all, and into what is free now? Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from jobspec.cluster import Queue, Quota
from jobspec.quoting import quote
from jobspec.reconcile.preflight.finding import QUOTA_TOO_SMALL, FactFinding, FactStatus
from jobspec.reconcile.runs import Phase
from jobspec.reconcile.usage.hours import queue_of, roles_of
from jobspec.reconcile.usage.sizes import Size, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobspec.reconcile.planning.plan import Change
    from jobspec.reconcile.preflight.facts import Facts
    from jobspec.reconcile.usage.sizes import Sizes

Kind: TypeAlias = tuple[str, str]
"""`gpu` and the type, `vcpu` or `memory`, in the order in which a shortage is reported."""
_ANY_GPU = ""
_MARGIN = 1e-6
"""Quotas are sums of fractions: less than this is no shortage."""


class Demand(Struct, frozen=True):
    """What a task's new run holds, by kind; `unknown` are the flavors of unknown size."""

    task: str
    amounts: Mapping[Kind, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def of_quotas(changes: Sequence[Change], facts: Facts, sizes: Sizes) -> Iterator[FactFinding]:
    """Yield, for each queue that is known, the tasks that do not fit into it, and whether they will queue."""
    demands: defaultdict[str, list[Demand]] = defaultdict(list)
    for change in changes:
        for step in change.submits:
            if step.payload.get("ResourceQueueId"):
                demands[queue_of(step.payload)].append(_demand(change.task, step.payload, sizes))
    for queue_id in sorted(demands):
        queue = facts.queue(queue_id)
        if isinstance(queue, Queue):
            yield from _of_queue(queue_id, queue, demands[queue_id], _freed(changes, queue_id, sizes))


def _of_queue(
    queue_id: str, queue: Queue, demands: Sequence[Demand], freed: Mapping[Kind, float]
) -> Iterator[FactFinding]:
    subject, tasks = f"quota of queue {queue_id}", tuple(dict.fromkeys(one.task for one in demands))
    unknown = sorted({flavor for one in demands for flavor in one.unknown})
    if queue.whole is None or _is_empty(queue.whole):
        yield FactFinding(FactStatus.NOT_CHECKED, subject, "the platform does not return the quota", tasks)
        return
    if unknown:
        named = ", ".join(unknown[:3]) + (", …" if len(unknown) > 3 else "")
        of_unknown = tuple(dict.fromkeys(one.task for one in demands if one.unknown))
        yield FactFinding(FactStatus.NOT_CHECKED, subject, f"the size of {named} is unknown", of_unknown)
    unlisted = sorted({kind[1] for one in demands for kind in one.amounts if _is_unlisted(queue.whole, kind)})
    if unlisted:
        message = f"the quota lists no {', '.join(map(quote, unlisted[:3]))}"
        yield FactFinding(FactStatus.NOT_CHECKED, subject, message, tasks)
    too_large = [(one, kind) for one in demands if (kind := _exceeded(one.amounts, queue.whole))]
    for demand, kind in too_large:
        yield _never_fits(subject, demand, kind, queue.whole)
    others = [one for one in demands if one not in [demand for demand, _ in too_large]]
    if others and not unlisted:
        fact = _now(subject, others, queue, freed)
        if not unknown or fact.status is FactStatus.NOTE:  # the tasks of unknown size need something, too
            yield fact


def _never_fits(subject: str, demand: Demand, kind: Kind, whole: Quota) -> FactFinding:
    message = (
        f"the task needs {_amount(demand.amounts[kind], kind)}, and the whole quota is "
        f"{_amount(_of(whole, kind) or 0.0, kind)}; it can only run on shared or idle resources"
    )
    return FactFinding(FactStatus.WARNING, subject, message, (demand.task,), QUOTA_TOO_SMALL)


def _now(subject: str, demands: Sequence[Demand], queue: Queue, freed: Mapping[Kind, float]) -> FactFinding:
    """Return whether the new runs fit into what is free; what the plan stops counts as free."""
    tasks = tuple(dict.fromkeys(one.task for one in demands))
    total: defaultdict[Kind, float] = defaultdict(float)
    for demand in demands:
        for kind, amount in demand.amounts.items():
            total[kind] += amount
    compared = False
    for kind in sorted(total):
        whole, taken = _limit(queue.whole, kind), _of(queue.taken, kind)
        if whole is None or taken is None:
            continue
        compared, free = True, max(0.0, whole - taken)
        room = whole - taken + freed.get(kind, 0.0)  # more may be taken than there is
        if total[kind] > min(whole, room) + _MARGIN:
            message = (
                f"will queue: {_number(free)} of {_amount(whole, kind)} free, {_number(total[kind])} needed"
            )
            return FactFinding(FactStatus.NOTE, subject, message, tasks)
    if not compared:
        return FactFinding(
            FactStatus.NOT_CHECKED, subject, "the platform does not return what is free", tasks
        )
    return FactFinding(FactStatus.VERIFIED, subject, "the new runs fit into what is free now", tasks)


def _exceeded(amounts: Mapping[Kind, float], whole: Quota) -> Kind | None:
    for kind in sorted(amounts):
        limit = _limit(whole, kind)
        if limit is not None and amounts[kind] > limit + _MARGIN:
            return kind
    return None


def _demand(task: str, payload: Mapping[str, object], sizes: Sizes) -> Demand:
    amounts: defaultdict[Kind, float] = defaultdict(float)
    unknown = []
    for role in roles_of(payload):
        size, replicas = sizes.of_role(role), number(role.get("RoleReplicas")) or 0.0
        if size.beyond or (size.gpus is None and size.vcpu is None):
            unknown.append(size.beyond or str(role.get("ResourceSpecId") or ""))
        for kind, amount in _kinds(size):
            amounts[kind] += amount * replicas
    return Demand(task, dict(amounts), tuple(unknown))


def _freed(changes: Iterable[Change], queue_id: str, sizes: Sizes) -> dict[Kind, float]:
    """Return what the stops of the plan give back to a queue; only a running task certainly holds it."""
    freed: defaultdict[Kind, float] = defaultdict(float)
    for change in changes:
        for run in change.stops:
            if run.queue == queue_id and run.phase is Phase.RUNNING:
                for role in run.roles:
                    for kind, amount in _kinds(sizes.of_live(role)):
                        freed[kind] += amount * role.replicas
    return dict(freed)


def _kinds(size: Size) -> Iterator[tuple[Kind, float]]:
    if size.gpus:
        yield ("gpu", size.gpu_type), size.gpus
    if size.vcpu:
        yield ("vcpu", ""), size.vcpu
    if size.memory:
        yield ("memory", ""), size.memory


def _limit(whole: Quota | None, kind: Kind) -> float | None:
    """Return the limit of a kind; a queue without any vCPU or memory could run nothing, so 0 is no limit."""
    limit = None if _is_unlisted(whole, kind) else _of(whole, kind)
    return limit if limit or kind[0] == "gpu" else None


def _is_unlisted(whole: Quota | None, kind: Kind) -> bool:
    """Return whether a quota lists GPUs but not this type, which it may list under another name."""
    listed = {name.casefold() for name in (whole.gpus or {})} if whole else set()
    return kind[0] == "gpu" and bool(listed) and bool(kind[1]) and kind[1].casefold() not in listed


def _is_empty(quota: Quota) -> bool:
    return not quota.vcpu and not quota.memory and not any((quota.gpus or {}).values())


def _of(quota: Quota | None, kind: Kind) -> float | None:
    """Return the amount of a kind in a quota; None if the quota does not list it."""
    if quota is None:
        return None
    name, gpu_type = kind
    if name != "gpu":
        return quota.vcpu if name == "vcpu" else quota.memory
    if quota.gpus is None:
        return None
    wanted = gpu_type.casefold()
    named = (amount for key, amount in quota.gpus.items() if wanted in {_ANY_GPU, key.casefold()})
    return sum(named)


def _amount(value: float, kind: Kind) -> str:
    name, gpu_type = kind
    unit = {"gpu": gpu_type or "GPUs", "vcpu": "vCPU", "memory": "GiB of memory"}[name]
    return f"{_number(value)} {unit}"


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
