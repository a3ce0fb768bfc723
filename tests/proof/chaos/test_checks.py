"""Each check notices a database, or an end of commands, that breaks what it holds; and nothing else does."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobspec.local.folder import prepare
from jobspec.local.store.database import open_database
from jobspec.local.store.store import Store, Transition
from jobspec.local.supervisor.lifecycle import Event
from tests.local.calls import task
from tests.local.places import place
from tests.proof.chaos import checks
from tests.proof.chaos.checks import CHECKS, Check, judge
from tests.proof.chaos.plans import APPLY, Act, Declared, Deed, Kill, Moment, Place, Plan, plan_of
from tests.proof.chaos.proxy import Request
from tests.proof.chaos.records import Run, read_runs
from tests.proof.chaos.rounds import Ended, Scene, Story
from tests.proof.chaos.tally import ALWAYS, Tally, tale

BEGAN = 1_000_000.0
ANT = Declared("ant", "exec sleep 600 # ant 0")
ACT = Act((ANT,), (), ())
APPLIED = Ended("AK-0-0", APPLY, 0, None, 0, "apply: 1 done", "")
QUIET = Ended("AK-peace-0", APPLY, 0, None, 0, "plan: nothing to do; 1 unchanged", "")
LOOKED = Ended("AK-plan", ("plan", "--detailed-exitcode"), 0, None, 0, "", "")
PLAN = Plan(0, 1, 0, (ACT,))


class Past:
    """A platform's database, written as it came about; times are seconds after the round began."""

    def __init__(self, root: Path) -> None:
        prepare(place(root))
        self.file = place(root).store
        self.store = Store(open_database(place(root)))

    def run(self, *, at: float, command: str = ANT.command, name: str = "ant", tags: str = "run_1") -> str:
        """A run of ours; `tags` is its intention, and why it was stopped."""
        own = [f"jobspec-{tag}" for tag in ("scope_chaos", f"task_{name}", "spec_1a", *tags.split())]
        return self.foreign(at=at, command=command, name=name, tags=own)

    def foreign(self, *, at: float, command: str, name: str, tags: list[str]) -> str:
        body = {**task(name, command), "Tags": tags}
        created = self.store.create(body, now=_moment(at))
        self._walk(created, at, Event.ADMIT, Event.LAUNCH)
        return created

    def succeeds(self, run: str, *, at: float) -> None:
        self._walk(run, at, Event.SUCCEED)

    def is_stopped(self, run: str, *, at: float) -> None:
        self._walk(run, at, Event.STOP, Event.STOPPED)

    def _walk(self, run: str, at: float, *events: Event) -> None:
        for event in events:
            self.store.move(run, event, Transition(), now=_moment(at))

    def story(self) -> Story:
        """The story of a round that ended like this, with nothing wrong but what the database shows."""
        scene = Scene(ACT, BEGAN, (APPLIED,), frozenset())
        runs = read_runs(self.file)
        foreign = tuple(run for run in runs if not run.tag("scope"))
        return Story(PLAN, (scene,), (QUIET, LOOKED), foreign, runs, (), Counter())


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(BEGAN + at, UTC)


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    past = Past(tmp_path)
    past.foreign(at=-1, command="true", name="foreign", tags=[])
    yield past
    past.store.close()


def broken(story: Story) -> list[Check]:
    """The checks that notice something."""
    return [check for check in CHECKS if list(check(story))]


def with_folders(story: Story, folders: int) -> Story:
    return replace(story, plan=replace(story.plan, folders=folders))


def with_scene(story: Story, **changes: object) -> Story:
    return replace(story, scenes=(replace(story.scenes[0], **changes),))  # type: ignore[arg-type] # by name


def ended(story: Story, **changes: object) -> Story:
    """The first command ended in another way."""
    return with_scene(story, commands=(replace(APPLIED, **changes),))  # type: ignore[arg-type] # by name


def test_a_round_in_which_nothing_is_wrong_breaks_no_check(past: Past) -> None:
    past.run(at=1)
    assert judge(past.story()) == []


def test_two_runs_at_once_are_noticed_with_one_applier_and_three_with_two(past: Past) -> None:
    past.run(at=0.5)
    for at in (1, 2):
        past.is_stopped(past.run(at=at, tags=f"run_at{at} stop_duplicate"), at=9)
    assert broken(past.story()) == [checks.never_more_at_once_than_appliers]
    assert broken(with_folders(past.story(), 2)) == [checks.never_more_at_once_than_appliers]
    assert broken(with_folders(past.story(), 3)) == []


def test_two_runs_of_one_intention_are_noticed_with_one_applier(past: Past) -> None:
    past.is_stopped(past.run(at=1, command="old"), at=2)
    past.run(at=3)
    assert broken(past.story()) == [checks.one_run_an_intention]
    assert broken(with_folders(past.story(), 2)) == []


def test_a_stopped_run_that_matches_is_noticed_unless_people_wished_it(past: Past) -> None:
    stopped = past.run(at=1, tags="run_1 stop_replace")
    past.is_stopped(stopped, at=2)
    past.run(at=3, tags="run_2")
    story = past.story()
    assert broken(story) == [checks.no_run_that_matches_is_stopped]
    for words in (("cancel", "ant", "--yes"), ("destroy", "--yes")):
        assert broken(ended(story, words=words)) == []
    past.is_stopped(story.runs[-1].id, at=4)
    assert broken(with_scene(past.story(), stopped_by_people=frozenset({stopped, story.runs[-1].id}))) == []


def test_a_duplicate_that_is_stopped_though_none_stays_is_noticed(past: Past) -> None:
    older = past.run(at=1)
    past.is_stopped(past.run(at=2, tags="run_2 stop_duplicate"), at=9)
    assert broken(with_folders(past.story(), 2)) == []
    past.succeeds(older, at=4)
    assert checks.no_run_that_matches_is_stopped in broken(with_folders(past.story(), 2))


def test_a_foreign_task_that_is_stopped_relabelled_or_gone_is_noticed(past: Past) -> None:
    past.run(at=1)
    story = past.story()
    foreign = story.foreign[0]
    others = tuple(run for run in story.runs if run != foreign)
    relabelled = replace(foreign, tags=("jobspec-scope_chaos",))
    gone = replace(story, runs=others)
    assert broken(gone) == [checks.others_are_untouched]
    assert checks.others_are_untouched in broken(replace(story, runs=(*others, relabelled)))
    past.is_stopped(foreign.id, at=2)
    assert broken(replace(past.story(), foreign=(foreign,))) == [checks.others_are_untouched]


@pytest.mark.parametrize(
    "peace",
    [
        (replace(QUIET, out="plan: 1 to submit; 0 unchanged"), LOOKED),
        (replace(QUIET, code=4), LOOKED),
        (QUIET, replace(LOOKED, code=2)),
    ],
)
def test_a_peace_that_does_not_come_is_noticed(past: Past, peace: tuple[Ended, Ended]) -> None:
    past.run(at=1)
    assert broken(replace(past.story(), peace=peace)) == [checks.peace_comes_soon]


def test_a_write_of_an_apply_with_nothing_to_do_is_noticed(past: Past) -> None:
    past.run(at=1)
    request = Request(QUIET.key, Place("UpdateCustomTask", 0), None, {}, BEGAN)
    assert broken(replace(past.story(), requests=(request,))) == [checks.peace_comes_soon]


def test_two_runs_none_and_one_too_many_are_noticed_in_the_end(past: Past) -> None:
    assert broken(past.story()) == [checks.one_run_stays]
    past.run(at=1)
    assert broken(past.story()) == []
    past.run(at=2, name="removed")
    assert broken(past.story()) == [checks.one_run_stays]


def test_a_suspended_task_that_runs_is_noticed(past: Past) -> None:
    past.run(at=1)
    suspended = Act((replace(ANT, suspended=True),), (), ())
    assert broken(with_scene(past.story(), act=suspended)) == [checks.one_run_stays]


def test_what_is_done_and_runs_again_is_noticed(past: Past) -> None:
    past.succeeds(past.run(at=1), at=2)
    assert broken(past.story()) == []
    past.succeeds(past.run(at=3, tags="run_2"), at=4)
    assert broken(past.story()) == [checks.done_stays_done]
    past.succeeds(past.run(at=30, tags="run_3"), at=31)
    assert broken(with_folders(past.story(), 2)) == [checks.done_stays_done]


def test_a_run_that_was_reported_and_is_not_there_is_noticed(past: Past) -> None:
    past.run(at=1)
    story = ended(past.story(), out="✓ submitted ant  t-20261123175501-00009")
    assert broken(story) == [checks.what_is_reported_is_there]
    deleted = replace(ACT, deeds=(Deed("DeleteCustomTask", "ant", 1.0),))
    assert broken(with_scene(story, act=deleted)) == []


def test_an_exit_code_that_nothing_explains_is_noticed(past: Past) -> None:
    past.run(at=1)
    for code in (2, 130, -9):
        assert broken(ended(past.story(), code=code)) == [checks.commands_end_as_documented]
    assert broken(ended(past.story(), code=130, kill=Kill(signal.SIGTERM))) == []
    assert broken(ended(past.story(), code=130, kill=Kill(signal.SIGKILL))) != []


@pytest.mark.parametrize("said", ["error[JS900]: a bug in jobspec", "Traceback (most recent call last):"])
def test_a_bug_that_is_told_is_noticed(past: Past, said: str) -> None:
    past.run(at=1)
    assert broken(ended(past.story(), err=said, code=1)) == [checks.commands_end_as_documented]


def test_a_round_on_a_machine_that_was_too_slow_is_counted_and_not_judged(past: Past) -> None:
    late = Request("AK", Place("CreateCustomTask", 0), None, {}, received=BEGAN, executed=BEGAN + 5)
    tally = Tally()
    tally.add(replace(past.story(), requests=(late,)))
    assert (tally.slow, tally.tale) == ([0], "")
    tally.add(past.story())
    assert "BROKEN: 0 runs of ant are active in the end" in tally.tale


def test_what_a_long_run_never_met_is_told() -> None:
    tally = Tally(reached=Counter(ALWAYS))
    assert tally.never_reached() == []
    del tally.reached["SIGTERM"]
    assert tally.never_reached() == ["SIGTERM"]


def test_a_story_tells_the_seed_the_plan_the_commands_and_the_runs(past: Past) -> None:
    past.run(at=1)
    plan = plan_of(1)
    faults = plan.acts[0].commands[0].faults
    told = tale(replace(past.story(), plan=plan), ["it broke"])
    assert "BROKEN: it broke" in told
    assert "--rounds 1 --seed 1" in told
    assert "AK-0-0 apply --yes in 0 exits 0" in told
    assert all(f"    {place.action} {place.number}: {fault}" in told for place, fault in faults.items())
    assert str(past.story().runs[-1]) in told


def test_a_seed_is_the_same_plan_and_other_seeds_are_others() -> None:
    assert plan_of(7) == plan_of(7)
    assert len({str(plan_of(seed)) for seed in range(20)}) == 20


def test_kills_are_planned_at_every_moment_of_a_request() -> None:
    commands = [command for seed in range(50) for act in plan_of(seed).acts for command in act.commands]
    assert {command.kill.moment for command in commands if command.kill} == set(Moment)


def test_the_runs_of_a_platform_that_was_never_used_are_none(tmp_path: Path) -> None:
    runs: tuple[Run, ...] = read_runs(tmp_path / "local.db")
    assert runs == ()
