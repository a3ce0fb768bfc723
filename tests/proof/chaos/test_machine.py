"""A machine in trouble: a full disk, a read-only folder, a clock that jumps, a supervisor that is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from jobspec.apply.journal import FileJournal
from jobspec.config.project_state import project_folder
from jobspec.config.scope_state import AccountId, scope_folder
from tests.allowed import allow_endpoint
from tests.local.calls import until
from tests.processes import end_supervisor, processes_with
from tests.projects import UNTIL_GO, Project
from tests.proof.chaos.machine import (
    UNCACHED,
    JumpingClock,
    are_obeyed,
    fill_disk_of,
    make_room_for,
    new_project,
    obey_permissions,
    replicas_of,
    run,
    with_room,
)
from tests.proof.chaos.records import Run, read_runs
from tests.proof.chaos.world import SCOPE, call, kept_below, serving

pytestmark = pytest.mark.long

DAY = 86_400.0
KEYS = {"VOLC_ACCESSKEY": "AKLT-test", "VOLC_SECRETKEY": "right-key"}
FOREVER = "exec sleep 600"


@dataclass(frozen=True, slots=True)
class Served:
    """A platform that is served from a folder, and a project elsewhere that uses it."""

    folder: Path
    url: str
    project: Project
    home: Path

    @property
    def state(self) -> Path:
        """Where the platform keeps its store."""
        return project_folder(kept_below(self.home), self.folder).path

    def runs(self) -> tuple[Run, ...]:
        return read_runs(self.state / "local.db")

    def only(self, name: str) -> Run:
        [run] = [run for run in self.runs() if run.name == name]
        return run

    def states(self, name: str) -> list[str]:
        """The states of all tasks of that name, oldest first."""
        return [run.state for run in self.runs() if run.name == name]

    def until_state(self, name: str, state: str) -> None:
        """Wait for a state; asking the platform is what starts a supervisor where there is none."""
        until(lambda: self.ask() and self.only(name).state == state)

    def ask(self) -> bool:
        return call(self.url, "ListCustomTasks", {}) is not None

    @property
    def server(self) -> int:
        return min(processes_with("\0serve\0", str(self.folder)))

    @property
    def supervisor_log(self) -> str:
        return (self.state / "supervisor.log").read_text(encoding="utf-8")

    def supervisors(self) -> list[int]:
        return processes_with("jobspec.local.supervisor.main", str(self.folder))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "served"
    folder.mkdir()
    with serving(folder, home=tmp_path, around=UNCACHED) as url:
        yield Served(folder, url, new_project(tmp_path / "project", url=url), tmp_path)


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    return JumpingClock(tmp_path / "clock")


@pytest.fixture
def local(tmp_path: Path, clock: JumpingClock) -> Iterator[Served]:
    """A project on a platform of its own, on a machine whose clock jumps."""
    project = new_project(tmp_path / "project", around=clock.around)
    yield Served(project.root, "", project, project.home)
    end_supervisor(project.state)


def test_without_room_for_a_note_nothing_is_submitted(served: Served) -> None:
    served.project.declare("train", FOREVER)
    said = run(served.project, "apply", "--yes", under=with_room(0))
    assert (said.code, served.runs()) == (1, ())
    assert "cannot use the journal: File too large; nothing was sent" in said.err
    assert run(served.project, "apply", "--yes").code == 0
    assert served.only("train").is_active


def test_a_note_that_a_full_disk_has_torn_costs_a_wait_and_no_second_run(served: Served) -> None:
    served.project.declare("train", FOREVER)
    assert run(served.project, "apply", "--yes", under=with_room(16)).code == 0
    [journal] = (served.project.kept.scopes).glob("*/journal.jsonl")
    assert journal.stat().st_size == 16
    again = run(served.project, "apply", "--yes")
    assert "an earlier apply ended before its submit was confirmed" in again.err
    assert "plan: nothing to do; 1 unchanged" in again.out
    assert served.only("train").is_active


def test_where_the_platform_has_no_room_the_outcome_is_unknown_and_the_next_apply_submits_once(
    served: Served,
) -> None:
    served.project.declare("first", FOREVER)
    assert run(served.project, "apply", "--yes").code == 0
    fill_disk_of(served.server, 0)
    served.project.declare("second", FOREVER)
    said = run(served.project, "apply", "--yes")
    assert (said.code, [run.name for run in served.runs()]) == (4, ["first"])
    assert "check the disk and its free space" in said.out
    make_room_for(served.server)
    assert run(served.project, "apply", "--yes").code == 0
    assert served.only("second").is_active
    assert served.only("first").is_active


def test_what_ended_while_a_supervisor_had_no_room_is_written_down_when_it_has(served: Served) -> None:
    served.project.declare("train", UNTIL_GO)
    run(served.project, "apply", "--yes")
    served.until_state("train", "Running")
    [supervisor] = served.supervisors()
    fill_disk_of(supervisor, 512)
    (served.folder / "go").touch()
    until(lambda: not replicas_of(served.only("train").id))
    until(lambda: "tasks continue, and the supervisor tries again" in served.supervisor_log)
    assert (served.only("train").state, served.supervisors()) == ("Running", [supervisor])
    make_room_for(supervisor)
    until(lambda: served.only("train").state == "Success")


def test_without_room_a_saved_plan_is_the_old_one_or_none(served: Served) -> None:
    served.project.declare("train", FOREVER)
    file = served.project.root / "plan.json"
    before = set(served.project.root.iterdir())
    assert run(served.project, "plan", "-o", "plan.json", under=with_room(100)).code == 1
    assert set(served.project.root.iterdir()) == before
    run(served.project, "plan", "-o", "plan.json")
    old = file.read_bytes()
    served.project.declare("more", FOREVER)
    said = run(served.project, "plan", "-o", "plan.json", under=with_room(100))
    assert (said.code, file.read_bytes() == old) == (1, True)
    assert "`plan.json` cannot be used: File too large" in said.err
    assert set(served.project.root.iterdir()) == before | {file}


def test_with_a_read_only_state_folder_a_plan_is_made_and_nothing_is_submitted(served: Served) -> None:
    served.project.declare("train", FOREVER)
    state = served.project.kept.path  # there since `serve` keeps its key in it
    state.chmod(0o500)
    try:
        if not are_obeyed(state):
            pytest.skip("no permission holds this user back here")
        assert "1 to submit" in run(served.project, "plan", under=obey_permissions).out
        said = run(served.project, "apply", "--yes", under=obey_permissions)
    finally:
        state.chmod(0o700)
    assert (said.code, served.runs()) == (1, ())
    assert "error[JS603]: cannot use the journal: Permission denied; nothing was sent" in said.err


@pytest.mark.parametrize("off", [-DAY, 0.0, DAY])
def test_an_intention_noted_by_another_time_is_waited_for_no_longer_than_it_takes_to_settle(
    local: Served, clock: JumpingClock, off: float
) -> None:
    local.project.declare("train", FOREVER)
    state = local.project.kept
    account = AccountId("local", str(project_folder(state, local.folder).path))
    journal = FileJournal(scope_folder(state, account, SCOPE), time.time)
    journal.intend("0123456789abcdef", f"{SCOPE}/train")
    clock.jump_to(off)
    said = run(local.project, "apply", "--yes")
    assert said.code == 0
    assert ("before its submit was confirmed" in said.err) == (off == 0)
    assert local.only("train").is_active


def test_runs_stay_in_the_order_of_their_creation_when_the_clock_is_set_back(
    local: Served, clock: JumpingClock
) -> None:
    local.project.declare("first", FOREVER)
    run(local.project, "apply", "--yes")
    clock.jump_to(-DAY)
    local.project.declare("second", FOREVER)
    run(local.project, "apply", "--yes")
    first, second = local.runs()
    assert (first.name, second.name) == ("first", "second")
    assert (first.created, first.id) < (second.created + 1e-9, second.id)
    assert "plan: nothing to do; 2 unchanged" in run(local.project, "apply", "--yes").out


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_that_jumps_ends_no_running_task(local: Served, clock: JumpingClock, jump: float) -> None:
    local.project.declare("long", FOREVER, spec="activeDeadline: 1h")
    run(local.project, "apply", "--yes", "--wait=running")
    clock.jump_to(jump)
    local.project.declare("short", "true")
    run(local.project, "apply", "--yes")
    until(lambda: local.only("short").state == "Success")
    assert local.only("long").state == "Running"


def test_a_clock_set_back_holds_no_retry_up(local: Served, clock: JumpingClock) -> None:
    retry = "retry: {enabled: true, maxTimes: 1, interval: 2s, on: [Failed]}"
    local.project.declare("flaky", "[ -e tried ] || { touch tried; exit 1; }", spec=retry)
    run(local.project, "apply", "--yes")
    until(lambda: local.states("flaky") == ["Failed", "Queue"])
    clock.jump_to(-DAY)
    until(lambda: local.states("flaky") == ["Failed", "Success"], seconds=15)


@pytest.mark.parametrize("off", [-DAY, DAY])
def test_with_a_clock_that_is_a_day_off_a_signed_platform_is_written_nothing_and_the_clock_is_named(
    tmp_path: Path, clock: JumpingClock, off: float
) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    with serving(folder, "--signed", home=tmp_path, around=KEYS) as url:
        allow_endpoint(tmp_path, url)
        project = new_project(tmp_path / "project", url=url, around={**clock.around, **KEYS})
        project.declare("train", FOREVER)
        clock.jump_to(off)
        said = run(project, "apply", "--yes")
        assert (said.code, read_runs(project_folder(project.kept, folder).path / "local.db")) == (1, ())
        assert "clock" in said.err
        clock.jump_to(0)
        assert run(project, "apply", "--yes").code == 0


def test_a_killed_supervisor_leaves_nothing_running_and_the_queue_goes_on(served: Served) -> None:
    for name in ("ant", "bee", "cat", "dog", "elk"):
        served.project.declare(name, FOREVER)
    run(served.project, "apply", "--yes")
    until(lambda: sorted(run.state for run in served.runs()) == ["Queue", *["Running"] * 4])
    running = [run.id for run in served.runs() if run.state == "Running"]
    [queued] = [run.name for run in served.runs() if run.state == "Queue"]
    kill_all(served.supervisors())
    served.until_state(queued, "Running")
    assert {run.state for run in served.runs() if run.id in running} == {"Exception"}
    until(lambda: not any(map(replicas_of, running)))
    assert "plan: 4 to review; 1 unchanged" in run(served.project, "apply", "--yes").out


def test_supervisors_killed_at_random_moments_leave_no_run_without_a_process_and_no_process_without_a_run(
    served: Served,
) -> None:
    rng = Random(1)
    for name in ("ant", "bee", "cat", "dog", "elk"):
        served.project.declare(name, FOREVER, lifecycle="restartPolicy: Always")
    for _ in range(3):  # more failures than that are not retried
        run(served.project, "apply", "--yes")
        kill_in(rng.uniform(0.0, 0.2), served)
        until(lambda: served.ask() and not any(map(is_orphan, served.runs())))
    run(served.project, "apply", "--yes")
    until(lambda: served.ask() and sorted(run.state for run in served.runs() if run.is_active) == BUSY)
    until(lambda: all(bool(replicas_of(run.id)) == (run.state == "Running") for run in served.runs()))


def is_orphan(run: Run) -> bool:
    return run.state == "Running" and not replicas_of(run.id)


BUSY = ["Queue", *["Running"] * 4]


def kill_in(seconds: float, served: Served) -> None:
    """Kill the supervisor at a moment of its work."""
    time.sleep(seconds)  # the moment is what is tried
    kill_all(served.supervisors())


def kill_all(processes: list[int]) -> None:
    assert processes
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
