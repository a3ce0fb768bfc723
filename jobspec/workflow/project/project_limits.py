"""The limits of a project, as the guards take them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jobspec.manifest.schema.project import Limits as ProjectLimits
from jobspec.reconcile.guards.limits import PlanLimits

if TYPE_CHECKING:
    from jobspec.manifest.task import Project

DEFAULT_LIMITS = ProjectLimits()


def limits_of_project(project: Project | None) -> PlanLimits:
    """Return the limits of the project, or the default ones without a project."""
    given = project.limits if project else DEFAULT_LIMITS
    return PlanLimits(
        max_removals=given.max_removals,
        max_replacements=given.max_replacements,
        max_lost_replica_hours=given.max_lost_replica_hours,
        max_submits=_or_unlimited(given.max_submits),
        max_submit_replica_hours=_or_unlimited(given.max_submit_replica_hours),
        max_reruns=given.max_reruns,
    )


def _or_unlimited(limit: float | None) -> float:
    return math.inf if limit is None else limit
