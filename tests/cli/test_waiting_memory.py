"""`apply --wait` waits for hours and days, so its memory must not grow with the polls."""

from __future__ import annotations

import gc
import os
import tracemalloc
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jobspec.apply.clock import InterruptibleClock
from jobspec.cli.applying.carrying_out import ApplyOptions, carry_out, prepared
from jobspec.local.store.database import open_database
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor import launch
from jobspec.local.supervisor.lifecycle import Event
from jobspec.reconcile.planning import planner
from jobspec.workflow.planning import planning
from jobspec.workflow.planning.applying import Applier
from jobspec.workflow.planning.planning import make_plan
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_workspace
from jobspec.workflow.surroundings import Surroundings
from tests.local.places import folder_of, state_of_test
from tests.projects import PROJECT, TASK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobspec.reconcile.planning.plan import Plan

TASKS = 20


class Time(InterruptibleClock):
    """Time that passes only in a sleep, which is when something happens on the platform."""

    def __init__(self, happens: Callable[[int], None]) -> None:
        super().__init__()
        self.seconds, self.sleeps = 0.0, 0
        self._happens = happens

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds, self.sleeps = self.seconds + seconds, self.sleeps + 1
        self._happens(self.sleeps)


def wait(root: Path, happens: Callable[[int, Time], None]) -> None:
    """Apply the project and wait for it; `happens` is called with the number of each sleep."""
    clock = Time(lambda number: happens(number, clock))
    workspace = open_workspace(Target(paths=(root,)), Surroundings(dict(os.environ), root, root, clock))
    applier = Applier(workspace)
    with prepared(applier) as turn:
        options = ApplyOptions("apply", yes=True, output="text", wait="finished")
        carry_out(applier, turn, make_plan(workspace), options)
    workspace.connection.client.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(launch, "ensure_supervisor", lambda *_: None)
    root = tmp_path / "project"
    (root / "tasks").mkdir(parents=True)
    (root / "jobspec.yaml").write_text(PROJECT)
    return root


def fail_the_first(root: Path) -> None:
    """Let the queued run of the highest priority start and fail."""
    store, now = Store(open_database(folder_of(root, state_of_test()))), datetime.now(UTC)
    head = store.head_of_queue(now=now)
    assert head is not None
    for event in (Event.ADMIT, Event.LAUNCH, Event.FAIL):
        store.move(head.id, event, Transition(), now=now)
    store.close()


def growth(root: Path, happens: Callable[[], None], first: int, last: int) -> float:
    """Return by how many bytes the memory of a wait grows with each sleep between two of them."""
    measured: list[int] = []

    def each(number: int, clock: Time) -> None:
        if number in (first, last):
            gc.collect()
            measured.append(tracemalloc.get_traced_memory()[0])
        if number == last:
            clock.interrupt()
        happens()

    tracemalloc.start()
    try:
        wait(root, each)
    finally:
        tracemalloc.stop()
    before, after = measured
    return (after - before) / (last - first)


def declare(root: Path, name: str, *more: str) -> None:
    (root / "tasks" / f"{name}.yaml").write_text(TASK % (name, "train") + "".join(more))


@pytest.mark.long
def test_a_wait_does_not_grow_while_nothing_changes(project: Path) -> None:
    for number in range(TASKS):
        declare(project, f"t{number}")
    assert growth(project, lambda: None, 50, 150) < 1_000  # the runs of one poll take 60,000


@pytest.mark.long
def test_a_wait_keeps_little_of_a_run_that_another_one_follows(project: Path) -> None:
    declare(project, "again", "lifecycle: {restartPolicy: Always, backoffLimit: 100}\n")
    assert growth(project, lambda: fail_the_first(project), 10, 25) < 11_000  # most of it is a longer listing


def test_a_plan_is_made_with_the_collector_paused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[bool] = []

    def plan(*given: Any) -> Plan:
        paused.append(not gc.isenabled())
        return planner.plan(*given)

    monkeypatch.setattr(planning, "planner", SimpleNamespace(plan=plan))
    declare(project, "train")
    make_plan(open_workspace(Target(paths=(project,)), Surroundings(dict(os.environ), project, project)))
    assert (paused, gc.isenabled()) == ([True], True)
