"""What the local platform needs to run a task, read from a checked create request."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct

from jobspec.concealing import Concealing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_DEADLINE = 432000
"""In seconds, as in the platform's SDK."""
DEFAULT_PRIORITY = 4
RETRIED_POLICIES = frozenset({"Failed"})
"""The retry reasons that can occur here: no machine is ever reclaimed."""


class ReplicaRole(Struct, frozen=True):
    """One role: its name, the number of replicas, and the flavor, which is only shown in answers."""

    name: str
    replicas: int
    flavor: str


class Replica(Struct, frozen=True):
    """One process of a task."""

    role: str
    index: int
    flavor: str = ""

    @property
    def name(self) -> str:
        """`worker-0`."""
        return f"{self.role}-{self.index}"


class RunnableTask(Concealing, frozen=True):
    """A runnable task: times are in seconds, `retries` is how many attempts may follow the first.

    A task without a deadline has an infinite one.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"env"})
    name: str
    command: str
    roles: tuple[ReplicaRole, ...]
    env: tuple[tuple[str, str], ...]  # includes private values
    deadline: float
    delay_exit: int
    retries: int
    retry_interval: int
    priority: int

    @property
    def slots(self) -> int:
        """The number of slots it needs: one per replica."""
        return sum(role.replicas for role in self.roles)

    def replicas(self) -> Iterator[Replica]:
        """Yield all replicas, in the order of the roles."""
        for role in self.roles:
            yield from (Replica(role.name, index, role.flavor) for index in range(role.replicas))


def spec_of(body: Mapping[str, Any]) -> RunnableTask:
    """Return the spec in a create request that passed `requests.checked_create`."""
    retry = body.get("RetryOptions") or {}
    return RunnableTask(
        name=body["Name"],
        command=_command(body["EntrypointPath"], body.get("Args") or ""),
        roles=tuple(_role(role) for role in body["TaskRoleSpecs"]),
        env=tuple((env["Name"], env.get("Value") or "") for env in body.get("Envs") or ()),
        deadline=_deadline(body.get("ActiveDeadlineSeconds")),
        delay_exit=body.get("DelayExitTimeSeconds") or 0,
        retries=_retries(retry),
        retry_interval=retry.get("IntervalSeconds") or 0,
        priority=body.get("Priority") or DEFAULT_PRIORITY,
    )


def _deadline(seconds: int | None) -> float:
    return DEFAULT_DEADLINE if seconds is None else seconds or math.inf


def _command(entrypoint: str, args: str) -> str:
    # A block scalar ends in a newline, after which the arguments would be a separate command.
    return f"{entrypoint.rstrip()} {args}" if args else entrypoint


def _role(role: Mapping[str, Any]) -> ReplicaRole:
    flavor = role.get("ResourceSpecId") or (role.get("ResourceSpec") or {}).get("FlavorID") or ""
    return ReplicaRole(role["RoleName"], role["RoleReplicas"], str(flavor))


def _retries(retry: Mapping[str, Any]) -> int:
    applies = retry.get("EnableRetry") and RETRIED_POLICIES & set(retry.get("PolicySets") or ())
    return retry.get("MaxRetryTimes") or 0 if applies else 0
