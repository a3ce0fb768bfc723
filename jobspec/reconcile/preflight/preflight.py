"""The preflight of a plan: facts and changes to findings, and findings to the guards that refuse. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.quoting import quote
from jobspec.reconcile.guards.violation import Violation
from jobspec.reconcile.preflight.finding import FactFinding, FactStatus
from jobspec.reconcile.preflight.needs import needs_of
from jobspec.reconcile.preflight.quotas import of_quotas
from jobspec.reconcile.preflight.resources import of_flavor, of_mount, of_queue
from jobspec.redaction.answers import foreign_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from jobspec.reconcile.planning.plan import Change
    from jobspec.reconcile.preflight.facts import Facts
    from jobspec.reconcile.preflight.needs import Needs
    from jobspec.reconcile.usage.hours import QueueHours
    from jobspec.reconcile.usage.sizes import Sizes

GUARD = "preflight"
"""The name of the guard for `--force`."""
_ORDER = list(FactStatus)
_MOST_TASKS = 3


class Preflight(Struct, frozen=True):
    """The facts and GPU-hours of a plan. `read` is when the first fact was read; None without any."""

    sizes: Sizes
    findings: tuple[FactFinding, ...]
    hours: dict[str, QueueHours]
    read: datetime | None = None


def examine(
    changes: Sequence[Change], facts: Facts, sizes: Sizes, *, is_strict: bool
) -> tuple[FactFinding, ...]:
    """Return the findings about what the changes submit, the most severe first.

    In a strict project, a task that does not fit into the whole quota of its queue is refused.
    """
    needs = needs_of(changes)
    found = [
        *(of_queue(queue, tasks, facts) for queue, tasks in needs.queues.items()),
        *_of_flavors(needs, facts),
        *of_quotas(changes, facts, sizes),
        *(of_mount(need, tasks, facts) for need, tasks in needs.mounts.items()),
    ]
    judged = (_strictly(one) if is_strict else one for one in found)
    return tuple(sorted(judged, key=lambda one: _ORDER.index(one.status)))


def _of_flavors(needs: Needs, facts: Facts) -> Iterator[FactFinding]:
    """Yield the findings about flavors. Without a queue, the zone is unknown, and only a refusal counts."""
    for need, tasks in needs.flavors.items():
        found = of_flavor(need, tasks, facts)
        if need.queue or found.status is FactStatus.REFUSED:
            yield found


def _strictly(one: FactFinding) -> FactFinding:
    return replace(one, status=FactStatus.REFUSED) if one.status is FactStatus.WARNING else one


def refusals(findings: Iterable[FactFinding]) -> tuple[Violation, ...]:
    """Return a guard for each refused finding."""
    return tuple(
        Violation(
            one.code,
            GUARD,
            f"{foreign_line(f'{one.subject}: {one.message}')} ({named(one.tasks)})",
            "correct the manifest, or ask the owner of the resource; to apply anyway, add --force preflight",
        )
        for one in findings
        if one.status is FactStatus.REFUSED
    )


def named(tasks: Sequence[str]) -> str:
    """Return the tasks that a finding is about, as text."""
    shown = ", ".join(map(quote, tasks[:_MOST_TASKS]))
    more = f" and {len(tasks) - _MOST_TASKS} more" if len(tasks) > _MOST_TASKS else ""
    return f"task {shown}" if len(tasks) == 1 else f"tasks {shown}{more}"
