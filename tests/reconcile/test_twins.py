"""Submits are blocked beside an active run of the same name that does not belong to the task."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jobspec.manifest.task import Task
from jobspec.reconcile.planning import twins
from jobspec.reconcile.planning.plan import Action, Reason
from jobspec.reconcile.protocol.outcome import Status
from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Marks, TagKey, encoding
from tests.reconcile.world import only, planned, run, task, unmanaged

OLD = "1" + "0" * 16
TRAIN = task()
OURS = {"vision", "vision--dev"}


def elsewhere(state: str, *, spec: str | None = None, of: Task = TRAIN) -> Run:
    """A run of another scope with the same name."""
    found = run(of, state, spec=spec)
    assert isinstance(found.marks, Marks)
    return replace(found, marks=replace(found.marks, scope="vision--dev", core=""))


@pytest.mark.parametrize(
    ("scope", "advice"),
    [
        ("vision/gone", "jobspec release train --scope vision/gone"),
        ("speech", "jobspec release train, in the project `speech`"),
        ("speech/prod", "jobspec release train -e prod, in the project `speech`"),
        ("研究/dev", "in the project whose runs have the tag `jobspec-scope_dev--"),
    ],
)
def test_a_run_of_another_scope_is_reported_with_the_release_command(scope: str, advice: str) -> None:
    found = elsewhere("Running")
    assert isinstance(found.marks, Marks)
    there = replace(found, marks=replace(found.marks, scope=encoding(TagKey.SCOPE, scope)))
    held = only(twins.hold(planned([TRAIN], []), [there], OURS))
    assert held.reason is Reason.OTHER_SCOPE
    assert advice in held.detail


@pytest.mark.parametrize("state", ["Queue", "Running", "Killing", "Hibernating"])
def test_an_unmanaged_active_task_of_the_name_blocks_a_submit(state: str) -> None:
    held = only(twins.hold(planned([TRAIN], []), [unmanaged("train", state)], OURS))
    assert (held.action, held.reason, held.steps) == (Action.NONE, Reason.UNMANAGED_TWIN, ())
    assert held.blocked == "unmanaged-twin"
    assert held.needs_attention


def test_it_blocks_a_replacement_too_so_that_nothing_is_stopped_for_it() -> None:
    plan = planned([TRAIN], [run(TRAIN, "Running", spec=OLD)])
    assert only(plan).action is Action.REPLACE
    held = only(twins.hold(plan, [unmanaged("train", "Running")], OURS))
    assert (held.action, held.stops) == (Action.NONE, ())


def test_it_keeps_the_history_that_was_counted_as_if_the_replacement_were_done() -> None:
    runs = [run(TRAIN, "Success", 1, spec=OLD), run(TRAIN, "Running", 2, spec=OLD)]
    plan = planned([task(historyLimit=1)], runs)
    assert {change.action for change in plan.pending} == {Action.REPLACE, Action.DELETE}
    assert twins.hold(plan, [unmanaged("train", "Running")], OURS).pending == ()


@pytest.mark.parametrize("state", ["Queue", "Running", "Killing", "Success"])
def test_a_run_of_the_same_spec_in_a_former_scope_blocks_a_submit(state: str) -> None:
    held = only(twins.hold(planned([TRAIN], []), [elsewhere(state)], ["vision"]))
    assert (held.action, held.reason) == (Action.NONE, Reason.OTHER_SCOPE)
    assert "vision--dev" in held.detail
    assert "is succeeded" not in held.detail


@pytest.mark.parametrize(
    "other",
    [
        unmanaged("train", "Success"),
        unmanaged("train-2", "Running"),
        elsewhere("Running", spec=OLD),
        elsewhere("Failed"),
        elsewhere("Killed"),
        run(TRAIN, "Running", 2),
    ],
)
def test_nothing_else_blocks_it(other: Run) -> None:
    plan = planned([TRAIN], [])
    assert twins.hold(plan, [other], ["vision"]) == plan


@pytest.mark.parametrize("state", ["Running", "Success"])
def test_another_environment_of_the_project_may_run_the_same(state: str) -> None:
    plan = planned([TRAIN], [])
    assert twins.hold(plan, [elsewhere(state)], OURS) == plan


def test_a_change_without_a_submit_is_not_blocked() -> None:
    plan = planned([], [run(TRAIN, "Running")])
    assert twins.names(plan) == ()
    assert twins.hold(plan, [unmanaged("train", "Running")], OURS) == plan


def test_a_blocked_change_has_an_outcome_with_the_solution() -> None:
    held = only(twins.hold(planned([TRAIN], []), [unmanaged("train", "Running")], OURS))
    assert twins.is_held(held)
    result = twins.held_result(held, "vision/prod")
    assert (result.status, result.code) == (Status.SKIPPED, "JS407")
    assert "jobspec adopt t-20260101000001-other train -e prod" in result.help
