"""Builds the change of a declared task for the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.reconcile import differences
from jobspec.reconcile.declared import (
    Declared,
    submit_step,
)
from jobspec.reconcile.planning.plan import Action, Change, Reason, Step, seen
from jobspec.reconcile.runs import (
    Phase,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


_NOT_ECHOED = "differs in a value that the platform does not return, such as a secret or `lifecycle.rerun`"
_EARLIER_LISTS = (
    "runs without the items that its lists inherit since 0.2; set `lifecycle.rerun` to run it with them"
)
_RERUN = "`lifecycle.rerun` requests another run"


def change(
    declared: Declared, what: tuple[Action, Reason], runs: Iterable[Run], walk: tuple[Step, ...] = ()
) -> Change:
    """Return a change with these steps; `runs` are the runs it assumes."""
    action, reason = what
    return Change(
        task=declared.task.name,
        action=action,
        reason=reason,
        steps=walk,
        runs=seen(runs),
        origin=declared.task.origin,
        set=declared.task.set,
        cell=declared.task.cell,
    )


def nothing(declared: Declared, reason: Reason, runs: Iterable[Run], detail: str = "") -> Change:
    """Return a change without steps, with its reason."""
    return replace(change(declared, (Action.NONE, reason), runs), detail=detail)


def submission(declared: Declared, runs: tuple[Run, ...], reason: Reason, detail: str = "") -> Change:
    """Return the submit of one more run; it is shown next to the newest of `runs`, all runs of the task."""
    found = change(declared, (Action.SUBMIT, reason), runs[-1:], (submit_step(declared, runs),))
    ignored = differences.of_spec(runs[-1], declared.payload) if runs and declared.matches(runs[-1]) else ()
    return replace(found, detail=detail, differences=ignored, earlier_success=earlier_success(declared, runs))


def earlier_lists(declared: Declared, run: Run) -> str:
    """Return the detail of a run that matches only as an earlier release composed the task; else empty."""
    return _EARLIER_LISTS if declared.is_matched_earlier(run) else ""


def earlier_success(declared: Declared, runs: Iterable[Run]) -> str:
    """Return the id of the newest run that succeeded with another spec; empty if no such run exists."""
    succeeded = [run.id for run in runs if run.phase is Phase.SUCCEEDED and not declared.matches(run)]
    return succeeded[-1] if succeeded else ""


def explained(declared: Declared, run: Run, found: Change) -> Change:
    """Return the change with the fields in which the run differs from the manifest.

    If none of those fields is echoed, the detail mentions it: the hashes differ, so some field does.
    """
    # A new run takes over the ignored fields as well, so a submit shows them.
    ignored = () if found.submits else declared.task.lifecycle.ignore_changes
    fields = differences.of_run(run, declared.payload, ignored)
    lifecycle = declared.task.lifecycle
    tagged = differences.of_rerun(run, declared.payload, lifecycle.rerun)
    on = differences.of_rerun_on(run, lifecycle) if tagged else ()
    rerun = differences.own_reruns(tagged)
    if on:
        silent = f"`rerunOn`: {' and '.join(on)} {'have' if len(on) > 1 else 'has'} changed"
    elif tagged and not rerun:
        silent = "`rerunOn` was removed"
    else:
        silent = _RERUN if rerun else _NOT_ECHOED
    why = found.detail or ("" if fields and not on else silent)
    return replace(found, differences=(*found.differences, *fields, *rerun), detail=why)
