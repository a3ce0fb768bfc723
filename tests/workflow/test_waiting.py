"""Waiting: when it is over, how it pauses, and which runs a name selects."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from jobspec.cloud.answers.wire import TaskRecord, read_task
from jobspec.errors import NotFound, UsageError
from jobspec.reconcile.planning import twins
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import Workspace, open_scope
from jobspec.workflow.runs.following import of_names
from jobspec.workflow.runs.waiting import Goal, Waiting, runs_named, to_wait_for, until
from jobspec.workflow.surroundings import Surroundings
from tests.projects import UNTIL_GO, new_project
from tests.reconcile.world import SCOPE, planned, run, task, unmanaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jobspec.cloud.answers.query import ListQuery
    from jobspec.reconcile.runs import Run
    from tests.projects import Project

ONE, OTHER = task("one"), task("other", spec={"args": "other"})


def runs(*states: str) -> tuple[Run, ...]:
    declared = (ONE, OTHER)
    return tuple(run(declared[n], state, n + 1) for n, state in enumerate(states))


def waiting(goal: Goal, *found: Run, timeout: float | None = None) -> Waiting:
    return Waiting({one.id: one.name for one in found}, goal, timeout)


OVER = {
    "queue": ("Queue", ()),
    "staging": ("Staging", ()),
    "running": ("Running", (Goal.RUNNING,)),
    "stopping": ("Killing", ()),
    "unknown": ("Hibernating", ()),
    "succeeded": ("Success", tuple(Goal)),
    "holding": ("SuccessHolding", tuple(Goal)),
    "failed": ("Failed", tuple(Goal)),
    "cancelled": ("Killed", tuple(Goal)),
}


@pytest.mark.parametrize(("state", "goals"), OVER.values(), ids=OVER.keys())
def test_a_wait_for_one_run_is_over_once_it_reaches_the_goal_or_ends(
    state: str, goals: tuple[Goal, ...]
) -> None:
    found = runs(state)
    assert tuple(goal for goal in Goal if waiting(goal, *found).is_over(found)) == goals


BOTH = {
    "one-goes-on": (("Success", "Running"), (Goal.RUNNING,)),
    "one-has-failed": (("Failed", "Running"), (Goal.RUNNING, Goal.SUCCEEDED)),
    "one-has-failed-and-one-is-queued": (("Failed", "Queue"), (Goal.SUCCEEDED,)),
    "all-have-ended": (("Failed", "Success"), tuple(Goal)),
}


@pytest.mark.parametrize(("states", "goals"), BOTH.values(), ids=BOTH.keys())
def test_a_wait_for_several_runs_ends_early_if_success_is_impossible(
    states: tuple[str, ...], goals: tuple[Goal, ...]
) -> None:
    found = runs(*states)
    assert tuple(goal for goal in Goal if waiting(goal, *found).is_over(found)) == goals


def test_a_run_whose_record_is_gone_cannot_succeed_any_more() -> None:
    found = runs("Running", "Running")
    over = [goal for goal in Goal if waiting(goal, *found).is_over(found[:1])]
    assert over == [Goal.RUNNING, Goal.SUCCEEDED]


@dataclass
class Platform:
    """Runs that change their state over time, which only passes in a sleep."""

    changes: dict[float, dict[str, str]]
    live: dict[str, Run]
    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)
    unlisted: frozenset[str] = frozenset()
    is_interrupted: bool = False

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.seconds += seconds
        for time in [time for time in self.changes if time <= self.seconds]:
            self._change(self.changes.pop(time))

    def _change(self, states: dict[str, str]) -> None:
        for name, state in states.items():
            declared, number = (ONE, 1) if name == "one" else (OTHER, 2)
            self.live.pop(run(declared, "", number).id)
            if state != "gone":
                changed = run(declared, state, number)
                self.live[changed.id] = changed

    def list_all(self, query: ListQuery) -> tuple[TaskRecord, ...]:
        return tuple(record(one) for one in self.live.values() if one.id not in self.unlisted)

    def get(self, task_id: str) -> TaskRecord:
        if task_id not in self.live:
            raise NotFound("there is no such task", action="GetCustomTask")
        return record(self.live[task_id])


def record(live: Run) -> TaskRecord:
    raw = {"Id": live.id, "Name": live.name, "State": live.state, "Tags": list(live.tags)}
    return read_task(raw, action="ListCustomTasks")


def platform(*found: Run, changes: dict[float, dict[str, str]] | None = None) -> Platform:
    return Platform(changes or {}, {one.id: one for one in found})


def workspace(client: Platform) -> Workspace:
    parts = SimpleNamespace(
        loaded=SimpleNamespace(scope=SCOPE, selected=None),
        connection=SimpleNamespace(client=client),
        option="",
        declared_names=list,
    )
    return cast("Workspace", parts)


def seen(client: Platform, wanted: Waiting) -> list[list[str]]:
    """Return the states at each read, until the wait ends."""
    return [[one.state for one in found] for found in until(workspace(client), wanted, client)]


def test_an_ended_run_is_read_once() -> None:
    found = runs("Success", "Failed")
    client = platform(*found)
    assert seen(client, waiting(Goal.FINISHED, *found)) == [["Success", "Failed"]]
    assert client.slept == []


def test_a_wait_ends_with_the_read_that_shows_the_goal() -> None:
    found = runs("Queue")
    client = platform(*found, changes={0.1: {"one": "Running"}, 0.2: {"one": "Success"}})
    assert seen(client, waiting(Goal.RUNNING, *found)) == [["Queue"], ["Running"]]


def test_pauses_grow_while_nothing_changes_and_restart_after_a_change() -> None:
    found = runs("Queue")
    client = platform(*found, changes={30: {"one": "Running"}, 33: {"one": "Success"}})
    seen(client, waiting(Goal.FINISHED, *found))
    after = next(n for n in range(1, len(client.slept)) if client.slept[n] < client.slept[n - 1])
    quiet = client.slept[:after]
    assert quiet[:3] == [0.1, 0.15, 0.225]
    assert quiet == sorted(quiet)
    assert quiet[-1] == 5.0
    assert client.slept[after] == 0.1


@pytest.mark.parametrize("timeout", [0, 1, 60])
def test_a_wait_takes_exactly_its_timeout_when_nothing_changes(timeout: float) -> None:
    found = runs("Running")
    client = platform(*found)
    looks = seen(client, waiting(Goal.FINISHED, *found, timeout=timeout))
    assert client.seconds == pytest.approx(timeout)
    assert len(looks) == len(client.slept) + 1


def test_a_run_that_ends_at_the_last_read_is_seen() -> None:
    found = runs("Running")
    client = platform(*found, changes={1: {"one": "Success"}})
    assert seen(client, waiting(Goal.FINISHED, *found, timeout=1))[-1] == ["Success"]


def test_an_interrupted_wait_ends_without_another_pause() -> None:
    found = runs("Running")
    client = platform(*found)
    client.is_interrupted = True
    assert seen(client, waiting(Goal.FINISHED, *found)) == [["Running"]]
    assert client.slept == []


def test_a_deleted_record_is_no_longer_waited_for() -> None:
    found = runs("Running", "Running")
    client = platform(*found, changes={1: {"one": "gone"}, 2: {"other": "Success"}})
    assert seen(client, waiting(Goal.FINISHED, *found))[-1] == ["Success"]


def test_a_run_that_no_list_shows_yet_is_read_by_its_id() -> None:
    found = runs("Success")
    client = platform(*found)
    client.unlisted = frozenset({found[0].id})
    assert seen(client, waiting(Goal.FINISHED, *found)) == [["Success"]]


def named(*names: str) -> dict[str, str]:
    found = runs_named(workspace(platform(*NAMED)), names)
    return {run.id: name for name, run in found.items()}


NAMED = (
    run(ONE, "Running", 1),
    run(ONE, "Failed", 3),
    run(OTHER, "Success", 2),
    run(OTHER, "Failed", 4),
)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["one"], {NAMED[0].id: "one"}),
        (["other"], {NAMED[3].id: "other"}),
        (["o*"], {NAMED[0].id: "one", NAMED[3].id: "other"}),
        (["*e", "one"], {NAMED[0].id: "one"}),
        (["ot?er", "[o]ne"], {NAMED[3].id: "other", NAMED[0].id: "one"}),
    ],
)
def test_a_name_selects_the_newest_active_run_else_the_newest(
    names: list[str], found: dict[str, str]
) -> None:
    assert list(named(*names).items()) == list(found.items())


@pytest.mark.parametrize(("name", "message"), [("three", "there is no task"), ("t*", "matches no task")])
def test_a_name_without_a_run_is_an_error(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        named("one", name)
    assert caught.value.code == "JS409"


@dataclass
class LettingGo:
    """A clock whose first sleep lets a task of the local platform end."""

    release: Callable[[], object]
    seconds: float = 0.0
    is_interrupted: bool = False

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        if self.seconds == 0:
            self.release()
        self.seconds += seconds


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path) as created:
        yield created


def test_a_run_of_the_local_platform_is_waited_for(project: Project) -> None:
    project.declare("train", UNTIL_GO)
    project.apply()
    project.until_state("train", "Running")
    opened = open_scope(Target((project.root,)), Surroundings(os.environ, project.home, project.root))

    def release() -> None:
        project.let_go()
        project.until_state("train", "Success")

    wanted = of_names(opened, ["train"], Goal.FINISHED, None)
    looks = [[one.state for one in found] for found in until(opened, wanted, LettingGo(release))]
    assert looks == [["Running"], ["Success"]]


def test_a_run_of_another_user_is_not_waited_for() -> None:
    plan = planned([task()], [])
    held = twins.hold(plan, [unmanaged("train", "Running")], ())
    assert to_wait_for(held, []) == {}


def test_a_run_in_an_unknown_state_is_not_waited_for() -> None:
    assert to_wait_for(planned([task()], [run(task(), "Hibernating")]), []) == {}
