"""Pauses are limited whatever header the server sends, and the budget ends a storm of retries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.retry import RetryBudget, RetryPolicy, read_retry_after

NOW = datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC)
POLICY = RetryPolicy(tries=6, first_pause=0.5, longest_pause=4.0, patience=90.0)
CHANCE = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("1000000000", 60.0),
        ("1e9", 60.0),
        ("inf", 60.0),
        ("-1", None),
        ("NaN", None),
        ("-inf", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Sat, 31 Jan 2026 01:02:13 GMT", 10.0),
        ("Sat, 31 Jan 2026 02:02:13 GMT", 60.0),
        ("Sat, 31 Jan 2026 01:02:00 GMT", None),
        ("Sat, 99 Jan 9999999 01:02:00 GMT", None),
    ],
)
def test_a_retry_after_is_limited_to_a_minute(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, now=NOW) == seconds


@given(header=st.text(max_size=40))
def test_no_retry_after_crashes(header: str) -> None:
    seconds = read_retry_after(header, now=NOW)
    assert seconds is None or 0 <= seconds <= 60


@pytest.mark.parametrize(("tried", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 4.0)])
def test_a_pause_doubles_up_to_a_limit(tried: int, longest: float) -> None:
    assert POLICY.pause(tried, elapsed=0, chance=1.0, retry_after=None) == longest
    assert POLICY.pause(tried, elapsed=0, chance=0.0, retry_after=None) == 0


@given(tried=st.integers(1, 5), chance=CHANCE, requested=st.floats(0, 60))
def test_the_servers_retry_after_is_the_shortest_pause(tried: int, chance: float, requested: float) -> None:
    pause = POLICY.pause(tried, elapsed=0, chance=chance, retry_after=requested)
    assert pause is not None
    assert requested <= pause <= requested + POLICY.first_pause


def test_tries_are_limited() -> None:
    assert POLICY.pause(6, elapsed=0, chance=0, retry_after=None) is None


@given(elapsed=st.floats(0, 200), chance=CHANCE, requested=st.none() | st.floats(0, 60))
def test_no_pause_exceeds_the_patience(elapsed: float, chance: float, requested: float | None) -> None:
    pause = POLICY.pause(1, elapsed=elapsed, chance=chance, retry_after=requested)
    assert pause is None or elapsed + pause <= POLICY.patience


def test_a_budget_is_spent_and_earned_back() -> None:
    budget = RetryBudget(capacity=2, earned=0.5)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()


def test_a_budget_never_grows_beyond_its_capacity() -> None:
    budget = RetryBudget(capacity=1, earned=1)
    for _ in range(9):
        budget.earn()
    assert [budget.spend() for _ in range(2)] == [True, False]
