"""The planner: from declared tasks and observed runs to the plan. Pure: no I/O; the time is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.reconcile import contradictions, declared
from jobspec.reconcile.observed import by_task
from jobspec.reconcile.planning import removed, renames, rules
from jobspec.reconcile.planning.plan import Action, BlockReason, Change, Plan, Reason, ordered, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jobspec.manifest.task import Scope, Task
    from jobspec.reconcile.planning.ended import PlanningContext
    from jobspec.reconcile.runs import Run


def plan(
    scope: Scope, tasks: Sequence[Task], runs: Iterable[Run], context: PlanningContext = rules.ALONE
) -> Plan:
    """Return the plan that makes the live runs of a scope match its manifests.

    `runs` must be a complete listing. Runs of other scopes and unmanaged runs in it are ignored here; `twins`
    checks whether they block a submit.
    """
    known = {item.name: item for item in map(declared.declare, tasks)}
    observed = contradictions.judge_all(known, by_task(scope, runs))
    gone = {name: found for name, found in observed.items() if name not in known}
    found = renames.find(list(known.values()), observed)
    orphans = gone.keys() - set(found.pairs.values())
    changes = [
        *(change for item in known.values() for change in _for_declared(item, observed, found, context)),
        *(_for_removed(name, gone[name], found) for name in orphans),
    ]
    return Plan(scope=str(scope), changes=ordered(changes), managed=len(observed))


def _for_declared(
    item: declared.Declared,
    observed: Mapping[str, tuple[Run, ...]],
    found: renames.Renames,
    context: PlanningContext,
) -> list[Change]:
    own = observed.get(item.name, ())
    if item.name in found.unclear:
        return [_unclear(item.task.name, found.unclear[item.name], item.task)]
    if item.name not in found.pairs:
        return rules.changes_for(item, own, context)
    old = found.pairs[item.name]
    context = renames.under_new_name(item, observed[old], context)
    then = rules.changes_for(item, renames.renamed(item, own, observed[old]), context)
    shown = (change for change in then if change.action is not Action.NONE or change.needs_attention)
    follow = [renames.still_protected(change, observed[old]) for change in shown]
    return [renames.change_for(item, removed.name_of(old, observed[old]), observed[old], follow), *follow]


def _for_removed(name: str, runs: tuple[Run, ...], found: renames.Renames) -> Change:
    if name in found.unclear:
        return _unclear(removed.name_of(name, runs), found.unclear[name], None, runs)
    return removed.change_for(removed.name_of(name, runs), runs)


def _unclear(name: str, why: str, task: Task | None, runs: tuple[Run, ...] = ()) -> Change:
    return Change(
        task=name,
        action=Action.NONE,
        reason=Reason.RENAMED,
        detail=why,
        runs=seen(runs),
        origin=task.origin if task else None,
        blocked=BlockReason.UNCLEAR_RENAME,
    )
