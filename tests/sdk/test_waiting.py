"""How long is waited, with a clock that moves only when somebody sleeps."""

from __future__ import annotations

import pytest

from jobspec.cloud.answers.wire import TaskRecord, read_task
from jobspec.sdk.waiting import until_finished
from tests.cloud.platform import FakeClock


def task(state: str) -> TaskRecord:
    return read_task({"Id": "t-1", "State": state}, action="GetCustomTask")


def waited(states: list[str], *, timeout: float | None, poll: float = 5.0) -> tuple[str, list[float]]:
    """The state it ended with, and the pauses."""
    clock, left = FakeClock(), iter(states)
    ended = until_finished(lambda: task(next(left)), timeout=timeout, poll=poll, system=clock.system())
    return ended.state, clock.slept


@pytest.mark.parametrize(
    "state", ["Success", "Failed", "Exception", "Cancelled", "Killed", "SuccessHolding", "FailedHolding"]
)
def test_a_task_that_has_ended_is_not_waited_for(state: str) -> None:
    assert waited([state], timeout=0) == (state, [])


@pytest.mark.parametrize("timeout", [None, 100.0])
def test_a_task_is_looked_at_once_a_poll(timeout: float | None) -> None:
    states = ["Initialized", "Queue", "Staging", "Running", "Killing", "Novelty", "Success"]
    assert waited(states, timeout=timeout, poll=2.0) == ("Success", [2.0] * 6)


def test_the_last_pause_ends_with_the_time() -> None:
    assert waited(["Running"] * 3 + ["Success"], timeout=12.0) == ("Success", [5.0, 5.0, 2.0])


def test_a_task_that_goes_on_is_given_up_when_the_time_is_over() -> None:
    with pytest.raises(TimeoutError, match="within 12 s"):
        waited(["Running"] * 9, timeout=12.0)
