"""Work is complete whether or not processes can share it."""

from __future__ import annotations

import os
import time

import pytest

from jobspec.manifest import workers

ITEMS = list(range(1000))
DOUBLED = [2 * item for item in ITEMS]


def _doubled(share: list[int]) -> list[int]:
    return [2 * item for item in share]


def _refuse() -> int:
    raise BlockingIOError("resource temporarily unavailable")


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)


def _shared() -> list[int]:
    return workers.shared(_doubled, ITEMS)


def test_the_results_are_in_the_order_of_the_items() -> None:
    assert _shared() == DOUBLED


@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_a_share_without_a_process_is_done_by_this_one(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.setattr(os, call, _refuse)
    before = set(os.listdir("/dev/fd"))  # noqa: PTH208 - only the names
    assert _shared() == DOUBLED
    assert set(os.listdir("/dev/fd")) <= before  # noqa: PTH208


def test_a_system_that_does_not_report_its_cores_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "fork", _refuse)
    assert _shared() == DOUBLED


def test_a_share_whose_process_fails_is_done_by_this_one() -> None:
    parent = os.getpid()

    def failing_elsewhere(share: list[int]) -> list[int]:
        if os.getpid() != parent:
            os._exit(9)
        return _doubled(share)

    assert workers.shared(failing_elsewhere, ITEMS) == DOUBLED


def test_a_failure_ends_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    parent, started, fork = os.getpid(), list[int](), os.fork

    def recorded() -> int:
        started.append(fork())
        return started[-1]

    def failing(share: list[int]) -> list[int]:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        time.sleep(60)
        return share

    monkeypatch.setattr(os, "fork", recorded)
    before = set(os.listdir("/dev/fd"))  # noqa: PTH208
    with pytest.raises(KeyboardInterrupt):
        workers.shared(failing, ITEMS)
    assert set(os.listdir("/dev/fd")) <= before  # noqa: PTH208
    assert len(started) == 3
    for pid in started:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
