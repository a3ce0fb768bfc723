"""Work that is shared among processes: the same results as without them, whatever becomes of a process."""

from __future__ import annotations

import os
import threading

import pytest

from jobspec.manifest.workers import shared

NUMBERS = list(range(9))


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the processes that are started on a machine with three cores."""
    found: list[int] = []
    fork = os.fork

    def recorded() -> int:
        pid = fork()
        found.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", recorded)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    return found


def assert_two_have_ended(started: list[int]) -> None:
    assert len(started) == 2
    for pid in started:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_the_results_are_in_order_and_from_several_processes(started: list[int]) -> None:
    results = shared(lambda share: [(number, os.getpid()) for number in share], NUMBERS, min_items=3)
    assert [number for number, _ in results] == NUMBERS
    assert len({process for _, process in results}) == 3
    assert_two_have_ended(started)


def test_the_share_of_a_process_that_fails_is_done_here(started: list[int]) -> None:
    own = os.getpid()

    def work(share: list[int]) -> list[int]:
        if os.getpid() != own:
            raise ValueError
        return share

    assert shared(work, NUMBERS, min_items=3) == NUMBERS
    assert_two_have_ended(started)


def test_an_error_here_leaves_no_process(started: list[int]) -> None:
    def work(share: list[int]) -> list[int]:
        if 0 in share:
            raise ValueError("first share")
        return share

    with pytest.raises(ValueError, match="first share"):
        shared(work, NUMBERS, min_items=3)
    assert_two_have_ended(started)
