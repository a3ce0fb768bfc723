"""The rule table again, written as rows and compared with the planner for all combinations.

Declared or not, suspended, protect, onChange, restartPolicy, onRemoval, and up to three runs of any phase and
match: each combination has exactly one answer, and the invariants hold in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import pytest

from jobspec.manifest.task import Task
from jobspec.reconcile.planning.plan import Cancel, Change, Delete, Submit
from jobspec.reconcile.runs import Phase, Run
from jobspec.reconcile.tags import Keep, Marks
from tests.reconcile.world import planned, run, task

OLD = "1" + "0" * 16
# Every phase, and who cancelled a cancelled run.
KINDS = [
    *(("", state) for state in ("Queue", "Running", "Killing", "Success", "Failed", "Killed", "Hibernating")),
    *((stop, "Killed") for stop in ("suspend", "user", "duplicate")),
]
RUN_KINDS = [(state, stop, spec) for (stop, state), spec in product(KINDS, ("", OLD))]
SHORT = [history for length in (0, 1, 2) for history in product(RUN_KINDS, repeat=length)]
LONG = list(product(RUN_KINDS, repeat=3))
LIFECYCLES = [
    {
        "suspend": suspend,
        "protect": protect,
        "onChange": change,
        "restartPolicy": restart,
        "onRemoval": removal,
    }
    for suspend, protect, change, restart, removal in product(
        (False, True),
        (False, True),
        ("Replace", "AfterCompletion", "Manual"),
        ("Never", "OnFailure", "Always"),
        ("Cancel", "Delete", "Retain"),
    )
]
RESTARTS = [
    {"suspend": s, "restartPolicy": r} for s, r in product((False, True), ("Never", "OnFailure", "Always"))
]
RESUMABLE = {"suspend", "duplicate"}


@dataclass(frozen=True)
class Case:
    """A declared task and its runs, in the terms of the table."""

    lifecycle: dict[str, Any]
    runs: tuple[Run, ...]

    def of(self, *phases: Phase, matching: bool = False) -> list[Run]:
        found = [one for one in self.runs if one.phase in phases]
        return [one for one in found if matches(one)] if matching else found

    @property
    def live(self) -> list[Run]:
        return self.of(Phase.PENDING, Phase.RUNNING)

    @property
    def kept(self) -> Run:
        matching = [one for one in self.live if matches(one)]
        return (matching or self.live)[0]

    @property
    def counted(self) -> list[Run]:
        """Return the matching runs; a duplicate that we stopped only counts if there is no other."""
        matching = [one for one in self.runs if matches(one)]
        return [one for one in matching if stop_of(one) != "duplicate"] or matching


def matches(one: Run) -> bool:
    return isinstance(one.marks, Marks) and one.marks.spec != OLD


def stop_of(one: Run) -> str:
    return one.marks.stop if isinstance(one.marks, Marks) else ""


def answer(case: Case) -> tuple[str, str]:
    """Return the action and the reason of the first matching row."""
    if case.of(Phase.UNKNOWN):
        return "none", "unknown-state"
    if case.lifecycle["suspend"]:
        return ("cancel" if case.live else "none"), "suspended"
    if case.live:
        return active(case)
    if case.of(Phase.STOPPING):
        action, _ = finished(case)
        return action, "stopping"
    return finished(case)


def active(case: Case) -> tuple[str, str]:
    if matches(case.kept):
        return labels(case, "in-progress")
    is_done = bool(case.of(Phase.SUCCEEDED, matching=True))
    return {
        "Replace": ("cancel" if is_done else "replace", "spec-changed"),
        "AfterCompletion": labels(case, "waits-for-completion"),
        "Manual": labels(case, "manual"),
    }[case.lifecycle.get("onChange", "Replace")]


def labels(case: Case, reason: str) -> tuple[str, str]:
    """A continuing run gets the labels of the manifest: its removal policy, and no cancel mark."""
    has_policy = case.lifecycle.get("protect") or case.lifecycle.get("onRemoval", "Cancel") != "Cancel"
    return ("update" if has_policy else "none"), reason


def finished(case: Case) -> tuple[str, str]:
    restart = case.lifecycle["restartPolicy"]
    if not case.runs:
        return "submit", "new"
    if not case.counted:
        return "submit", "spec-changed"
    if any(one.phase is Phase.SUCCEEDED for one in case.counted):
        return "none", "done"
    newest = case.counted[-1]
    if newest.phase is Phase.FAILED:
        return ("none", "failed") if restart == "Never" else ("submit", "retry")
    if stop_of(newest) in RESUMABLE:
        return "submit", "resumed"
    return ("submit" if restart == "Always" else "none"), "cancelled-outside"


@cache
def one_run(state: str, stop: str, spec: str, number: int) -> Run:
    return run(task(), state, number, stop=stop, spec=spec or None)


def runs_of(history: tuple[tuple[str, str, str], ...]) -> tuple[Run, ...]:
    return tuple(one_run(*kind, number) for number, kind in enumerate(history, 1))


def check(declared: Task, case: Case) -> None:
    changes = planned([declared], list(case.runs)).changes
    rest = [change for change in changes if change.reason != "duplicate"]
    assert [(change.action, change.reason) for change in rest] == [answer(case)], case
    assert_invariants(case, changes)


def assert_invariants(case: Case, changes: tuple[Change, ...]) -> None:
    cancelled = {step.run for change in changes for step in change.steps if isinstance(step, Cancel)}
    submits = sum(isinstance(step, Submit) for change in changes for step in change.steps)
    live = {one.id for one in case.live}
    assert cancelled <= live, "only what is active is cancelled"
    assert submits <= 1
    assert not (submits and live - cancelled), "never submitted beside an active run"
    assert not any(isinstance(step, Delete) for change in changes for step in change.steps)
    if not case.lifecycle["suspend"]:
        matching = [one.id for one in case.live if matches(one)]
        assert not matching or matching[0] not in cancelled, "the oldest matching run is never cancelled"
    if case.of(Phase.SUCCEEDED, matching=True):
        assert not submits, "success is never run again"
    if case.lifecycle.get("protect"):
        assert all(change.blocked == "protected" for change in changes if change.stops)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda fields: "-".join(map(str, fields.values())))
def test_every_combination_of_a_lifecycle_and_two_runs_has_the_answer_of_its_row(
    lifecycle: dict[str, Any],
) -> None:
    declared = task(**lifecycle)
    for history in SHORT:
        check(declared, Case(lifecycle, runs_of(history)))


@pytest.mark.parametrize("lifecycle", RESTARTS, ids=lambda fields: "-".join(map(str, fields.values())))
def test_every_combination_of_three_runs_has_the_answer_of_its_row(lifecycle: dict[str, Any]) -> None:
    declared = task(**lifecycle)
    for history in LONG:
        check(declared, Case(lifecycle, runs_of(history)))


@pytest.mark.parametrize("keep", Keep)
def test_a_task_without_a_manifest_follows_the_policy_on_its_runs(keep: Keep) -> None:
    for history in (*SHORT[1:], *LONG[::7]):
        kinds = enumerate(history, 1)
        runs = [
            run(task(), state, n, stop=stop, spec=spec or None, keep=keep) for n, (state, stop, spec) in kinds
        ]
        [change] = planned([], runs).changes
        assert (change.action, change.reason) == removal(Case({}, tuple(runs)), keep), history


def removal(case: Case, keep: Keep) -> tuple[str, str]:
    if case.of(Phase.UNKNOWN):
        return "none", "unknown-state"
    if keep is Keep.RETAIN:
        return "none", "retained"
    if keep is Keep.DELETE:
        return "delete", "removed"
    return ("cancel" if case.live else "none"), "removed"
