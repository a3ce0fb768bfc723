"""The digest of a plan: equal for the same writes to the same runs, for `apply --digest`. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import asdict

from jobspec.reconcile.planning.plan import Action, Reason

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobspec.report.plan.view import ChangeView, PlanView
    from jobspec.report.view import View

_NEW = frozenset({"new_run", "earlier_success"})
_DISPLAY_ONLY = frozenset({"file", "line", "attention", "due", "cause", "otherwise", "set", "cell"})
_DISPLAY_ONLY_OF_A_NEW_RUN = frozenset({"names"})
_DISPLAY_ONLY_OF_A_RUN = frozenset({"state", "launched"})


def digest_of(plan: PlanView) -> str:
    """Return the fingerprint of what the plan would write, and of the runs that this assumes.

    Fields for display only (places, platform details, unchanged tasks, guards) are excluded: they may change
    while a person reads the plan, without any effect on the writes.
    """
    changes = [_written(change) for change in plan.changes if change.action != Action.NONE]
    platform = _values(plan.platform, {"endpoint_from"})  # only the address counts
    whole = [plan.version, plan.scope, platform, plan.allow_twin, changes]
    if any(change.new_run for change in plan.changes):
        whole.append([_values(capacity) for capacity in plan.capacity])
    waiting = [_waiting(change) for change in plan.changes if change.reason == Reason.WAITING]
    if waiting:  # `apply --wait` submits them, too
        whole.append(waiting)
    if plan.loosened:
        whole.append([_values(loosened, {"cause"}) for loosened in plan.loosened])
    if plan.values is not UNSET:
        whole.append({"values": [_values(value, {"source", "typed"}) for value in plan.values]})
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), default=_values)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _written(change: ChangeView) -> dict[str, Any]:
    """Return what a change writes and what a reader sees of it; files of 0.1 lack the fields in `_NEW`."""
    whole = _values(change, _DISPLAY_ONLY)
    whole["runs"] = [_values(run, _DISPLAY_ONLY_OF_A_RUN) for run in change.runs]
    if change.new_run is not None:  # a name is not written: its id is
        whole["new_run"] = _values(change.new_run, _DISPLAY_ONLY_OF_A_NEW_RUN)
    return {key: value for key, value in whole.items() if value is not None or key not in _NEW}


def _waiting(change: ChangeView) -> list[Any]:
    """Return what a waiting task adds later; what it waits for may go on while a person reads."""
    written = _written(change)
    return [change.task, change.reason, written.get("new_run"), written["differences"]]


def _values(view: View, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the fields by their names here, not by those in JSON: the digests of 0.1 are made of them."""
    given = ((name, value) for name, value in asdict(view).items() if value is not UNSET)
    return {name: value for name, value in given if name not in without}
