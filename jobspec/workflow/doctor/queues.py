"""The queues that the key sees, as checks of the doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.errors import ListingIncomplete, NotAuthenticated, PlatformError, Refused
from jobspec.redaction.answers import foreign_line
from jobspec.report.doctor.view import CheckView, ok, problem, warning
from jobspec.workflow.project.resources import ClusterReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobspec.cloud.client import PlatformClient
    from jobspec.cluster import Queue, Quota

_NAME = "queue"
_MOST = 50
_MOST_TYPES = 8


def queue_checks(client: PlatformClient) -> tuple[CheckView, ...]:
    """Return a check for each queue; none if the platform does not offer the action to this key."""
    try:
        queues = ClusterReader(client).queues()
    except NotAuthenticated as error:
        return (problem("ListResourceQueues", error.message, error.help),)
    except Refused:
        return ()
    except (PlatformError, ListingIncomplete) as error:
        return (warning("ListResourceQueues", f"unknown: {error.message}", error.help),)
    more = len(queues) - _MOST
    rest = (ok(_NAME, f"{more} more"),) if more > 0 else ()
    return (*(ok(_NAME, describe(queue)) for queue in queues[:_MOST]), *rest)


def describe(queue: Queue) -> str:
    """Return a queue in one line: its name, id, state and what is free of its quota."""
    named = f"{foreign_line(queue.name)} ({foreign_line(queue.id)})" if queue.name else foreign_line(queue.id)
    states = [foreign_line(queue.state)] if queue.state else []
    states += ["no right to use it"] if queue.role == "" else []
    return ", ".join([named, *states, *_free(queue)])


def _free(queue: Queue) -> Iterator[str]:
    if queue.whole is None:
        return
    for unit, whole, taken in _amounts(queue.whole, queue.taken):
        if whole is not None:
            free = "?" if taken is None else _number(max(0.0, whole - taken))
            yield f"{free} of {_number(whole)} {unit} free"


def _amounts(whole: Quota, taken: Quota | None) -> Iterator[tuple[str, float | None, float | None]]:
    gpus: Mapping[str, float] = whole.gpus or {}
    used = None if taken is None else taken.gpus
    for kind in sorted(gpus)[:_MOST_TYPES]:
        yield foreign_line(kind), gpus[kind], None if used is None else used.get(kind, 0.0)
    yield "vCPU", whole.vcpu or None, taken.vcpu if taken else None


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
