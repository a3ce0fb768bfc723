"""Expectations (`--expect`) as guards: a plan that does more is refused before the first write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.task import environment_option
from jobspec.quoting import quote
from jobspec.reconcile.guards.limits import is_rerun
from jobspec.reconcile.guards.violation import Violation
from jobspec.reconcile.planning.plan import (
    Action,
    Cancel,
    Change,
    Delete,
    Plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def _cancels(change: Change) -> bool:
    return change.action is not Action.REPLACE and any(isinstance(step, Cancel) for step in change.steps)


def _deletes(change: Change) -> bool:
    return any(isinstance(step, Delete) for step in change.steps)


_BREAKS: dict[str, tuple[str, Callable[[Change], bool]]] = {
    "no-replace": ("replace", lambda change: change.action is Action.REPLACE),
    "no-cancel": ("cancel", _cancels),
    "no-delete": ("delete records of", _deletes),
    "no-submit": ("submit a run of", lambda change: bool(change.submits)),
    "no-rerun": ("run again, although it succeeded with an earlier spec,", is_rerun),
    "no-change": ("change", lambda change: change.action is not Action.NONE),
}
EXPECTATIONS = tuple(_BREAKS)


def unmet(plan: Plan, expected: Collection[str]) -> tuple[Violation, ...]:
    """Return a violation for each expectation that the plan does not meet; none can be forced."""
    found = {
        word: [c.task for c in plan.pending if _BREAKS[word][1](c)] for word in _BREAKS if word in expected
    }
    return tuple(_violation(plan.scope, word, tasks) for word, tasks in found.items() if tasks)


def _violation(scope: str, word: str, tasks: list[str]) -> Violation:
    shown = ", ".join(map(quote, tasks[:3]))
    more = f" and {len(tasks) - 3} more" if len(tasks) > 3 else ""
    look = f"jobspec plan{environment_option(scope)}"
    return Violation(
        "JS411",
        "",
        f"the plan would {_BREAKS[word][0]} {shown}{more}, which --expect {word} forbids",
        f"review the plan: {look}; if it is intended, leave out --expect {word}",
    )
