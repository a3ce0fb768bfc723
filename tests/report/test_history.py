"""The runs of a task: their order, what is told of each, and the text for people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from jobspec.reconcile.runs import Run
from jobspec.reconcile.tags import Inconsistent
from jobspec.report.history import text as history_text
from jobspec.report.history.view import HistoryView, past_runs
from jobspec.report.view import PlatformView
from tests.reconcile.world import EPOCH, run, task

PLATFORM = PlatformView(kind="local", endpoint="/project/.jobspec")
OTHER = "1" + "0" * 16


def confused(state: str, number: int = 1) -> Run:
    """A run whose tags contradict each other."""
    marks = Inconsistent("two `jobspec-spec_…` tags", frozenset(), frozenset())
    return replace(run(task(), state, number), marks=marks)


def echoing(past: Run, **spec: object) -> Run:
    return replace(past, spec=spec)


def history(*runs: Run, limit: int | None = None) -> HistoryView:
    shown = past_runs(runs, limit)
    return HistoryView(scope="vision", platform=PLATFORM, task="train", total=len(runs), runs=shown)


def text(*runs: Run, limit: int | None = None, colour: bool = False) -> str:
    view = history(*runs, limit=limit)
    return history_text.render(view, now=EPOCH + timedelta(minutes=30), colour=colour)


FIRST, SECOND, THIRD = (run(task(), "Failed", number) for number in (1, 2, 3))


def test_the_newest_run_comes_first() -> None:
    assert [past.id for past in history(FIRST, SECOND, THIRD).runs] == [THIRD.id, SECOND.id, FIRST.id]


def test_a_changed_field_of_extra_is_shown_and_a_time_of_the_record_is_not() -> None:
    before = echoing(FIRST, New={"A": 1}, State="Failed", ElapsedTime=3)
    after = echoing(run(task(spec={"args": "--b"}), "Failed", 2), New={"A": 2}, State="Killed", ElapsedTime=9)
    found = history(before, after).runs[0].differences
    assert [(one.field, one.before, one.after) for one in found] == [("spec.extra.New.A", 1, 2)]


def test_a_limit_leaves_out_the_oldest_but_not_what_the_last_one_is_compared_with() -> None:
    view = history(FIRST, SECOND, THIRD, limit=2)
    assert [(past.id, past.before) for past in view.runs] == [(THIRD.id, SECOND.id), (SECOND.id, FIRST.id)]
    assert view.total == 3


STOPPED = {
    "by-us": (run(task(), "Cancelled", stop="replace"), "replace", "stopped by jobspec: replace"),
    "duplicate": (run(task(), "Killed", stop="duplicate"), "duplicate", "stopped by jobspec: duplicate"),
    "by-cancel": (run(task(), "Cancelled", stop="user"), "user", "stopped by `jobspec cancel`"),
    "outside": (run(task(), "Killed"), "outside", "stopped by another user or the platform"),
    "stopping": (run(task(), "Killing", stop="removed"), "removed", "is being stopped by jobspec: removed"),
    "tags": (confused("Cancelled"), "unknown", "stopped by an unknown user"),
}


@pytest.mark.parametrize(("past", "who", "said"), STOPPED.values(), ids=STOPPED.keys())
def test_who_stopped_a_run_is_told(past: Run, who: str, said: str) -> None:
    assert history(past).runs[0].stopped_by == who
    assert f"    {said}" in text(past)


@pytest.mark.parametrize("state", ["Success", "Failed", "Running", "Queue"])
def test_a_mark_on_a_run_that_was_not_stopped_says_nothing(state: str) -> None:
    past = run(task(), state, stop="replace")
    assert history(past).runs[0].stopped_by == ""
    assert "stopped" not in text(past)


SPECS = {
    "same": (FIRST, SECOND, "same", "same spec"),
    "same-hash-beats-the-echo": (
        echoing(FIRST, Args="1"),
        echoing(SECOND, Args="2"),
        "same",
        "same spec",
    ),
    "changed": (
        echoing(run(task(), "Failed", 1, spec=OTHER), Args="1"),
        echoing(SECOND, Args="2"),
        "changed",
        'spec.args: "1" → "2"',
    ),
    "not-echoed": (
        run(task(), "Failed", 1, spec=OTHER),
        SECOND,
        "not-echoed",
        "different spec, in a value that the platform does not return, such as `lifecycle.rerun` or a secret",
    ),
    "no-hash": (confused("Failed"), SECOND, "unknown", "spec not comparable"),
    "no-hash-but-an-echo": (
        echoing(confused("Failed"), Args="1"),
        echoing(SECOND, Args="2"),
        "changed",
        'spec.args: "1" → "2"',
    ),
    "hidden": (
        echoing(run(task(), "Failed", 1, spec=OTHER), Envs=[{"Name": "LR_TOKEN", "Value": "0.1"}]),
        echoing(SECOND, Envs=[{"Name": "LR_TOKEN", "Value": "0.2"}]),
        "changed",
        "spec.env.LR_TOKEN: changed (hidden)",
    ),
    "variable": (
        echoing(run(task(), "Failed", 1, spec=OTHER), Envs=[{"Name": "LR", "Value": "0.1"}]),
        echoing(SECOND, Envs=[{"Name": "LR", "Value": "0.2"}]),
        "changed",
        'spec.env.LR: "0.1" → "0.2"',
    ),
    "rerun": (
        run(task(rerun="1"), "Failed", 1),
        run(task(rerun="once more"), "Failed", 2),
        "changed",
        'lifecycle.rerun: "1" → "once-more…"',
    ),
}


@pytest.mark.parametrize(("before", "after", "word", "said"), SPECS.values(), ids=SPECS.keys())
def test_the_spec_is_told_beside_that_of_the_run_before(
    before: Run, after: Run, word: str, said: str
) -> None:
    newest, oldest = history(before, after).runs
    assert (newest.spec, oldest.spec) == (word, "first")
    assert said in text(before, after)
    assert "    first recorded run" in text(before, after)


LAUNCHED = EPOCH + timedelta(minutes=10)
ENDED = replace(FIRST, launched=LAUNCHED, finished=LAUNCHED + timedelta(seconds=200), exit_code=3)

LASTED = {
    "finished": (ENDED, "failed  ran 3m20s  2 replicas  exit 3"),
    "running": (replace(ENDED, state="Running", finished=None), "running  for 20m  2 replicas"),
    "pending": (run(task(), "Queue"), "pending (Queue)  2 replicas"),
    "never-launched": (
        replace(run(task(), "Cancelled"), exit_code=0),
        "cancelled  never launched  2 replicas",
    ),
    "cancelled": (replace(ENDED, state="Killed"), "cancelled (Killed)  ran 3m20s  2 replicas"),
}


@pytest.mark.parametrize(("past", "said"), LASTED.values(), ids=LASTED.keys())
def test_the_text_says_how_long_on_how_much_and_with_which_exit(past: Run, said: str) -> None:
    assert f"{past.id}  {said}" in text(past).splitlines()


def test_the_text_says_when_and_what_the_platform_said() -> None:
    lines = text(replace(ENDED, unmasked_detail="worker-0 \x1b[2Jexited")).splitlines()
    assert lines[3:5] == [
        "    created 2026-01-01 00:01:00, launched 2026-01-01 00:10:00, finished 2026-01-01 00:13:20 UTC",
        "    worker-0 ␛[2Jexited",
    ]


def test_the_closing_line_counts_and_says_the_order() -> None:
    assert text(FIRST).splitlines()[-1] == "train: 1 run, newest first"
    assert text(FIRST, SECOND, limit=1).splitlines()[-1] == "train: 2 runs, 1 shown, newest first"


def test_colour_adds_nothing_but_colour() -> None:
    painted = text(FIRST, colour=True)
    assert "\x1b[31mfailed\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == text(FIRST)
