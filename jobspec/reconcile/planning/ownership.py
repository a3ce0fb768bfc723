"""Adopts an existing run and releases managed ones. Neither stops a run."""

from __future__ import annotations

from msgspec.structs import replace

from jobspec.errors import UsageError
from jobspec.manifest.task import (
    Scope,
    environment_option,
)
from jobspec.quoting import quote
from jobspec.reconcile import contradictions, differences, elsewhere
from jobspec.reconcile.declared import (
    Declared,
    new_marks,
)
from jobspec.reconcile.guards.violation import Violation
from jobspec.reconcile.planning import rules
from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason, Update, seen
from jobspec.reconcile.planning.removed import name_of
from jobspec.reconcile.runs import FINISHED, STOPPABLE, Run
from jobspec.reconcile.tags import Inconsistent, Marks, user_tags

_ADOPTABLE = STOPPABLE | FINISHED


def adoption(declared: Declared, run: Run, own: tuple[Run, ...]) -> tuple[Plan, tuple[Violation, ...]]:
    """Return the plan that adopts `run` beside the task's `own` runs, and the guards that refuse it.

    The run then counts as a run of the manifest's spec. Differences are shown, and must be forced. Raises
    `UsageError` for a run that cannot be adopted.
    """
    is_unclear = _is_unclear(declared, run)
    if not is_unclear:
        _check_adoptable(run, str(declared.task.scope))
    own = contradictions.judged(declared, (one for one in own if one.id != run.id))
    found = differences.of_spec(run, declared.payload, declared.task.lifecycle.ignore_changes)
    update = _adopting(declared, run, differs=is_unclear or bool(found))
    change = Change(
        task=declared.task.name,
        action=Action.ADOPT,
        reason=Reason.REQUESTED,
        detail="nothing is stopped",
        steps=(update,),
        runs=seen((run,)),
        differences=(*differences.of_metadata(run, update), *found),
        origin=declared.task.origin,
    )
    plan = Plan(scope=str(declared.task.scope), changes=(change,), managed=len(own))
    refused = (_differing(run, len(found)), _stopped_next(declared, run, own, update))
    return plan, tuple(violation for violation in refused if violation)


def release(scope: Scope, name: str, runs: tuple[Run, ...]) -> Plan:
    """Return the plan that removes our tags from every run of a task, which leaves them unmanaged.

    Active runs go last: if the release is interrupted, the task still has its running run.
    """
    ours = sorted((run for run in runs if isinstance(run.marks, Marks)), key=lambda run: run.is_active)
    change = Change(
        task=name,
        action=Action.RELEASE if ours else Action.NONE,
        reason=Reason.REQUESTED,
        detail="nothing is stopped",
        steps=tuple(_releasing(run) for run in ours),
        runs=seen(ours),
    )
    return Plan(scope=str(scope), changes=(change,), managed=1)


def _is_unclear(declared: Declared, run: Run) -> bool:
    """Return whether only the tags make this a run of the task; adopting it confirms it by hand."""
    is_of_task = isinstance(run.marks, Marks) and run.marks.task == declared.name
    is_of_scope = isinstance(run.marks, Marks) and run.marks.scope == declared.scope
    return is_of_task and is_of_scope and bool(contradictions.of_declared(declared, run))


def _adopting(declared: Declared, run: Run, *, differs: bool) -> Update:
    task = declared.task
    marks = new_marks(declared, ("adopted", run.id))  # no submit has this intention
    if differs:
        marks = replace(marks, adopted=contradictions.adopted(run.id, marks.spec))
    # An unshown live description is kept if the manifest has none.
    is_unset = run.description is None and not task.description
    description = None if is_unset else task.description
    before = run.marks if isinstance(run.marks, Marks) else None
    return Update(run.id, before, marks, task.name, description, task.tags)


def _releasing(run: Run) -> Update:
    marks = run.marks if isinstance(run.marks, Marks) else None
    return Update(run.id, marks, None, run.name, None, user_tags(run.tags))


def _check_adoptable(run: Run, own: str) -> None:
    match run.marks:
        case Marks():
            task, scope = name_of(run.marks.task, (run,)), elsewhere.scope_name(run.marks.scope)
            advice = elsewhere.release_advice(run.marks.scope, task, own)
            raise UsageError(
                f"{quote(run.id)} is already managed: it is a run of {quote(task)} in {quote(scope)}",
                help=f"release it first: {advice}",
                code="JS413",
            )
        case Inconsistent():
            raise UsageError(
                f"{quote(run.id)} has {run.marks.reason}",
                help="remove its jobspec tags first: "
                f"jobspec task update {run.id} --remove-jobspec-tags{environment_option(own)}",
                code="JS413",
            )
    if run.phase not in _ADOPTABLE:
        raise UsageError(
            f"{quote(run.id)} is {run.phase} (state {quote(run.state)})",
            help="adopt the run once it is running or has finished",
            code="JS413",
        )


def _differing(run: Run, count: int) -> Violation | None:
    if not count:
        return None
    return Violation(
        "JS413",
        "differences",
        f"{run.id} differs from the manifest in {count} field{'s' if count > 1 else ''}",
        f"change the manifest to match the run (see: jobspec import {run.id} -o -), or adopt it "
        "despite the differences: --force differences",
    )


def _stopped_next(declared: Declared, run: Run, own: tuple[Run, ...], update: Update) -> Violation | None:
    """Return whether the next apply would stop a run of the task because of the adoption."""
    ours = replace(run, marks=update.becomes, name=update.name)
    together = tuple(sorted((*own, ours), key=lambda one: one.age_key))
    stopped = [(change, one) for change in rules.changes_for(declared, together) for one in change.stops]
    if not stopped:
        return None
    change, one = stopped[0]
    return Violation(
        "JS413",
        "",
        f"after adopting {run.id}, the next apply would stop {one.id} ({change.reason})",
        "let the other run finish first, or change the manifest",
    )
