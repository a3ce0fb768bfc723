"""The guards: whether a plan may be applied. Checked before the first write; `now` is an argument."""

from __future__ import annotations

import sys
from math import inf
from typing import TYPE_CHECKING

from jobspec.manifest.payload.fields import CLAIM
from jobspec.manifest.task import environment_option
from jobspec.manifest.values import Limits
from jobspec.quoting import quote
from jobspec.reconcile.guards.violation import Violation
from jobspec.reconcile.planning.plan import (
    Action,
    BlockReason,
    Change,
    Plan,
    Reason,
    SeenRun,
)
from jobspec.reconcile.runs import Phase
from jobspec.reconcile.usage.hours import deadline_hours, submitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from jobspec.reconcile.usage.sizes import Sizes

# A percentage only limits at least this many managed tasks; with fewer, a single removal could exceed it.
PERCENT_FROM = 10
_MOST_NAMED = 5
_UNPROTECT = "set `lifecycle.protect: false` with no other change to the task, and apply it; then"


DEFAULT = Limits()
UNLIMITED = Limits(
    max_removals="100%",
    max_replacements="100%",
    max_lost_replica_hours=inf,
    max_reruns=sys.maxsize,
)


_COUNTED = ("TaskRoleSpecs", "ActiveDeadlineSeconds", "DelayExitTimeSeconds", "RetryOptions")


def violations(
    plan: Plan, limits: Limits, now: datetime, *, declared: int, sizes: Sizes | None = None
) -> tuple[Violation, ...]:
    """Return every guard that refuses the plan; `declared` is the number of declared tasks.

    Without `sizes`, the GPUs of nothing are known, and GPU-hours are not limited.
    """
    removals = [change for change in plan.pending if is_removal(change)]
    return tuple(
        violation
        for violation in (
            *_protected(plan),
            _empty(removals, plan, declared),
            _too_many_removals(removals, plan, limits),
            _too_many_replacements(plan, limits),
            *of_stops(plan, limits, now),
            *of_submits(plan, limits, sizes),
        )
        if violation
    )


def of_stops(plan: Plan, limits: Limits, now: datetime) -> tuple[Violation, ...]:
    """Return the guard that refuses the loss of running work, whatever stops it."""
    found = _too_much_lost(plan, limits, now)
    return (found,) if found else ()


def of_submits(plan: Plan, limits: Limits, sizes: Sizes | None = None) -> tuple[Violation, ...]:
    """Return every guard that refuses the plan's submits."""
    found = (
        _too_many_submits(plan, limits),
        _too_many_reruns(plan, limits),
        _too_much_submitted(plan, limits),
        None if sizes is None else _too_many_gpu_hours(plan, limits, sizes),
    )
    return tuple(violation for violation in found if violation)


def is_removal(change: Change) -> bool:
    """Return whether the change stops or deletes a run without a replacement.

    What `onMaxFailed: Cancel` stops is no removal: the manifest requests it, and the tasks stay declared.
    """
    stops = change.action in {Action.CANCEL, Action.DELETE}
    return stops and change.reason not in {Reason.DUPLICATE, Reason.HISTORY, Reason.MAX_FAILED}


def lost_replica_hours(runs: Iterable[SeenRun], now: datetime) -> float:
    """Return the replica hours lost by stopping the runs, counted from their launch."""
    return sum(
        run.replicas * max(0.0, (now - run.launched).total_seconds()) / 3600
        for run in runs
        if run.launched is not None and run.phase is Phase.RUNNING
    )


def _advice(plan: Plan) -> str:
    look = f"jobspec plan{environment_option(plan.scope)}"
    return f"review the plan: {look}; if it is intended, add --force limits"


def _number(value: float) -> str:
    """Return a number without an exponent, however large."""
    return f"{value:,.1f}".removesuffix(".0")


def _protected(plan: Plan) -> list[Violation]:
    return [
        Violation(
            "JS404",
            "",
            f"{quote(change.task)} is protected, and the plan would {change.action} it",
            _unprotect(change),
        )
        for change in plan.pending
        if change.blocked is BlockReason.PROTECTED
    ]


def _unprotect(change: Change) -> str:
    match change.reason:
        case Reason.REMOVED:
            again = "run the command again, or remove the manifest"
            return f"restore the manifest if it is gone; {_UNPROTECT} {again}"
        case Reason.REQUESTED:
            return f"{_UNPROTECT} run the command again"
        case _:
            return f"{_UNPROTECT} make the other changes"


def _empty(removals: list[Change], plan: Plan, declared: int) -> Violation | None:
    if declared or not removals:
        return None
    return Violation(
        "JS405",
        "",
        f"no manifest declares a task, so {len(removals)} of {plan.managed} managed tasks would be removed",
        "check the folder and `spec.manifests`; "
        f"to remove all tasks on purpose, run: jobspec destroy{environment_option(plan.scope)}",
    )


def _too_many_removals(removals: list[Change], plan: Plan, limits: Limits) -> Violation | None:
    allowed = _allowed(limits.max_removals, plan.managed)
    if len(removals) <= allowed:
        return None
    return Violation(
        "JS401",
        "limits",
        f"{len(removals)} of {plan.managed} tasks would be removed; the limit is {allowed}",
        _advice(plan),
    )


def _allowed(limit: int | str, managed: int) -> int:
    if isinstance(limit, int):
        return limit
    percent = int(limit.removesuffix("%"))
    is_all = managed < PERCENT_FROM and percent > 0
    return managed if is_all else percent * managed // 100


def _too_many_replacements(plan: Plan, limits: Limits) -> Violation | None:
    count, allowed = plan.count(Action.REPLACE), _allowed(limits.max_replacements, plan.managed)
    if count <= allowed:
        return None
    return Violation(
        "JS402",
        "limits",
        f"{count} active runs would be replaced; the limit is {allowed}",
        _advice(plan),
    )


def _too_much_lost(plan: Plan, limits: Limits, now: datetime) -> Violation | None:
    lost = lost_replica_hours((run for change in plan.pending for run in change.stops), now)
    if lost <= limits.max_lost_replica_hours:
        return None
    return Violation(
        "JS403",
        "limits",
        f"{lost:.1f} replica-hours of running work would be discarded; "
        f"the limit is {_number(limits.max_lost_replica_hours)}",
        "let the runs finish first; if it is intended, add --force limits",
    )


def _too_many_submits(plan: Plan, limits: Limits) -> Violation | None:
    count = sum(len(change.adds) for change in plan.changes)
    if limits.max_submits is None or count <= limits.max_submits:
        return None
    return Violation(
        "JS420",
        "limits",
        f"{count} runs would be submitted; the limit is {_number(limits.max_submits)}",
        _advice(plan),
    )


def _too_many_reruns(plan: Plan, limits: Limits) -> Violation | None:
    count = sum(is_rerun(change) for change in plan.changes)
    if count <= limits.max_reruns:
        return None
    return Violation(
        "JS421",
        "limits",
        f"{count} tasks that succeeded with an earlier spec would run again; "
        f"the limit is {_number(limits.max_reruns)}",
        _advice(plan),
    )


def is_rerun(change: Change) -> bool:
    """Return whether the change submits a task again that has already succeeded with another spec."""
    return change.earlier_success != "" and bool(change.adds)


def _too_much_submitted(plan: Plan, limits: Limits) -> Violation | None:
    hours = sum(replica_hours(step.payload) for change in plan.changes for step in change.adds)
    if limits.max_submit_replica_hours is None or hours <= limits.max_submit_replica_hours:
        return None
    return Violation(
        "JS422",
        "limits",
        f"new runs may use {_up_to(hours)} replica-hours until their deadlines; "
        f"the limit is {_number(limits.max_submit_replica_hours)}",
        f"{_advice(plan)}, or lower `activeDeadline`",
    )


def _too_many_gpu_hours(plan: Plan, limits: Limits, sizes: Sizes) -> Violation | None:
    limit = limits.max_submit_gpu_hours
    if limit is None:
        return None
    hours = submitted(plan.changes, sizes)
    if hours.unknown:
        named = ", ".join(quote(one) for one in sorted(hours.unknown)[:_MOST_NAMED])
        return Violation(
            "JS447",
            "limits",
            f"new runs use flavors or resources with an unknown number of GPUs: {named}; "
            f"the limit is {_number(limit)} GPU-hours",
            f"{_how_to_count(hours.unknown)}; if the plan is intended, add --force limits",
        )
    if hours.gpu <= limit:
        return None
    return Violation(
        "JS447",
        "limits",
        f"new runs may use {_up_to(hours.gpu)} GPU-hours{' per attempt' if hours.is_per_attempt else ''} "
        f"until their deadlines; the limit is {_number(limit)}",
        f"{_advice(plan)}, or lower `activeDeadline`, `retry.maxTimes` or `delayExit`",
    )


def _how_to_count(unknown: AbstractSet[str]) -> str:
    claims = {one for one in unknown if one.startswith(CLAIM)}
    table = "add the flavors to `flavors` of your configuration, or to `spec.flavors` of the project file"
    claim = "declare the GPUs of a role as `resources.gpus`, not in `extra`"
    return "; ".join([*([table] if unknown - claims else []), *([claim] if claims else [])])


def replica_hours(payload: Mapping[str, object]) -> float:
    """Return the maximum use of a run in hours: its replicas times its deadline; infinite without one."""
    roles, hours = payload.get("TaskRoleSpecs"), deadline_hours(payload)
    replicas = sum(role["RoleReplicas"] for role in roles) if isinstance(roles, list) else 0
    return float(replicas * hours) if replicas else 0.0


def _up_to(hours: float) -> str:
    return "any number of" if hours == inf else f"up to {_number(hours)}"


def counted(payload: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a payload that the limits count."""
    return {key: payload[key] for key in _COUNTED if key in payload}
