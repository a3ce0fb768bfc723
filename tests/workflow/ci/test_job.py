"""What a job may do, and what its numbers and tokens may be."""

from __future__ import annotations

import pytest

from jobspec.workflow.ci.job import NO_JOB, Job, refusal, run_number, unusable

TRUSTED, FORK, UNTRUSTED = Job(), Job(is_fork=True), Job(is_fork=True, untrusted="why")


@pytest.mark.parametrize(
    ("job", "refused"),
    [
        (NO_JOB, set()),
        (TRUSTED, set()),
        (FORK, {"apply"}),
        (UNTRUSTED, {"plan", "apply", "drift", "validate"}),
        (Job(untrusted="why"), {"plan", "apply", "drift", "validate"}),
    ],
)
def test_a_stranger_gets_nothing_that_has_keys(job: Job, refused: set[str]) -> None:
    commands = ("plan", "apply", "drift", "validate")
    assert {one for one in commands if refusal(job, one)} == refused


@pytest.mark.parametrize("token", ["a\nb", "a b", "é", "中文", "a\x7f"])
def test_a_token_that_no_header_can_hold_is_named(token: str) -> None:
    problem = unusable(token, missing="none")
    assert "token contains" in problem
    assert token not in problem


def test_a_token_is_usable_or_missing() -> None:
    assert unusable("ghs_aB-1", missing="none") == ""
    assert unusable("", missing="none") == "none"


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("9" * 20, int("9" * 20)), ("9" * 21, 0), ("9" * 5000, 0), ("²", 0), ("", 0)],
)
def test_a_number_of_a_run_has_few_digits(text: str, number: int) -> None:
    assert run_number(text) == number
