"""The digest of a plan: equal for the same writes to the same runs, for `apply --digest`. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jobspec.reconcile.planning.plan import Action

if TYPE_CHECKING:
    from jobspec.report.plan.view import ChangeView, PlanView

_NEW = frozenset({"new_run", "earlier_success"})
_DISPLAY_ONLY: dict[str, Any] = {
    "file": True,
    "line": True,
    "attention": True,
    "due": True,
    "runs": {"__all__": {"state", "launched"}},
}


def digest_of(plan: PlanView) -> str:
    """Return the fingerprint of what the plan would write, and of the runs that this assumes.

    Fields for display only (places, platform details, unchanged tasks, guards) are excluded: they may change
    while a person reads the plan, without any effect on the writes.
    """
    changes = [_written(change) for change in plan.changes if change.action != Action.NONE]
    platform = plan.platform.model_dump(mode="json", exclude={"endpoint_from"})  # only the address counts
    whole = [plan.version, plan.scope, platform, plan.allow_twin, changes]
    if any(change.new_run for change in plan.changes):
        whole.append([capacity.model_dump() for capacity in plan.capacity])
    if plan.loosened:
        whole.append([loosened.model_dump(mode="json") for loosened in plan.loosened])
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _written(change: ChangeView) -> dict[str, Any]:
    """Return what a change writes and what a reader sees of it; files of 0.1 lack the fields in `_NEW`."""
    whole = change.model_dump(mode="json", exclude=_DISPLAY_ONLY)
    return {key: value for key, value in whole.items() if value is not None or key not in _NEW}
