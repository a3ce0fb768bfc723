"""The preflight of a plan: reads what it needs to know of the platform, and examines it. Writes nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from jobspec.reconcile.preflight.facts import Facts, Unchecked
from jobspec.reconcile.preflight.needs import needs_of
from jobspec.reconcile.preflight.preflight import Preflight, examine, refusals
from jobspec.reconcile.usage.hours import by_queue
from jobspec.reconcile.usage.sizes import Sizes
from jobspec.workflow.project.configuration import read_configuration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from jobspec.cluster import Flavor
    from jobspec.reconcile.guards.violation import Violation
    from jobspec.reconcile.planning.plan import Change, Plan
    from jobspec.reconcile.preflight.finding import FactFinding
    from jobspec.workflow.planning.planning import PreflightMode
    from jobspec.workflow.project.resources import ClusterReader
    from jobspec.workflow.project.workspace import Workspace

_MOST_READ = 50
"""Maximum number of queues, flavors and mounts that are read one by one; the rest is not checked."""


class Examiner(Struct, frozen=True):
    """Everything that is known for the plans of one command: the facts, and the flavors."""

    sizes: Sizes
    facts: Facts | None
    is_strict: bool

    def findings(self, changes: Sequence[Change]) -> tuple[FactFinding, ...]:
        """Return the findings about what the changes submit; none without facts."""
        if self.facts is None:
            return ()
        return examine(changes, self.facts, self.sizes, is_strict=self.is_strict)

    def refusals(self, plan: Plan) -> tuple[Violation, ...]:
        """Return a guard for each fact that refuses a plan."""
        return refusals(self.findings(plan.pending))

    def preflight(self, plan: Plan, now: datetime) -> Preflight:
        """Return what was found out about a plan."""
        changes = plan.pending
        findings = self.findings(changes)
        read = self.facts.read if self.facts and findings else None
        return Preflight(self.sizes, findings, by_queue(changes, self.sizes, now), read)


def examiner(workspace: Workspace, changes: Sequence[Change], mode: PreflightMode) -> Examiner:
    """Return what is known for the changes of a plan. No request that it sends can fail the plan."""
    project = workspace.loaded.project
    setting = project.preflight if project else "normal"
    facts: Facts | None = None
    platform: tuple[Flavor, ...] = ()
    if mode in {"full", "flavors"} and setting != "off" and _is_described(workspace, changes):
        read = read_facts if mode == "full" else read_flavors
        found = read(workspace.resources, changes)
        facts, platform = found if mode == "full" else None, found.sized()
    return Examiner(Sizes.of(platform, local_flavors(workspace)), facts, setting == "strict")


def _is_described(workspace: Workspace, changes: Sequence[Change]) -> bool:
    """Return whether the platform can tell anything about the changes.

    Without an inventory, the local platform in a folder accepts any flavor, and none has a GPU.
    """
    if workspace.connection.local is None or needs_of(changes).queues:
        return True
    from jobspec.local.settings import INVENTORY  # noqa: PLC0415 - only for the local platform

    return bool(workspace.surroundings.environ.get(INVENTORY))


def local_flavors(workspace: Workspace) -> Iterable[Flavor]:
    """Yield the flavors of the machine's and the user's configuration, then those of the project file.

    The checkout comes last: it could name fewer GPUs to pass a limit.
    """
    project, around = workspace.loaded.project, workspace.surroundings
    yield from read_configuration(around.environ, around.home).flavors
    yield from project.flavors if project else ()


def read_facts(resources: ClusterReader, changes: Sequence[Change]) -> Facts:
    """Return what the platform says about the needs of the changes."""
    needs, sized = needs_of(changes), read_flavors(resources, changes)
    queues = dict.fromkeys(need.queue for need in needs.mounts if not need.unlisted)
    return replace(
        sized,
        queues={queue: resources.known_queue(queue) for queue in _first_50(needs.queues)},
        mounts={queue: resources.known_mounts(queue) for queue in _first_50(queues)},
    )


def read_flavors(resources: ClusterReader, changes: Sequence[Change]) -> Facts:
    """Return what the platform says about the flavors that the changes need, and nothing else."""
    listed = resources.known_flavors()
    known = {flavor.id for flavor in listed} if not isinstance(listed, Unchecked) else set()
    unlisted = dict.fromkeys(one.flavor for one in needs_of(changes).flavors if one.flavor not in known)
    flavors = {one: resources.known_flavor(one) for one in _first_50(unlisted)}
    return Facts(resources.begun, listed=listed, flavors=flavors)


def _first_50(names: Iterable[str]) -> Iterable[str]:
    return islice(names, _MOST_READ)
