"""The status of tasks: which of several changes is shown as the next, and the table for people."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from jobspec.reconcile.planning.plan import Action, Change, Plan, Reason, ordered
from jobspec.report.status import text as status_text
from jobspec.report.status import view as status_view
from jobspec.report.status.view import StatusView
from jobspec.report.table import fit
from jobspec.report.text import width_of
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, planned, run, task

if TYPE_CHECKING:
    from datetime import datetime

PLATFORM = PlatformView(kind="local", endpoint="/project/.jobspec")
DONE = Change("train", Action.NONE, Reason.DONE)
GOING = Change("train", Action.NONE, Reason.IN_PROGRESS)
DUPLICATE = Change("train", Action.CANCEL, Reason.DUPLICATE)
RELABEL = Change("train", Action.UPDATE, Reason.IN_PROGRESS)
AGAIN = Change("train", Action.SUBMIT, Reason.SPEC_CHANGED)
TIDY = Change("train", Action.DELETE, Reason.HISTORY)
REMOVE = Change("train", Action.DELETE, Reason.REMOVED)


def status_of(*changes: Change) -> StatusView:
    return status_view.view(Plan("vision", ordered(list(changes)), managed=1), {}, PLATFORM)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ([DONE], DONE),
        ([GOING, DUPLICATE], DUPLICATE),
        ([RELABEL, DUPLICATE], DUPLICATE),
        ([DONE, TIDY], DONE),
        ([AGAIN, TIDY, TIDY], AGAIN),
        ([REMOVE], REMOVE),
    ],
)
def test_the_next_of_a_task_is_its_riskiest_change_but_tidying(changes: list[Change], shown: Change) -> None:
    [told] = status_of(*changes).tasks
    assert (told.action, told.reason) == (shown.action, shown.reason)


def test_every_task_is_told_once_and_by_name() -> None:
    changes = [Change(name, Action.NONE, Reason.DONE) for name in ("b", "a", "c")]
    told = status_of(*changes, replace(changes[0], action=Action.CANCEL)).tasks
    assert [task.task for task in told] == ["a", "b", "c"]


def test_the_table_says_how_long_what_comes_next_and_how_many() -> None:
    train = task()
    live = run(train, "Running", hours=2)
    view = status_view.view(planned([train, task("new")], [live]), {"train": live}, PLATFORM)
    text = status_text.render(view, now=EPOCH + timedelta(minutes=30), colour=False)
    assert [line.split() for line in text.splitlines()] == [
        ["TASK", "PHASE", "RUN", "FOR", "NEXT", "NOTE"],
        ["new", "-", "-", "-", "submit", "(new)"],
        ["train", "running", live.id, "2h30m", "in-progress"],
        ["vision:", "2", "tasks;", "1", "running"],
    ]


@pytest.mark.parametrize(
    ("state", "launched", "shown"), [("Killed", None, "-"), ("Killed", EPOCH, "5m"), ("Queue", None, "30m")]
)
def test_a_run_that_ended_in_the_queue_has_no_run_time(
    state: str, launched: datetime | None, shown: str
) -> None:
    ended = EPOCH + timedelta(minutes=5) if state == "Killed" else None
    live = replace(run(task(), state), created=EPOCH, launched=launched, finished=ended)
    view = status_view.view(planned([task()], [live]), {"train": live}, PLATFORM)
    text = status_text.render(view, now=EPOCH + timedelta(minutes=30), colour=False)
    assert text.splitlines()[1].split()[3] == shown


def test_colour_adds_nothing_but_colour() -> None:
    train = task()
    failed = run(train, "Failed")
    view = status_view.view(planned([train], [failed]), {"train": failed}, PLATFORM)
    painted = status_text.render(view, now=EPOCH, colour=True)
    assert "\x1b[31mfailed\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == status_text.render(view, now=EPOCH, colour=False)


def test_a_scope_without_tasks_says_so() -> None:
    assert status_text.render(status_of(), now=EPOCH, colour=False) == "vision: no tasks\n"


OVER = Change("over", Action.NONE, Reason.REMOVED)


@pytest.mark.parametrize(
    ("state", "action", "is_shown"),
    [
        ("Success", Action.NONE, False),
        ("Killed", Action.NONE, False),
        ("Running", Action.NONE, True),
        ("Hibernating", Action.NONE, True),
        ("Success", Action.DELETE, True),
    ],
)
def test_only_what_has_finished_and_stays_is_left_out(state: str, action: Action, is_shown: bool) -> None:
    plan = Plan("vision", (replace(OVER, action=action),), managed=1)
    view = status_view.view(plan, {"over": run(task("over"), state)}, PLATFORM)
    shown = status_view.without_leftovers(view)
    assert (len(shown.tasks), shown.no_longer_declared) == ((1, 0) if is_shown else (0, 1))


def test_what_is_left_out_is_counted_below() -> None:
    view = replace(status_of(DONE), no_longer_declared=3)
    text = status_text.render(view, now=EPOCH, colour=False)
    assert text.splitlines()[-1] == "3 finished tasks are no longer declared; use --all to show them"
    nothing = replace(status_of(), no_longer_declared=1)
    assert status_text.render(nothing, now=EPOCH, colour=False).splitlines() == [
        "vision: no tasks",
        "1 finished task is no longer declared; use --all to show it",
    ]


LONG_NAME = "pretrain-transformer-large-imagenet21k-augmentation-{}-of-a-sweep"


def fitted_status(columns: int, name: str = LONG_NAME) -> list[str]:
    runs = {name.format(one): run(task(name.format(one)), "Failed") for one in range(3)}
    runs = {one: replace(live, unmasked_detail="worker-0 exited with code 3") for one, live in runs.items()}
    changes = [Change(one, Action.NONE, Reason.FAILED) for one in runs]
    view = status_view.view(Plan("vision", ordered(changes), managed=3), runs, PLATFORM)
    return status_text.render(view, now=EPOCH, colour=False, columns=columns).splitlines()


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120])
@pytest.mark.parametrize("name", [LONG_NAME, "t{}", "训练" * 30 + "{}"])
def test_no_line_is_wider_than_the_terminal(columns: int, name: str) -> None:
    assert all(width_of(line) <= columns for line in fitted_status(columns, name))


def test_at_80_columns_ids_are_whole_and_names_keep_both_ends() -> None:
    header, *lines, _ = fitted_status(80)
    assert header.split() == ["TASK", "PHASE", "RUN", "FOR", "NEXT"]
    assert lines[0].startswith("pretrain")
    assert "-0-of-a-sweep  failed" in lines[0]
    assert lines[1] == "  worker-0 exited with code 3"


def test_with_room_the_notes_stand_in_their_column() -> None:
    header, *lines, _ = fitted_status(120, "t{}")
    assert header.split()[-1] == "NOTE"
    assert lines[0].endswith("worker-0 exited with code 3")


@pytest.mark.parametrize(
    ("widths", "room", "fits"),
    [
        ([5, 22, 60], 90, [5, 22, 60]),
        ([5, 22, 60], 60, [5, 22, 33]),
        ([5, 60, 40], 55, [5, 25, 25]),
        ([5, 22, 60], 30, [5, 12, 13]),
        ([5, 5], 1, [1, 1]),
    ],
)
def test_long_columns_give_way_first(widths: list[int], room: int, fits: list[int]) -> None:
    assert fit(widths, room) == fits
