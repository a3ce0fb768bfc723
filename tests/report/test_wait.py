"""A wait as text: what came out, what the time was too short for, and the end of the log of what failed."""

from __future__ import annotations

import pytest

from jobspec.report import tail_text
from jobspec.report.tail_text import Tail, Tails
from jobspec.report.view import PlatformView
from jobspec.report.wait import text as wait_text
from jobspec.report.wait import view as wait_view
from jobspec.report.wait.view import FinishedView, Waited
from tests.reconcile.world import run, task

PLATFORM = PlatformView(kind="local", endpoint="/project/.jobspec")


def finished(name: str, phase: str) -> FinishedView:
    return FinishedView(task=name, run=f"t-{name}", phase=phase)


def summary(waited: Waited, *, scope: str = "vision", interrupted: bool = False) -> list[str]:
    view = wait_view.view(scope, PLATFORM, waited, interrupted=interrupted)
    return wait_text.summary(view, colour=False).splitlines()


GOING = (finished("a", "succeeded"), finished("b", "running"), finished("c", "pending"))


def test_the_runs_are_counted_by_phase() -> None:
    assert summary(Waited("finished", (*GOING, finished("d", "running")))) == [
        "runs: 1 succeeded, 2 running, 1 pending"
    ]


def test_a_wait_that_was_too_short_says_what_goes_on_and_how_to_wait_on() -> None:
    assert summary(Waited("finished", GOING, timed_out=True)) == [
        "runs: 1 succeeded, 1 running, 1 pending",
        "timed out: b is running (t-b), c is pending (t-c); nothing was stopped",
        "next: to continue waiting, run: jobspec wait b c",
    ]


def test_a_run_that_runs_is_not_late_when_no_more_was_waited_for() -> None:
    assert summary(Waited("running", GOING, timed_out=True), scope="vision/prod")[1:] == [
        "timed out: c is pending (t-c); nothing was stopped",
        "next: to continue waiting, run: jobspec wait c --for running -e prod",
    ]


def test_an_interrupted_wait_says_how_to_wait_on() -> None:
    waited = Waited("succeeded", GOING)
    assert summary(waited, interrupted=True)[1:] == [
        "next: to continue waiting, run: jobspec wait b c --for succeeded"
    ]


def test_a_wait_interrupted_before_anything_was_seen_says_so() -> None:
    assert summary(Waited("finished"), interrupted=True) == ["the state of the runs is not known"]


def test_what_failed_comes_with_the_way_to_its_log() -> None:
    failed = tuple(finished(name, "failed") for name in "abcd")
    assert summary(Waited("finished", failed))[1:] == [
        f"next: see the log: jobspec logs {name}" for name in "abc"
    ]


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("Success", "✓ train succeeded  t-20260101000001-abcde"),
        ("Failed", "✗ train failed  t-20260101000001-abcde"),
        ("Killed", "- train cancelled  t-20260101000001-abcde"),
        ("Running", "✓ train running  t-20260101000001-abcde"),
        ("Queue", "· train pending  t-20260101000001-abcde"),
    ],
)
def test_a_line_says_how_far_a_run_came(state: str, line: str) -> None:
    view = wait_view.finished("train", run(task(), state))
    assert wait_text.finished_line(view, colour=False) == line


def tail(*shown: Tail, more: int = 0, problem: str = "") -> list[str]:
    return tail_text.render(Tails(shown, more, problem), "train", " -e prod").splitlines()


def test_each_line_of_a_log_stands_behind_its_replica() -> None:
    assert tail(Tail("worker-0", b"one\n\ntwo\n"), Tail("worker-1", b"three")) == [
        "    worker-0 | one",
        "    worker-0 |",
        "    worker-0 | two",
        "    worker-1 | three",
    ]


def test_a_replica_without_a_word_and_one_that_cannot_be_read_are_told_in_a_line() -> None:
    assert tail(Tail("worker-0", b" \n"), Tail("worker-1", problem="no\nroute"), more=2) == [
        "    worker-0 has no log output",
        "    cannot read the log of worker-1: no␊route",
        "    and of 2 replicas more: jobspec logs train -e prod",
    ]


def test_replicas_that_cannot_be_listed_are_told_in_a_line() -> None:
    assert tail(problem="the platform is away") == ["    cannot read its log: the platform is away"]


def test_without_replicas_nothing_is_said() -> None:
    assert tail() == []


LOGS = {
    "only-the-last": (b"".join(b"%d\n" % number for number in range(20)), [str(n) for n in range(10, 20)]),
    "colour": (b"\x1b[31mred\x1b[0m\n", ["red"]),
    "escape": (b"\x1b[2Jgone\n", ["␛[2Jgone"]),
    "progress-bar": (b" 10%\r 50%\r100%\r\n", ["100%"]),
    "windows": (b"one\r\ntwo\r\n", ["one", "two"]),
    "not-text": (b"\xff\xfe\n", ["\ufffd\ufffd"]),
    "long": (b"x" * 1000, ["x" * 299 + "…"]),
}


@pytest.mark.parametrize(("data", "lines"), LOGS.values(), ids=LOGS.keys())
def test_the_last_lines_are_shown_as_a_terminal_would_leave_them(data: bytes, lines: list[str]) -> None:
    assert list(tail_text.last_lines(data)) == lines
